import { setTimeout } from 'node:timers/promises'
import type { FastifyPluginAsync } from 'fastify'
import { AppError } from '../../server/http/types.ts'
import { type ReportRoutesOptions, reportRoles } from '../access.ts'
import { compareAgencies, pendingSeal } from '../agencies/seal.ts'
import { english } from '../english.ts'
import { sectionNames } from '../evaluations/source.ts'
import { sealOf } from '../health/health.ts'
import { readParameters } from '../parameters.ts'
import { kindOfUnit } from '../report.ts'
import { reports } from '../reports.ts'
import { periodText } from '../run.ts'
import { readAgency, readNames } from '../store.ts'
import { shown } from '../view.ts'
import { explain, type Part } from './explain.ts'
import { type Figure, readFigure } from './figure.ts'

type Query = Record<string, string | undefined>
const pageRows = 100
/** A page that waits for a seal is told so often how far it is, ms. */
const soon = () => setTimeout(1_000, undefined, { ref: false })

/** Where numbers are explained, and the data-health seal of a period. */
export const explainRoutes: FastifyPluginAsync<ReportRoutesOptions> = async (app, { db, now = Date.now }) => {
  const config = { roles: reportRoles }
  const read = async (request: { scope: import('../../server/database/index.ts').Scope; query: Query }) => {
    const figure = readFigure(request.query)
    const { timeZone } = await readAgency(db, request.scope)
    const after = /^\d{1,16}$/.test(request.query.after ?? '') ? Number(request.query.after) : undefined
    const counted = request.query.left_out === undefined
    const asked = { timeZone, now: now(), counted, limit: pageRows, ...(after === undefined ? {} : { after }) }
    return { figure, timeZone, counted, found: await explain(db, request.scope, figure, asked) }
  }

  app.get<{ Querystring: Query }>(
    '/api/reports/explain',
    { config, schema: { tags: ['reports'], summary: 'What a number is made of' } },
    async (request) => {
      const { figure, found } = await read(request)
      const { metric, period, family, where } = figure
      const { id, version, label, definition } = metric
      const of = request.session?.language === 'en-US' ? 'en' : 'es'
      const parts = (all: Part[]) => (of === 'es' ? all : all.map((part) => ({ ...part, label: english(part.label) })))
      return {
        ...found,
        ...{ over: parts(found.over), under: parts(found.under), less: parts(found.less) },
        metric: { id, version, label: label[of], definition: definition[of] },
        of: { family, ...where },
        from: new Date(period.from).toISOString(),
        to: new Date(period.to).toISOString(),
        members: found.members.map((one) => ({ ...one, at: new Date(one.at).toISOString() })),
      }
    },
  )

  app.get<{ Querystring: Query }>(
    '/reports/explain',
    { config, schema: { hide: true } as object },
    async (request, reply) => {
      const { figure, timeZone, counted, found } = await read(request)
      const { metric, period } = figure
      const language = request.session?.language ?? 'es'
      const words = (text: string) => (language === 'en-US' ? english(text) : text)
      const of = language === 'en-US' ? 'en' : 'es'
      const names = await readNames(db, request.scope)
      const { formId, section } = figure.where
      const sections = await sectionNames(db, request.scope, section && formId ? [formId] : [])
      const address = new URLSearchParams(
        Object.entries(request.query).flatMap(([key, value]) =>
          typeof value === 'string' && key !== 'after' && key !== 'left_out' ? [[key, value]] : [],
        ),
      )
      const { agency } = request.query
      const another = agency !== undefined && request.scope.agencyId !== request.session?.agencyId
      const other = another ? (await readAgency(db, request.scope)).name : undefined
      const part = (one: Part) => ({ label: words(one.label), value: shown(one.value, one.kind, timeZone, language) })
      const model = {
        label: metric.label[of],
        definition: metric.definition[of],
        version: metric.version,
        other,
        id: found.id,
        value: shown(found.value, kindOfUnit(metric.unit), timeZone, language),
        of: [...(other ? [other] : []), ...subjectName(figure, names, sections).map(words)].join(' · '),
        // What is counted from the beginning of a list has no first day.
        period:
          period.from === 0
            ? `${words('hasta el')} ${shown(period.to, 'interval', timeZone, language)}`
            : periodText({ asked: { period }, timeZone }, language),
        over: found.over.map(part),
        under: found.under.map(part),
        less: found.less.map(part),
        targets: found.targets,
        counted,
        links: {
          counted: `/reports/explain?${address}`,
          leftOut: `/reports/explain?${new URLSearchParams([...address, ['left_out', '1']])}`,
          next:
            found.next === undefined
              ? undefined
              : `/reports/explain?${new URLSearchParams([
                  ...address,
                  ...(counted ? [] : [['left_out', '1']]),
                  ['after', String(found.next)],
                ])}`,
        },
        members: found.members.map((one) => ({
          at: shown(one.at, 'instant', timeZone, language),
          // Of another agency: whoever wants to open one chooses that agency first.
          href: other ? undefined : (one.href ?? (one.interactionId && `/interactions/${one.interactionId}`)),
          title: one.title ?? '',
          queue: one.queueId ? (names.queues.get(one.queueId) ?? `#${one.queueId}`) : '',
          agent: one.agentId ? (names.agents.get(one.agentId) ?? `#${one.agentId}`) : '',
          time: one.ms === undefined ? '' : shown(one.ms, 'duration', timeZone, language),
          why: `reports.explain.why.${one.why}`,
          recording: one.recording,
        })),
      }
      return reply.page('reports/explain', model, { title: metric.label[of], nav: 'reports' })
    },
  )

  app.get<{ Querystring: Query }>(
    '/api/reports/health',
    { config, schema: { tags: ['reports'], summary: 'The data-health seal of a period' } },
    async (request) => {
      const { timeZone } = await readAgency(db, request.scope)
      const names = await readNames(db, request.scope)
      const { from, to } = request.query
      const language = request.session?.language ?? 'es'
      const { period } = readParameters({ from, to }, reports[0]!, { timeZone, now: now(), names })
      if (request.query.over === 'agencies') {
        if (request.session?.role !== 'administrator') throw new AppError('session.forbidden', 403)
        const comparison = compareAgencies(db, period, now(), language)
        const pending = () => pendingSeal(comparison, language)
        return request.query.wait === 'no' ? Promise.race([comparison.seal, soon().then(pending)]) : comparison.seal
      }
      return sealOf(db, request.scope, period, { timeZone, now: now(), language })
    },
  )
}

