// Records that never lose a call: what the switches write about each leg (mod_json_cdr) is imported once, joined with the
// facts, and fills in what the platform missed.
import { mkdir } from 'node:fs/promises'
import { setImmediate as turn } from 'node:timers/promises'
import type { Database, Scope } from '../database/index.ts'
import type { FactSink } from '../interactions/index.ts'
import { type BrokenFile, brokenFiles, pruneDone, retryBroken, waitingState, watchFolder } from './folder.ts'
import { importAll } from './import.ts'
import { closeHeld, closeLeftovers, closeOrphans, type LostPorts, noteRuns, type SwitchesNow } from './lost.ts'
import { differences, type Reconciliation, reconcile } from './reconciliation.ts'
import { settleBatch } from './settle.ts'

export { type BrokenFile, brokenFiles, waitingState } from './folder.ts'
export { livingLegs, type SwitchNode } from './living.ts'
export type { SwitchesNow, SwitchNow } from './lost.ts'
export { differences, type OneSided, type OneSidedReason, type Reconciliation, reconcile } from './reconciliation.ts'
export { callRecordRoutes } from './routes.ts'

export type CallRecordsOptions = {
  db: Database
  /** The journal. `flush`: true once everything told up to now is in the database. */
  facts: FactSink & { flush(): Promise<boolean> }
  /** Where the switches leave their files: one subfolder a switch, or all in it. */
  cdrDir: string
  /** The agency of a number dialled; `known` false: another stands in for it. */
  agencyOf(number: string): Promise<{ id: number; known: boolean } | undefined>
  /** Which switches answer and the legs that live on each. Without it, nothing is closed but by a record. */
  switches?(): Promise<SwitchesNow>
  /** An interaction that is being served now, whatever the switch says: never closed. */
  isLive?(interactionId: string): boolean
  /** Of a recording that nobody closed, as it lies on disk; undefined: no audio. */
  measure?: LostPorts['measure']
  alarm?(alarm: { code: string; message: string }): void
  log?: { info(detail: object, text: string): void; warn(detail: object, text: string): void }
  now?(): number
  /** How long facts may be late before a record is joined with them, ms (10,000). */
  graceMs?: number
  /** How long a file that is no JSON may still be being written, ms (30,000). */
  halfWrittenMs?: number
  /** Between two looks at the folder; a watch on it is faster, ms (5,000). */
  scanMs?: number
  /** Imported files are kept so long in `done/`; 0: removed at once (7). */
  keepDays?: number
}

/** What the importer has done since it started. */
export type ImportState = {
  imported: number
  repeated: number
  broken: number
  /** Half-written at the last look. */
  awaited: number
  lastPassAt?: number
  /** A pass runs now. */
  running: boolean
  /** Why the last pass did not come to its end. */
  fault?: string
}

export type CallRecords = {
  /** Begins to import; resolves at once. */
  start(): void
  /** Ends after the batch under way. */
  stop(): Promise<void>
  /** One whole pass: files, records whose time has come, calls that were lost. Never rejects; two at once are one. */
  pass(): Promise<ImportState>
  /** A switch came back (perhaps another run of it): look at once. */
  switchSeen(): void
  state(): ImportState
  /** Files that wait now, and since when the oldest does. */
  waiting(): Promise<{ waiting: number; oldestAt?: number }>
  broken(): Promise<BrokenFile[]>
  /** Puts a file that was set aside back in line. */
  retry(key: string): Promise<boolean>
  /** For a seal on reports and the page. UTC ms. */
  reconciliation(scope: Scope, range: { from: number; to: number }): Promise<Reconciliation>
  differences(scope: Scope, range: { from: number; to: number }): ReturnType<typeof differences>
}

const SWEEP_MS = 60_000
const PRUNE_MS = 3_600_000

