// What is recorded, how long it is kept and when it is compressed. Pure.
import { createHash } from 'node:crypto'

/** One rule; `queueId` and `campaignId` undefined: the agency's own, for whatever has none. */
export type RecordingRule = {
  agencyId: number
  queueId?: number
  campaignId?: number
  record: boolean
  /** Of 100 talks so many are recorded. */
  samplePercent: number
  /** Name of the prompt that says so to the citizen. */
  announce?: string
  /** Undefined: for ever. */
  retentionDays?: number
  /** Undefined: never. */
  compressAfterDays?: number
}
export type RuleQuestion = { agencyId: number; queueId?: number | undefined; campaignId?: number | undefined }

export const DAY_MS = 86_400_000

/** A campaign's rule before the queue's, the queue's before the agency's; undefined: nobody said anything. */
export function ruleFor(rules: readonly RecordingRule[], about: RuleQuestion): RecordingRule | undefined {
  const own = rules.filter((rule) => rule.agencyId === about.agencyId)
  const named = (name: 'campaignId' | 'queueId') =>
    about[name] === undefined ? undefined : own.find((rule) => rule[name] === about[name])
  return (
    named('campaignId') ??
    own.find((rule) => rule.campaignId === undefined && rule.queueId !== undefined && rule.queueId === about.queueId) ??
    own.find((rule) => rule.campaignId === undefined && rule.queueId === undefined)
  )
}

/** Whether this talk is one of the sample; the same answer each time it is asked for the same one. */
export function inSample(percent: number, talk: string): boolean {
  if (percent >= 100) return true
  if (percent <= 0) return false
  return createHash('sha256').update(talk).digest().readUInt32BE(0) % 10_000 < percent * 100
}

/** When it may go, UTC ms; undefined: never. */
export const expiresAt = (rule: Pick<RecordingRule, 'retentionDays'> | undefined, startedAt: number) =>
  rule?.retentionDays === undefined ? undefined : startedAt + rule.retentionDays * DAY_MS

/** What a changed rule would take away that the present one keeps. */
export const isShorter = (before: number | undefined, after: number | undefined) =>
  after !== undefined && (before === undefined || after < before)
