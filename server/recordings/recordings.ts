import { mkdir } from 'node:fs/promises'
import { Cron } from 'croner'
import { type Database, type Scope, scopeOf } from '../database/index.ts'
import type { Audit } from '../http/index.ts'
import { createDiskWatch, type DiskState, type Statfs } from './disk.ts'
import { createFetching } from './fetching.ts'
import { createHolds } from './holds.ts'
import { createOpus } from './opus.ts'
import type { FetchOptions, RecordingSource } from './remote.ts'
import type { RecordingRule } from './rules.ts'
import { createRuleStore } from './rules-store.ts'
import { createRuns, type RunKind, runKinds } from './runs.ts'
import { createRecordingStore } from './store.ts'
import { createWaveforms } from './waveform.ts'
import { compressWork, expireWork, previewExpiry, verifyWork } from './works.ts'

/** Where alarms go (server/flows `AlarmSink` fits). */
export type RecordingAlarms = {
  raise(agencyId: number, alarm: { code: string; message: string; subject: string }): void
}

export type RecordingsOptions = {
  db: Database
  audit: Audit
  alarms: RecordingAlarms
  recordingsDir: string
  /** For waveforms; nothing in it is evidence. */
  cacheDir: string
  /** This process among several: `config.serverName`. */
  serverName: string
  /** Where each switch keeps its recordings; without an entry: in RECORDINGS_DIR, shared. */
  sources?: Record<string, RecordingSource>
  now?: () => number
  log?(line: string): void
  statfs?: Statfs
  /** Programs of opus-tools. */
  opus?: { encoder?: string; decoder?: string }
  remote?: FetchOptions
}

export type Recordings = ReturnType<typeof createRecordings>

const MINUTE_MS = 60_000

