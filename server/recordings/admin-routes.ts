import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Static, Type } from 'typebox'
import { AppError, type Role } from '../http/index.ts'
import { administrators } from './rights.ts'
import type { RouteParts } from './routes.ts'
import { isShorter, type RecordingRule } from './rules.ts'
import { rightRoles } from './rules-store.ts'

const whole = (minimum: number, maximum: number) => Type.Integer({ minimum, maximum })
const target = Type.String({ pattern: '^(agency|queue:\\d{1,9}|campaign:\\d{1,9})$' })
const Rule = Type.Object({
  appliesTo: target,
  record: Type.Optional(Type.Boolean()),
  samplePercent: Type.Optional(whole(1, 100)),
  announce: Type.Optional(Type.String({ maxLength: 100 })),
  retentionDays: Type.Optional(whole(1, 36_500)),
  compressAfterDays: Type.Optional(whole(1, 36_500)),
  /** How many recordings the page said would be removed. */
  confirmed: Type.Optional(whole(0, 1_000_000_000)),
})
const Remove = Type.Object({ appliesTo: target, confirmed: Type.Optional(whole(0, 1_000_000_000)) })
const Settings = Type.Object({
  listen: Type.Optional(Type.Array(Type.String({ maxLength: 30 }), { maxItems: 10 })),
  download: Type.Optional(Type.Array(Type.String({ maxLength: 30 }), { maxItems: 10 })),
  agentsHearOwn: Type.Optional(Type.Boolean()),
  verifyHour: whole(0, 23),
})

function ruleOf(body: Static<typeof Rule>): Omit<RecordingRule, 'agencyId'> {
  return {
    ...idOf(body.appliesTo),
    record: body.record ?? false,
    samplePercent: body.samplePercent ?? 100,
    ...(body.announce ? { announce: body.announce } : {}),
    ...(body.retentionDays === undefined ? {} : { retentionDays: body.retentionDays }),
    ...(body.compressAfterDays === undefined ? {} : { compressAfterDays: body.compressAfterDays }),
  }
}
const idOf = (appliesTo: string): { queueId?: number; campaignId?: number } => {
  const [kind, id] = appliesTo.split(':')
  return kind === 'queue' ? { queueId: Number(id) } : kind === 'campaign' ? { campaignId: Number(id) } : {}
}

