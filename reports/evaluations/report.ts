import { figureQuery, type Where } from '../explain/figure.ts'
import { addRead, cutPeriod, type Interval, noTotals, periodQuery, type Totals } from '../metrics/index.ts'
import { highlight, intervalColumn, metricCells, metricColumn, type Report, summed } from '../report.ts'
import type { Table } from '../workbook/index.ts'
import { eachEvaluation, eachSection, sectionNames } from './source.ts'

const columns = [
  metricColumn('evaluations', summed),
  metricColumn('evaluation_score', { kind: 'quotient', over: ['evaluation_points'], under: ['evaluations_scored'] }),
  metricColumn('evaluations_passed', summed),
  metricColumn('evaluation_pass_rate', {
    kind: 'quotient',
    over: ['evaluations_passed'],
    under: ['evaluations_scored'],
  }),
  metricColumn('evaluations_fatal', summed),
  metricColumn('evaluation_fatal_rate', { kind: 'quotient', over: ['evaluations_fatal'], under: ['evaluations'] }),
  metricColumn('evaluations_acknowledged', summed),
  metricColumn('evaluations_disputed', summed),
  metricColumn('evaluations_corrected', summed),
  metricColumn('evaluations_scored', summed),
  metricColumn('evaluation_points', summed),
]
const sectionColumns = [
  metricColumn('section_score', { kind: 'quotient', over: ['section_points'], under: ['sections_scored'] }),
  metricColumn('sections_scored', summed),
  metricColumn('section_points', summed),
]

/** The evaluations behind a figure. */
function evaluationsLink(period: Interval, { subject, queueId, formId }: Where): string {
  const more = { agent: subject, queue: queueId, form: formId }
  let query = periodQuery(period)
  for (const [name, id] of Object.entries(more)) if (id !== undefined) query += `&${name}=${id}`
  return `/evaluations?${query}`
}