/** Nothing runs before `start`. */
export function createRecordings(options: RecordingsOptions) {
  const { db, audit, alarms, recordingsDir } = options
  const now = options.now ?? Date.now
  const log = options.log ?? (() => {})
  const opus = createOpus(options.opus)
  const store = createRecordingStore(db)
  const rules = createRuleStore(db, now)
  const holds = createHolds({ db, audit, now })
  const waveforms = createWaveforms({ folder: options.cacheDir, opus })
  const sources = options.sources ?? {}
  const disk = createDiskWatch({
    folder: recordingsDir,
    now,
    ...(options.statfs ? { statfs: options.statfs } : {}),
    // The disk is nobody's own: the first agency runs the centre.
    alarm: (code, state) => alarms.raise(1, { code, message: diskText(code, state), subject: 'recordings' }),
  })
  const fetching = createFetching({
    ...options.remote,
    db,
    recordingsDir,
    now,
    log,
    sourceOf: (node) => sources[node],
    nodes: Object.keys(sources).filter((node) => sources[node]?.kind === 'http'),
  })
  const workOptions = {
    db,
    recordingsDir,
    now,
    opus,
    rules: (scope: Scope) => rules.list(scope),
    forget: (id: string) => waveforms.forget(id),
    broken: (scope: Scope, run: { id: number; key: string; faults: number }) =>
      alarms.raise(scope.agencyId, {
        code: 'recordings.broken',
        message: `La verificación de grabaciones del ${run.key} encontró ${run.faults} con problemas: mirá Grabaciones › Verificación.`,
        subject: `recordings/runs/${run.id}`,
      }),
  }
  const runs = createRuns({
    db,
    now,
    log,
    // A process started again under the same name must not take its dead self for another one at work.
    owner: `${options.serverName}#${crypto.randomUUID().slice(0, 8)}`,
    works: { verify: verifyWork(workOptions), expire: expireWork(workOptions), compress: compressWork(workOptions) },
  })
  let timer: NodeJS.Timeout | undefined
  let ticking: Promise<void> | undefined
  const queue: number[] = []
  let driving: Promise<void> | undefined

  /** One run at a time, so that calls come first. */
  function drive(ids: number[]): Promise<void> {
    for (const id of ids) if (!queue.includes(id)) queue.push(id)
    driving ??= (async () => {
      for (let id = queue[0]; id !== undefined; id = queue[0]) {
        await runs.drive(id).catch((error: Error) => log(`recordings run ${id}: ${error.message}`))
        queue.shift()
      }
    })().finally(() => {
      driving = undefined
    })
    return driving
  }

  /** The night's runs of each agency that are due and not yet there. */
  async function plan(): Promise<number[]> {
    const begun: number[] = []
    for (const agency of await db.knex('agencies').where({ active: true }).select('id', 'time_zone')) {
      const scope = scopeOf(agency.id)
      const { verifyHour } = await rules.settings(scope)
      const day = lastNight(verifyHour, agency.time_zone, now())
      if (day === undefined) continue
      for (const kind of runKinds) {
        // Compressing comes before the next night's verification of what it made, expiring before compressing.
        const id = await runs.begin(scope, kind, day)
        if (id !== undefined) begun.push(id)
      }
    }
    return begun
  }

  async function tick(): Promise<void> {
    await disk.look()
    await rules.load()
    void fetching.tick().catch((error: Error) => log(`fetching of recordings: ${error.message}`))
    const found = [...(await runs.adopt()), ...(await plan())]
    if (found.length > 0) void drive(found)
  }

  return {
    store,
    rules,
    holds,
    waveforms,
    runs,
    recordingsDir,
    now,
    opusAvailable: opus.available,
    diskState: (): DiskState => disk.state(),
    lookAtDisk: disk.look,
    /** The prompt that says "this call is recorded" before the talks of that queue; undefined: none. */
    announcementFor(agencyId: number, queueId: number | undefined): string | undefined {
      const { record, announce } = rules.of({ agencyId, queueId })
      return record ? announce : undefined
    },
    /** What a changed rule would remove this very night. */
    async preview(scope: Scope, changed: Omit<RecordingRule, 'agencyId'>) {
      const others = (await rules.list(scope)).filter(
        (rule) => rule.queueId !== changed.queueId || rule.campaignId !== changed.campaignId,
      )
      return previewExpiry(db, scope, [...others, { ...changed, agencyId: scope.agencyId }], now())
    },
    /** By hand, from the page; undefined when one of that kind runs. */
    async runNow(scope: Scope, kind: RunKind, userId: number): Promise<number | undefined> {
      if ((await runs.list(scope)).some((run) => run.kind === kind && run.state === 'running')) return undefined
      const id = await runs.begin(scope, kind, `manual ${now()}`, userId)
      if (id === undefined) return undefined
      await audit.record(scope, { userId, action: `recordings.${kind}`, subjectType: 'recording_run', subjectId: id })
      void drive([id])
      return id
    },
    fetchAgain: async (scope: Scope, id: string) => {
      const found = await fetching.again(scope.agencyId, id)
      if (found) void fetching.tick().catch((error: Error) => log(`fetching of recordings: ${error.message}`))
      return found
    },
    fetchNow: () => fetching.tick(),
    /** Everything that is due, to its end. For tests; `start` does it each minute. */
    async tick(): Promise<void> {
      await tick()
      await driving
      await fetching.settled()
    },
    async start(): Promise<void> {
      await mkdir(recordingsDir, { recursive: true }).catch(() => undefined)
      const round = () => {
        ticking ??= tick()
          .catch((error: Error) => log(`recordings: ${error.message}`))
          .finally(() => {
            ticking = undefined
          })
      }
      timer = setInterval(round, MINUTE_MS)
      round()
    },
    /** A run in the middle stays where it is and goes on at the next start. */
    async stop(): Promise<void> {
      clearInterval(timer)
      runs.stop()
      await ticking
      await driving
      await fetching.settled()
    },
  }
}

/** The agency's day on which that hour was last; undefined for a zone that is none. */
export function lastNight(hour: number, timeZone: string, now: number): string | undefined {
  try {
    const due = new Cron(`0 ${hour} * * *`, { timezone: timeZone, paused: true }).nextRun(new Date(now - 86_400_000))
    if (!due || due.getTime() > now) return undefined
    return new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(due)
  } catch {
    return undefined
  }
}

function diskText(code: string, { freeBytes }: DiskState): string {
  const free = `${(freeBytes / 1024 ** 3).toFixed(1).replace('.', ',')} GB`
  if (code === 'recordings.disk_low')
    return `Queda poco lugar para grabaciones: ${free}. Liberá espacio, acortá la retención o activá la compresión.`
  if (code === 'recordings.disk_full')
    return `El disco de grabaciones está lleno (${free}): las llamadas siguen, pero no se graban.`
  return 'La carpeta de grabaciones no responde: revisá que esté montada. Las llamadas siguen, pero no se graban.'
}