/** Nothing is read before `start` or `pass`. */
export function createCallRecords(options: CallRecordsOptions): CallRecords {
  const { db, facts, cdrDir, log } = options
  const now = options.now ?? Date.now
  const keepDays = options.keepDays ?? 7
  const state: ImportState = { imported: 0, repeated: 0, broken: 0, awaited: 0, running: false }
  const lastAlive = new Map<string, number>()
  const stuck = new Set<string>()
  let stopping = false
  let under: Promise<ImportState> | undefined
  let again = false
  let timer: NodeJS.Timeout | undefined
  let unwatch = () => {}
  let sweptAt = Number.NEGATIVE_INFINITY
  let prunedAt = Number.NEGATIVE_INFINITY
  let living = new Set<string>()

  const alive = (id: string) => living.has(id) || (options.isLive?.(id) ?? false)
  const ports: LostPorts = {
    db,
    facts,
    agencyOf: options.agencyOf,
    alive,
    ...(options.measure ? { measure: options.measure } : {}),
    async behind() {
      const { waiting } = await waitingState(cdrDir, 0)
      if (waiting > state.awaited + stuck.size) return true
      return Boolean(
        await db.knex('call_records').where('state', 'waiting').where('settle_at', '<=', now()).first('uuid'),
      )
    },
  }

  async function work(): Promise<void> {
    let awaited = 0
    const before = state.broken
    const runs = await db.knex('switch_runs').select('core_uuid', 'node')
    const nodes = new Map<string, string>(runs.map((run) => [run.core_uuid, run.node]))
    await importAll({
      db,
      cdrDir,
      now,
      keepDays,
      stuck,
      graceMs: options.graceMs ?? 10_000,
      halfWrittenMs: options.halfWrittenMs ?? 30_000,
      nodeOf: (coreUuid) => nodes.get(coreUuid),
      stopping: () => stopping,
      log: (text, detail) => log?.warn(detail, text),
      progress(done) {
        state.imported += done.imported
        state.repeated += done.repeated
        state.broken += done.broken
        awaited += done.awaited
        if (done.imported >= 100) log?.info({ imported: state.imported }, 'call records are being imported')
      },
    })
    state.awaited = awaited
    if (state.broken > before)
      options.alarm?.({
        code: 'call_records.broken',
        message: `${state.broken - before} call records could not be read; see /admin/call-records`,
      })
    const switches = await options.switches?.().catch(() => undefined)
    living = new Set(switches?.now.flatMap(({ legs }) => [...legs]))
    const restarted = switches ? await noteRuns(db, switches.now, now()) : false
    // SQLite answers without ever leaving the thread: calls and screens have their turn between two batches.
    // While a switch does not answer, a leg may live there of which nothing is known.
    const uncertain = options.switches !== undefined && !switches?.all
    const careful = { ...ports, alive: (id: string) => uncertain || alive(id) }
    while (!stopping && (await settleBatch(careful, now())) > 0) await turn()
    if (stopping || (!restarted && now() - sweptAt < SWEEP_MS && !(await anyLost()))) return
    sweptAt = now()
    if (switches) {
      const held = await closeHeld(ports, switches, now())
      if (held > 0) log?.warn({ calls: held }, 'a switch was restarted: the calls that it held are closed')
      await closeOrphans(ports, switches, lastAlive, now())
    }
    await closeLeftovers(ports, now())
    if (now() - prunedAt < PRUNE_MS || keepDays <= 0) return
    prunedAt = now()
    await pruneDone(cdrDir, now(), keepDays)
  }
  const anyLost = async () =>
    Boolean(await db.knex('switch_runs').whereNotNull('lost_at').whereNull('settled_at').first('node'))

  function pass(): Promise<ImportState> {
    under ??= (async () => {
      state.running = true
      try {
        await work()
        delete state.fault
      } catch (error) {
        const fault = String((error as Error).message).slice(0, 200)
        if (state.fault !== fault) log?.warn({ err: error }, 'call records wait: the last pass did not come to its end')
        state.fault = fault
      } finally {
        state.running = false
        state.lastPassAt = now()
        under = undefined
      }
      return { ...state }
    })()
    return under
  }

  const arm = (ms: number) => {
    clearTimeout(timer)
    if (stopping) return
    timer = setTimeout(() => {
      again = false
      pass().then(() => arm(again ? 200 : (options.scanMs ?? 5_000)))
    }, ms)
    timer.unref()
  }
  const soon = () => {
    // One look a little later for a burst of files; while a pass runs, right behind it.
    if (again || stopping) return
    again = true
    if (!under) arm(200)
  }

  return {
    start() {
      void mkdir(cdrDir, { recursive: true })
        .catch((error: Error) => log?.warn({ err: error }, 'the folder of call records cannot be made'))
        .then(() => {
          if (stopping) return
          unwatch = watchFolder(cdrDir, (name) => {
            if (name.endsWith('.cdr.json')) soon()
          })
          arm(0)
        })
    },
    async stop() {
      stopping = true
      clearTimeout(timer)
      unwatch()
      await under
    },
    pass,
    switchSeen: soon,
    state: () => ({ ...state }),
    waiting: () => waitingState(cdrDir),
    broken: () => brokenFiles(cdrDir),
    async retry(key) {
      const found = await retryBroken(cdrDir, key)
      if (found) soon()
      return found
    },
    reconciliation: (scope, range) => reconcile(db.knex, scope, range, now()),
    differences: (scope, range) => differences(db.knex, scope, range, now()),
  }
}