/** How good the calls were, by those who listened to them. */
export const evaluationsReport: Report = {
  id: 'evaluations',
  kind: 'summary',
  title: { es: 'Evaluaciones', en: 'Evaluations' },
  description: {
    es: 'Calidad de las llamadas: puntajes, aprobadas, fallas críticas y desacuerdos, por agente, cola, formulario y sección.',
    en: 'Quality of calls: scores, passed, critical fails and disputes, by agent, queue, form and section.',
  },
  parameters: ['from', 'to', 'interval', 'queue', 'agent', 'form'],
  async run({ db, scope, asked, names, timeZone }) {
    const { period, interval } = asked
    const where: Where = {
      ...(asked.agentId === undefined ? {} : { subject: asked.agentId }),
      ...(asked.queueId === undefined ? {} : { queueId: asked.queueId }),
      ...(asked.formId === undefined ? {} : { formId: asked.formId }),
    }
    const cut = cutPeriod(period, interval, timeZone)
    const whole = noTotals()
    const times = cut.map(() => noTotals())
    const by = { agent: new Map<number, Totals>(), queue: new Map<number, Totals>(), form: new Map<number, Totals>() }
    let place = 0
    for await (const one of eachEvaluation(db, scope, { period, where })) {
      while (place + 1 < cut.length && cut[place]!.to <= one.publishedAt) place++
      const into = [
        ...[whole, times[place]!],
        ...[totalsAt(by.agent, one.agentId), totalsAt(by.queue, one.queueId ?? 0), totalsAt(by.form, one.formId)],
      ]
      for (const totals of into) addRead(totals, 'evaluations', one)
    }
    const sections = new Map<string, Totals>()
    const allSections = noTotals()
    for await (const one of eachSection(db, scope, { period, where }))
      for (const totals of [allSections, totalsAt(sections, `${one.formId} ${one.section}`)])
        addRead(totals, 'evaluatedSections', one)

    const queryOf = (more: Where = {}, when: Interval = period) =>
      figureQuery({ family: 'evaluation', where: { ...where, ...more }, period: when })
    const totals = [null, ...metricCells(columns, whole)]
    const table = (
      id: 'agent' | 'queue' | 'form',
      title: string,
      heading: string,
      nameOf: (id: number) => string,
      narrow: (id: number) => Where,
    ): Table => {
      const each = [...by[id]]
        .map(([key, found]) => ({ key, found, name: nameOf(key) }))
        .sort((a, b) => a.name.localeCompare(b.name, 'es') || a.key - b.key)
      return {
        id: `by_${id}`,
        title,
        columns: [{ id, title: heading, kind: 'text', width: 28 }, ...columns],
        rows: each.map((one) => [one.name, ...metricCells(columns, one.found)]),
        totals,
        links: each.map((one) => evaluationsLink(period, { ...where, ...narrow(one.key) })),
        explain: each.map((one) => queryOf(narrow(one.key))),
        explainTotal: queryOf(),
      }
    }
    const titles = await sectionNames(db, scope, [...by.form.keys()])
    const eachSectionRow = [...sections]
      .map(([key, found]) => {
        const [formId, section] = key.split(' ') as [string, string]
        const { title = section, place = 99 } = titles.get(key) ?? {}
        return { formId: Number(formId), section, found, title, place, form: names.forms.get(Number(formId)) ?? formId }
      })
      .sort((a, b) => a.form.localeCompare(b.form, 'es') || a.formId - b.formId || a.place - b.place)
    const sectionQuery = (more: Where) =>
      figureQuery({ family: 'evaluation_section', where: { ...where, ...more }, period })
    const several = by.form.size > 1
    const tables: Table[] = [
      table(
        'agent',
        'Por agente',
        'Agente',
        (id) => names.agents.get(id) ?? `#${id}`,
        (id) => ({ subject: id }),
      ),
      table(
        'queue',
        'Por cola',
        'Cola',
        (id) => (id === 0 ? 'Sin cola' : (names.queues.get(id) ?? `#${id}`)),
        (id) => ({ queueId: id }),
      ),
      table(
        'form',
        'Por formulario',
        'Formulario',
        (id) => names.forms.get(id) ?? `#${id}`,
        (id) => ({ formId: id }),
      ),
      {
        id: 'by_section',
        title: 'Por sección',
        columns: [{ id: 'section', title: 'Sección', kind: 'text', width: 28 }, ...sectionColumns],
        rows: eachSectionRow.map((one) => [
          several ? `${one.form} · ${one.title}` : one.title,
          ...metricCells(sectionColumns, one.found),
        ]),
        totals: [null, ...metricCells(sectionColumns, allSections)],
        links: eachSectionRow.map(({ formId }) => evaluationsLink(period, { ...where, formId })),
        explain: eachSectionRow.map(({ formId, section }) => sectionQuery({ formId, section })),
        explainTotal: sectionQuery({}),
      },
      {
        id: 'by_interval',
        title: 'Por intervalo',
        columns: [intervalColumn(interval), ...columns],
        rows: cut.map(({ from }, at) => [from, ...metricCells(columns, times[at]!)]),
        totals,
        links: cut.map((one) => evaluationsLink(one, where)),
        explain: cut.map((one) => queryOf({}, one)),
        explainTotal: queryOf(),
      },
    ]
    return {
      ...((whole.sums.evaluations ?? 0) === 0
        ? { note: 'No se publicaron evaluaciones en este período. Se evalúa desde una grabación o desde la llamada.' }
        : {}),
      highlights: [
        'evaluations',
        'evaluation_score',
        'evaluation_pass_rate',
        'evaluations_fatal',
        'evaluations_acknowledged',
        'evaluations_disputed',
        'evaluations_corrected',
      ].map((id) => highlight(id, whole, queryOf())),
      tables,
      charts: [
        {
          id: 'score',
          title: 'Puntaje promedio',
          kind: 'line',
          table: 'by_interval',
          category: 'interval',
          series: ['evaluation_score'],
        },
        {
          id: 'agents',
          title: 'Puntaje promedio por agente',
          kind: 'bar',
          table: 'by_agent',
          category: 'agent',
          series: ['evaluation_score'],
        },
        {
          id: 'sections',
          title: 'Puntaje por sección',
          kind: 'bar',
          table: 'by_section',
          category: 'section',
          series: ['section_score'],
        },
        {
          id: 'passed',
          title: 'Evaluaciones, aprobadas y con falla crítica',
          kind: 'line',
          table: 'by_interval',
          category: 'interval',
          series: ['evaluations', 'evaluations_passed', 'evaluations_fatal'],
        },
      ],
      metrics: [...columns, ...sectionColumns].map(({ id }) => id),
    }
  },
}

function totalsAt<Key>(map: Map<Key, Totals>, key: Key): Totals {
  const found = map.get(key) ?? noTotals()
  map.set(key, found)
  return found
}