/** `/admin/recordings`: rules of recording and keeping, and rights. A shorter retention is saved only once its price was seen. */
export function adminRoutes(parts: RouteParts): FastifyPluginAsyncTypebox {
  const { audit, recordings } = parts
  const { rules, store } = recordings
  const config = { roles: administrators }

  return async (app) => {
    app.get('/admin/recordings', { config }, async ({ scope }, reply) => {
      const [list, settings, names, prompts, campaigns, opus, disk] = await Promise.all([
        rules.list(scope),
        rules.settings(scope),
        store.names(scope),
        parts.prompts?.(scope) ?? [],
        parts.campaigns?.(scope) ?? [],
        recordings.opusAvailable(),
        recordings.lookAtDisk(),
      ])
      const targets = [
        { value: 'agency', label: undefined, kind: 'agency' },
        ...names.queues.map(({ id, name }) => ({ value: `queue:${id}`, label: name, kind: 'queue' })),
        ...campaigns.map(({ id, name }) => ({ value: `campaign:${id}`, label: name, kind: 'campaign' })),
      ]
      const keyOf = (rule: RecordingRule) =>
        rule.campaignId !== undefined
          ? `campaign:${rule.campaignId}`
          : rule.queueId !== undefined
            ? `queue:${rule.queueId}`
            : 'agency'
      const model = {
        rules: list.map((rule) => ({
          ...rule,
          target: targets.find(({ value }) => value === keyOf(rule)) ?? { value: keyOf(rule) },
        })),
        targets,
        settings,
        rights: rightRoles.map((role) => ({
          role,
          listens: settings.listenRoles.includes(role),
          downloads: settings.downloadRoles.includes(role),
        })),
        hours: Array.from({ length: 24 }, (_, hour) => ({ value: hour, label: `${String(hour).padStart(2, '0')}:00` })),
        prompts: prompts.map((name) => ({ value: name, label: name })),
        opus,
        disk: { ...disk, free: disk.freeBytes / 1024 ** 3, total: disk.totalBytes / 1024 ** 3 },
      }
      return reply.page('recordings/rules', model, { title: 'recordings.rules.title', nav: 'admin' })
    })

    app.post('/admin/recordings/rules', { config, schema: { body: Rule } }, async ({ session, scope, body }, reply) => {
      const rule = ruleOf(body)
      const names = await store.names(scope)
      if (rule.queueId !== undefined && !names.queues.some(({ id }) => id === rule.queueId))
        throw new AppError('recording.unknown_target', 400, {}, { appliesTo: 'recording.unknown_target' })
      const known = parts.campaigns ? await parts.campaigns(scope) : []
      if (rule.campaignId !== undefined && !known.some(({ id }) => id === rule.campaignId))
        throw new AppError('recording.unknown_target', 400, {}, { appliesTo: 'recording.unknown_target' })
      const before = (await rules.list(scope)).find(
        (one) => one.queueId === rule.queueId && one.campaignId === rule.campaignId,
      )
      if (isShorter(before?.retentionDays, rule.retentionDays)) {
        const price = await recordings.preview(scope, rule)
        // Seen for fewer than now: asked again, so that nobody agrees to what was not on the page.
        if (price.count > (body.confirmed ?? 0)) {
          const model = {
            price: { ...price, megabytes: price.bytes / 1024 ** 2 },
            body: fieldsOf(body),
            days: rule.retentionDays,
          }
          return reply.code(200).page('recordings/confirm', model, { title: 'recordings.confirm.title', nav: 'admin' })
        }
      }
      await rules.save(scope, rule)
      await audit.record(scope, {
        userId: session.userId,
        action: 'recording_rule.saved',
        subjectType: 'recording_rule',
        subjectId: body.appliesTo,
        detail: { before: before ?? null, after: rule },
      })
      return reply.redirect('/admin/recordings?done=saved', 303)
    })
    app.get(
      '/api/recordings/preview',
      { config, schema: { tags: ['recordings'], querystring: Rule } },
      async ({ scope, query }) => recordings.preview(scope, ruleOf(query)),
    )
    app.post(
      '/admin/recordings/rules/remove',
      { config, schema: { body: Remove } },
      async ({ session, scope, body }, reply) => {
        const gone = idOf(body.appliesTo)
        const before = (await rules.list(scope)).find(
          (one) => one.queueId === gone.queueId && one.campaignId === gone.campaignId,
        )
        // Without it the agency's rule decides, which may keep for less time.
        const others = (await rules.list(scope)).find(
          (one) => one.queueId === undefined && one.campaignId === undefined,
        )
        if (gone.queueId !== undefined && others && isShorter(before?.retentionDays, others.retentionDays)) {
          const price = await recordings.preview(scope, { ...others, queueId: gone.queueId })
          if (price.count > (body.confirmed ?? 0)) {
            const model = {
              price: { ...price, megabytes: price.bytes / 1024 ** 2 },
              body: fieldsOf(body),
              days: others.retentionDays,
              remove: true,
            }
            return reply
              .code(200)
              .page('recordings/confirm', model, { title: 'recordings.confirm.title', nav: 'admin' })
          }
        }
        if (!(await rules.remove(scope, gone))) throw new AppError('recording.unknown_target', 404)
        await audit.record(scope, {
          userId: session.userId,
          action: 'recording_rule.removed',
          subjectType: 'recording_rule',
          subjectId: body.appliesTo,
          detail: { before: before ?? null },
        })
        return reply.redirect('/admin/recordings?done=deleted', 303)
      },
    )

    app.post(
      '/admin/recordings/settings',
      { config, schema: { body: Settings } },
      async ({ session, scope, body }, reply) => {
        const roles = (list: string[] = []): Role[] => rightRoles.filter((role) => list.includes(role))
        const after = {
          listenRoles: roles(body.listen),
          downloadRoles: roles(body.download),
          agentsHearOwn: body.agentsHearOwn ?? false,
          verifyHour: body.verifyHour,
        }
        const before = await rules.settings(scope)
        await rules.saveSettings(scope, after)
        await audit.record(scope, {
          userId: session.userId,
          action: 'recording_settings.saved',
          subjectType: 'agency',
          subjectId: scope.agencyId,
          detail: { before, after },
        })
        return reply.redirect('/admin/recordings?done=saved', 303)
      },
    )
  }
}

/** What was sent, to be sent again with the confirmation. */
const fieldsOf = (body: object) =>
  Object.entries(body)
    .filter(([name, value]) => name !== 'confirmed' && value !== undefined)
    .map(([name, value]) => ({ name, value: String(value) }))
