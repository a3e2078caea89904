// Rules and rights of recordings: tables recording_rules and recording_settings.
import type { Database, Scope } from '../database/index.ts'
import type { Role } from '../http/index.ts'
import { inSample, type RecordingRule, type RuleQuestion, ruleFor } from './rules.ts'

export type RecordingSettings = {
  listenRoles: Role[]
  downloadRoles: Role[]
  /** Agents hear (never download) their own talks. */
  agentsHearOwn: boolean
  /** Hour of the agency's night at which recordings are verified, 0..23. */
  verifyHour: number
}
/** What routing asks: `compress` is days, `retentionDays` undefined: for ever. */
export type RuleAnswer = { record: boolean; announce?: string; retentionDays?: number; compress?: number }

/** Roles that may be given the right; agents have theirs by `agentsHearOwn`. */
export const rightRoles: readonly Role[] = ['administrator', 'agency_administrator', 'supervisor']
export const usualSettings: RecordingSettings = {
  listenRoles: ['administrator', 'agency_administrator', 'supervisor'],
  downloadRoles: ['administrator', 'agency_administrator'],
  agentsHearOwn: true,
  verifyHour: 3,
}

export type RuleStore = ReturnType<typeof createRuleStore>

const key = (rule: Pick<RecordingRule, 'queueId' | 'campaignId'>) =>
  rule.campaignId !== undefined
    ? `campaign:${rule.campaignId}`
    : rule.queueId !== undefined
      ? `queue:${rule.queueId}`
      : 'agency'

export function createRuleStore(db: Database, now: () => number) {
  /** All agencies', so that routing has its answer without waiting and while the database is away. */
  let known: RecordingRule[] = []
  const roleList = (text: unknown): Role[] => {
    try {
      const list: unknown = JSON.parse(String(text))
      return Array.isArray(list) ? rightRoles.filter((role) => list.includes(role)) : []
    } catch {
      return []
    }
  }
  return {
    /** Reads all rules again. Rejects when the database is away; what was known stays. */
    async load(): Promise<void> {
      known = (await db.knex('recording_rules').orderBy('id')).map(ruleOf)
    },
    /** From memory. Without any rule the queue's own setting decides (`fallback`, default yes), kept for ever. */
    of(about: RuleQuestion & { fallback?: boolean; talk?: string }): RuleAnswer {
      const rule = ruleFor(known, about)
      if (!rule) return { record: about.fallback ?? true }
      return {
        record: rule.record && (about.talk === undefined || inSample(rule.samplePercent, about.talk)),
        ...(rule.announce === undefined ? {} : { announce: rule.announce }),
        ...(rule.retentionDays === undefined ? {} : { retentionDays: rule.retentionDays }),
        ...(rule.compressAfterDays === undefined ? {} : { compress: rule.compressAfterDays }),
      }
    },
    async list(scope: Scope): Promise<RecordingRule[]> {
      return (await db.knex('recording_rules').where({ agency_id: scope.agencyId }).orderBy('id')).map(ruleOf)
    },
    async save(scope: Scope, rule: Omit<RecordingRule, 'agencyId'>): Promise<void> {
      await db
        .knex('recording_rules')
        .insert({
          agency_id: scope.agencyId,
          applies_to: key(rule),
          queue_id: rule.queueId ?? null,
          campaign_id: rule.campaignId ?? null,
          record: rule.record,
          sample_percent: rule.samplePercent,
          announce: rule.announce ?? null,
          retention_days: rule.retentionDays ?? null,
          compress_after_days: rule.compressAfterDays ?? null,
          updated_at: now(),
        })
        .onConflict(['agency_id', 'applies_to'])
        .merge()
      await this.load()
    },
    async remove(scope: Scope, about: Pick<RecordingRule, 'queueId' | 'campaignId'>): Promise<boolean> {
      const count = await db
        .knex('recording_rules')
        .where({ agency_id: scope.agencyId, applies_to: key(about) })
        .del()
      await this.load()
      return count > 0
    },
    async settings(scope: Scope): Promise<RecordingSettings> {
      const row = await db.knex('recording_settings').where({ agency_id: scope.agencyId }).first()
      if (!row) return usualSettings
      return {
        listenRoles: roleList(row.listen_roles),
        downloadRoles: roleList(row.download_roles),
        agentsHearOwn: Boolean(row.agents_hear_own),
        verifyHour: Number(row.verify_hour),
      }
    },
    async saveSettings(scope: Scope, settings: RecordingSettings): Promise<void> {
      await db
        .knex('recording_settings')
        .insert({
          agency_id: scope.agencyId,
          listen_roles: JSON.stringify(settings.listenRoles),
          download_roles: JSON.stringify(settings.downloadRoles),
          agents_hear_own: settings.agentsHearOwn,
          verify_hour: settings.verifyHour,
        })
        .onConflict('agency_id')
        .merge()
    },
  }
}

// biome-ignore lint/suspicious/noExplicitAny: a row as the driver gives it
function ruleOf(row: any): RecordingRule {
  const given = (name: string, value: unknown) => (value === null || value === undefined ? {} : { [name]: value })
  return {
    agencyId: row.agency_id,
    record: Boolean(row.record),
    samplePercent: Number(row.sample_percent),
    ...given('queueId', row.queue_id),
    ...given('campaignId', row.campaign_id),
    ...given('announce', row.announce),
    ...given('retentionDays', row.retention_days),
    ...given('compressAfterDays', row.compress_after_days),
  }
}
