// What figures, gauges and trends can show. Runs in browsers too.

export type Shown = {
  /** Of the catalogue (reports/metrics), or a count of this instant (`now_...`). Texts: `wallboards.shown.<id>`. */
  id: string
  /** `since`: an instant, UTC ms, from which a clock counts. */
  unit: 'count' | 'ratio' | 'ms' | 'erlangs' | 'since'
  /**
   * The family that the reports take it from (`familyOf` there, as wall-numbers.spec.ts holds). `queue`: adds up over queues; the others
   * are of the agency only, so a tile that names queues cannot show them.
   */
  of: 'queue' | 'whole' | 'agent'
  /** Read at this instant, not over a stretch of the day. */
  now?: true
  /** By half hours of the day too. */
  trend?: true
  /** Which way is good; absent: neither. */
  better?: 'higher' | 'lower'
  /** A service level: the queue's own target can be its tone. */
  level?: true
  /** What stands small below it: another of these, or `recent`: itself in the last half hour. */
  beside?: string
  /** The metric of the catalogue that explains it, where that is not its own id; null: nothing does. */
  explained?: string | null
  /** Where people see who is behind it, where no metric explains it: who waits at this moment is a list and no sum. */
  seen?: string
}

const counted = (id: string, better?: Shown['better']): Shown => ({
  ...{ id, unit: 'count', of: 'queue', trend: true },
  ...(better ? { better } : {}),
})
const level = (id: string): Shown => ({
  ...{ id, unit: 'ratio', of: 'queue', trend: true, better: 'higher', level: true, beside: 'recent' },
})
const took = (id: string, trend: boolean): Shown => ({
  ...{ id, unit: 'ms', of: 'queue', better: 'lower' },
  ...(trend ? { trend } : {}),
})
/** The list of who waits, on the live page. */
export const waitingNow = 'now-calls'
const instant = (id: string, of: Shown['of'], better?: Shown['better']): Shown => ({
  ...{ id, unit: 'count', of, now: true, explained: null },
  ...(better ? { better } : {}),
})
const ofWhole = (id: string, unit: Shown['unit'], better?: Shown['better']): Shown => ({
  ...{ id, unit, of: 'whole', trend: true },
  ...(better ? { better } : {}),
})
const ofPeople = (id: string): Shown => ({ id, unit: 'ratio', of: 'agent', trend: true })

/** In the order of a list to choose from. */
export const shown: readonly Shown[] = [
  { ...instant('now_waiting', 'queue', 'lower'), beside: 'now_oldest', seen: waitingNow },
  { id: 'now_oldest', unit: 'since', of: 'queue', now: true, better: 'lower', explained: null, seen: waitingNow },
  instant('now_available', 'whole', 'higher'),
  instant('now_talking', 'whole'),
  instant('now_wrap_up', 'whole'),
  instant('now_break', 'whole', 'lower'),
  instant('now_signed_in', 'whole', 'higher'),
  { ...instant('lines_busy', 'whole'), explained: 'lines_busy' },
  level('sl_offered'),
  level('sl_answered'),
  level('sl_late_abandons'),
  level('sl_all'),
  level('sl_removed'),
  ofWhole('received', 'count'),
  counted('offered'),
  { ...counted('answered', 'higher'), beside: 'asa' },
  counted('answered_within', 'higher'),
  { ...counted('abandoned', 'lower'), beside: 'abandon_rate' },
  counted('short_abandoned', 'lower'),
  { id: 'abandon_rate', unit: 'ratio', of: 'queue', trend: true, better: 'lower' },
  counted('overflowed', 'lower'),
  counted('callbacks'),
  counted('agent_rejected', 'lower'),
  ofWhole('rejected', 'count', 'lower'),
  ofWhole('contained', 'count'),
  ofWhole('containment', 'ratio', 'higher'),
  took('asa', true),
  took('wait_abandoned', true),
  took('wait_max', true),
  // Percentiles need every wait: too much to read for each half hour.
  took('wait_p50', false),
  took('wait_p90', false),
  { id: 'aht', unit: 'ms', of: 'queue', trend: true },
  ofPeople('occupancy'),
  ofPeople('utilisation'),
  ofWhole('duration', 'ms'),
  ofWhole('seizures', 'count'),
  ofWhole('asr', 'ratio', 'higher'),
  ofWhole('lines_peak', 'count'),
  ofWhole('lines_erlangs', 'erlangs'),
]

const byId = new Map(shown.map((one) => [one.id, one]))
export const shownOf = (id: string): Shown | undefined => byId.get(id)

/** What each kind of tile can show. */
export const showable = {
  figure: shown,
  gauge: shown.filter(({ unit }) => unit === 'ratio'),
  trend: shown.filter(({ trend }) => trend),
} as const
