// What the supervisor's screen and the wallboards need of other rooms; server/platform.ts fills it.
import type { Scope } from '../database/index.ts'
import type { Audit } from '../http/types.ts'
import type { Routing } from '../routing/index.ts'
import type { Door } from './doors.ts'

/** Numbers of the catalogue (reports/metrics) since the agency's midnight; null: no value. Durations ms, ratios 0..1. */
export type TodayFigures = {
  received: number
  offered: number
  answered: number
  abandoned: number
  overflowed: number
  callbacks: number
  /** sl_offered, today and of the stays begun in the last 30 minutes. */
  serviceLevel: number | null
  serviceLevelRecent: number | null
  asaMs: number | null
  ahtMs: number | null
  waitMaxMs: number | null
}
export type MetricsNow = {
  /** UTC ms. */
  countedAt: number
  /** Of which period a number is, as it stands in the address that explains it: the day's, and that of the last half hour. */
  explain: { day: string; recent: string }
  total: TodayFigures & { linesBusy: number }
  /** By queue and agent id; whoever is missing has done nothing today. */
  queues: Record<number, TodayFigures>
  agents: Record<number, { answered: number; ahtMs: number | null; occupancy: number | null }>
}

export type QueueChoice = {
  id: number
  name: string
  targetSeconds: number
  targetPercent: number
  /** Opened or closed by hand. */
  door?: Door
}
export type Health = {
  switch: boolean
  database: boolean /** Facts waiting on disk for the database. */
  waitingFacts: number
  /** The recordings' disk when it is not well. */
  disk?: { state: 'low' | 'full' | 'away'; gigabytes: number }
}

export type Alarm = {
  id: string
  at: number
  code: string
  message: string
  subject: string
  seenAt: number | undefined
}

/** What takes longer to read than a screen waits: as it was read last, and read anew behind it for the next look. */
export type LookingAhead = {
  of(scope: Scope): { prospects: readonly Prospect[]; seal: Seal | undefined }
}
/** What is to be expected of a queue (0: of all together); as reports/staffing has it. */
export type Prospect = {
  queueId: number
  halfHours: { from: number; to: number; calls: number; needed: number }[]
  target: { target: number; targetSeconds: number }
  serving: ReadonlySet<number> | undefined
  error: number | null
  with(agents: number): { serviceLevel: number } | undefined
}
/** Whether the day's data agree; as reports/health has it. */
export type Seal = {
  state: 'good' | 'warning' | 'bad'
  text: string
  checks: { id: string; label: string; compared: number; wrong: number; href?: string }[]
  at: number
}

export type NowPorts = {
  routing: Pick<Routing, 'agents' | 'now' | 'on'>
  metricsNow(scope: Scope): Promise<MetricsNow>
  lists: {
    queues(scope: Scope): Promise<QueueChoice[]>
    agents(scope: Scope): Promise<{ id: number; name: string; extension?: string }[]>
    breakReasons(scope: Scope): Promise<{ id: number; name: string }[]>
  }
  /** id -> name. */
  citizenNames(scope: Scope, ids: number[]): Promise<Map<number, string>>
  health(): Health
  /** Without it the screen shows the moment only. */
  lookingAhead?: LookingAhead
  audit: Audit
  /** As `createAlarms` of server/flows makes it. */
  alarms: {
    list(scope: Scope, limit?: number): Promise<Alarm[]>
    seen(scope: Scope, id: string, userId: number): Promise<boolean>
  }
  /** Address of the browser's phone module (exports `startPhone`), for supervisors with an extension. */
  phoneModule?: string
  example?: boolean
  now?(): number
  log?(line: string): void
}