function subjectName(
  { family, where }: Figure,
  names: Awaited<ReturnType<typeof readNames>>,
  sections: Awaited<ReturnType<typeof sectionNames>>,
): string[] {
  const {
    subject,
    queueId,
    label,
    topicId,
    officeId,
    formId,
    section,
    reasonId,
    waitFrom,
    waitTo,
    step,
    next,
    answer,
  } = where
  const of = (map: Map<number, string>, id: number | undefined) => (id ? (map.get(id) ?? `#${id}`) : undefined)
  const parts = [
    family === 'queue' ? of(names.queues, subject) : undefined,
    family === 'agent' ? of(names.agents, subject) : undefined,
    family === 'topic' ? (of(names.topics, subject) ?? (subject === 0 ? 'Sin temática' : undefined)) : undefined,
    family === 'line' ? label : undefined,
    family === 'campaign' ? of(names.campaigns, subject) : undefined,
    family === 'disposition' ? of(names.dispositions, subject) : undefined,
    ...(family === 'agent_topic'
      ? [of(names.agents, subject), label === '0' ? 'Sin temática' : of(names.topics, Number(label))]
      : []),
    ...(family === 'target'
      ? [of(names.queues, subject), label && `objetivo ${label.split('/').slice(0, 2).join('/')}`]
      : []),
    family.startsWith('evaluation') ? of(names.agents, subject) : undefined,
    family === 'first_contact' ? (of(names.agents, subject) ?? (subject === 0 ? 'Sin agente' : undefined)) : undefined,
    queueId === 0 ? 'Sin cola' : of(names.queues, queueId),
    topicId === 0 ? 'Sin temática' : of(names.topics, topicId),
    reasonId === 0 ? 'Sin motivo' : of(names.breakReasons, reasonId),
    officeId === 0 ? 'Sin área' : of(names.offices, officeId),
    of(names.forms, formId),
    section && (sections.get(`${formId} ${section}`)?.title ?? section),
    waitsText(waitFrom, waitTo),
    [step, next].filter((one) => one !== undefined).join(' → '),
    answer,
  ]
  const said = parts.filter((part): part is string => part !== undefined && part !== '')
  return said.length > 0 ? said : ['Todo el centro']
}

const waitsText = (from = 0, to?: number) => {
  if (from === 0 && to === undefined) return undefined
  return to === undefined ? `desde ${from} s de espera` : `de ${from} s a menos de ${to} s de espera`
}
