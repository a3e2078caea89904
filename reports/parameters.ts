import { AppError } from '../server/http/types.ts'
import { cutPeriod, type IntervalSize, intervalSizes, localDay, startOfDay } from './metrics/index.ts'
import { type Asked, channels, type Report } from './report.ts'
import type { Names } from './store.ts'

export const longestDays = 400
const mostIntervals = 20_000
const dayMs = 86_400_000

/**
 * Reads a report's query. `from` and `to` are ISO 8601 instants with an offset, or plain dates: then `from` is where that
 * local day begins and `to` where it ends. Without them: today. Throws `AppError` 400 that names every wrong field.
 */
export function readParameters(
  query: Record<string, unknown>,
  report: Report,
  { timeZone, now, names }: { timeZone: string; now: number; names: Names },
): Asked {
  const fields: Record<string, string> = {}
  const text = (name: string) => {
    const value = query[name]
    if (value === undefined || value === '') return undefined
    // A parameter given twice arrives as a list.
    if (typeof value !== 'string') fields[name] = 'reports.invalid.once'
    return typeof value === 'string' ? value.trim() : undefined
  }
  const today = localDay(now, timeZone)
  const instant = (name: 'from' | 'to'): number => {
    const value = text(name) ?? today
    try {
      if (/^\d{4}-\d{2}-\d{2}$/.test(value)) {
        // 2026-02-30 parses in some engines as March: the date must read back as itself.
        const begin = startOfDay(value, timeZone)
        if (new Date(`${value}T00:00:00Z`).toISOString().slice(0, 10) !== value) throw new RangeError(value)
        if (name === 'from') return begin
        const next = new Date(Date.parse(`${value}T00:00:00Z`) + dayMs).toISOString().slice(0, 10)
        return startOfDay(next, timeZone)
      }
      if (/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:?\d{2})$/.test(value)) {
        const at = Date.parse(value)
        if (!Number.isNaN(at) && at >= 0) return at
      }
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
    }
    fields[name] = 'reports.invalid.instant'
    return 0
  }
  const one = (
    name: 'queue' | 'agent' | 'topic' | 'campaign' | 'form',
    known: Map<number, string>,
  ): number | undefined => {
    const value = text(name)
    if (value === undefined) return undefined
    const id = /^\d{1,9}$/.test(value) ? Number(value) : 0
    // Another agency's queue is as good as absent.
    if (!known.has(id)) fields[name] = `reports.invalid.${name}`
    return id
  }
  const asked: Asked = {
    period: { from: instant('from'), to: instant('to') },
    interval: 'day',
    queueId: one('queue', names.queues),
    agentId: one('agent', names.agents),
    topicId: one('topic', names.topics),
    campaignId: one('campaign', names.campaigns),
    formId: one('form', names.forms),
  }
  const channel = text('channel')
  if (channel !== undefined) {
    asked.channel = channels.find((one) => one === channel)
    if (!asked.channel) fields.channel = 'reports.invalid.channel'
  }
  const { from, to } = asked.period
  if (!fields.from && !fields.to) {
    if (to <= from) fields.to = 'reports.invalid.order'
    // A day more, for the hour that a change of clocks adds.
    else if (to - from > longestDays * dayMs + dayMs / 12)
      throw new AppError('report.period_too_long', 400, { days: longestDays }, { to: 'reports.invalid.period' })
  }
  const interval = text('interval') ?? (to - from <= 2 * dayMs ? '30m' : 'day')
  if (!(intervalSizes as readonly string[]).includes(interval)) fields.interval = 'reports.invalid.interval'
  asked.interval = interval as IntervalSize
  if (Object.keys(fields).length > 0) throw new AppError('report.bad_parameters', 400, {}, fields)
  if (report.kind === 'summary' && interval !== 'day' && (to - from) / 900_000 > mostIntervals)
    if (cutPeriod(asked.period, asked.interval, timeZone).length > mostIntervals)
      throw new AppError('report.too_fine', 400, { most: mostIntervals }, { interval: 'reports.invalid.fine' })
  return asked
}
