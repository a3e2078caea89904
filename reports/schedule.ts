import type { Database, Scope } from '../server/database/index.ts'
import { AppError } from '../server/http/types.ts'
import { type Bundle, bundleFormats, makeBundle, type Wanted } from './bundle/index.ts'
import { type Letter, letterHtml, letterText, type Mailer, MailFault } from './deliver.ts'
import { ownWorkbookId } from './own-workbook/index.ts'
import { reportOf } from './reports.ts'
import {
  beginSending,
  claimRetries,
  claimRun,
  endRun,
  forgetFiles,
  keepFiles,
  retryRun,
  staleRuns,
} from './schedule-runs.ts'
import {
  activeSchedules,
  type NewSchedule,
  periods,
  type RunKind,
  readAddresses,
  readOwnDays,
  readOwner,
  type Schedule,
} from './schedule-store.ts'
import { dueRuns, nextDue, periodOf } from './schedule-times.ts'
import { csvText } from './workbook/index.ts'

/** After this a run of a server that died counts as failed. */
const staleMs = 15 * 60_000
/** A run that starts later than this says so. */
const lateMs = 10 * 60_000
/** Until the next try of what the mail server would not take for now. */
const patience = [5, 15, 60].map((minutes) => minutes * 60_000)
const keptMs = 90 * 86_400_000
export const groups = ['role:supervisor', 'role:agency_administrator', 'role:back_office'] as const

const address = /^[^\s@<>,;:"'()[\]\\]{1,64}@[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/i

/** Checks what a person typed. Throws `AppError` 400 with every wrong field. */
export function checkSchedule(input: NewSchedule, now: number): void {
  const fields: Record<string, string> = {}
  if (input.name.trim() === '' || input.name.length > 120) fields.name = 'reports.invalid.name'
  if (!reportOf(input.report) && !ownWorkbookId(input.report)) fields.report = 'reports.invalid.report'
  if (!periods.includes(input.parameters.period)) fields.period = 'reports.invalid.relative_period'
  if (!Object.hasOwn(bundleFormats, input.format)) fields.format = 'reports.invalid.format'
  if (
    input.recipients.length === 0 ||
    input.recipients.length > 50 ||
    !input.recipients.every((one) => address.test(one) || groups.some((group) => group === one))
  )
    fields.recipients = 'reports.invalid.recipients'
  try {
    const first = nextDue(input.cron, input.timeZone, now)
    const second = first && nextDue(input.cron, input.timeZone, first)
    if (!first) fields.cron = 'reports.invalid.never'
    else if (second && second - first < 3_600_000) fields.cron = 'reports.invalid.too_often'
  } catch {
    fields.cron = 'reports.invalid.cron'
  }
  if (Object.keys(fields).length > 0) throw new AppError('schedule.invalid', 400, {}, fields)
}

export type SchedulerOptions = {
  db: Database
  /** Undefined: no SMTP_URL; runs then fail and say so. */
  mailer: Mailer | undefined
  now?: () => number
  /** Makes files and pictures; the platform gives one that does it in a thread. */
  bundle?: (scope: Scope, wanted: Wanted) => Promise<Bundle>
  /** For the links in files. */
  publicUrl?: string | undefined
  /** Hears of every failure, beside the owner. */
  onFailure?: (failure: { schedule: Schedule; error: string }) => void
}

export type Scheduler = {
  /** Looks every half minute. */
  start(): void
  /** Waits for a run in the middle. */
  stop(): Promise<void>
  /** Sends all that is due now; the number of runs made. For tests, and what `start` calls. */
  tick(): Promise<number>
  /** Sends one at once, beside its pattern; with `onlyTo` as a sample to that address alone. */
  runNow(scope: Scope, schedule: Schedule, onlyTo?: string): Promise<'sent' | 'failed' | 'retry'>
}

type Turn = { scope: Scope; schedule: Schedule; runId: number; dueAt: number; attempts: number; kind: RunKind }

/**
 * Sends what is due, of several servers one. A run is taken by the row it inserts; before the mail server is spoken to it says
 * so (`sending_at`). A server that dies earlier has sent nothing and another tries again; one that dies later may have sent it,
 * and nobody sends it twice: it is told as unknown.
 */
export function createScheduler(options: SchedulerOptions): Scheduler {
  const { db, mailer, now = Date.now, onFailure, publicUrl } = options
  const bundle = options.bundle ?? ((scope: Scope, wanted: Wanted) => makeBundle(db, scope, wanted))
  let timer: NodeJS.Timeout | undefined
  let running: Promise<number> | undefined

  async function failed(scope: Scope, schedule: Schedule, error: string): Promise<void> {
    onFailure?.({ schedule, error })
    const owner = await readOwner(db, scope, schedule.ownerId)
    if (!owner?.email || !owner.active) return
    await mailer
      ?.send({
        to: [owner.email],
        subject: `No se pudo enviar «${schedule.name}»`,
        text: `Hola ${owner.name}:\n\nEl informe programado «${schedule.name}» no se pudo enviar.\n\nMotivo: ${error}\n\nPodés revisarlo y enviarlo de nuevo en Informes › Programados.`,
      })
      // The mail server itself may be the failure: the page of schedules says it then.
      .catch(() => undefined)
  }

  async function begin(scope: Scope, schedule: Schedule, dueAt: number) {
    const runId = await claimRun(db, scope, schedule.id, dueAt, now())
    return runId === undefined ? 'taken' : run({ scope, schedule, runId, dueAt, attempts: 1, kind: 'due' })
  }

  async function run(turn: Turn, onlyTo?: string): Promise<'sent' | 'failed' | 'retry' | 'taken'> {
    const { scope, schedule, runId, attempts, kind } = turn
    try {
      const receipt = await send(turn, onlyTo)
      if (!receipt) return 'taken'
      const refused = receipt.refused.length > 0 ? `el servidor de correo no aceptó: ${receipt.refused.join(', ')}` : ''
      await endRun(db, scope, runId, { state: 'sent', receipt: receipt.response, error: refused, now: now() })
      if (refused) await failed(scope, schedule, refused)
      return 'sent'
    } catch (error) {
      const said = error instanceof AppError ? error.code : (error as Error).message
      const unknown = error instanceof MailFault && error.kind === 'unknown'
      const text = unknown ? `${said}: no se sabe si salió` : said
      const wait = patience[attempts - 1]
      if (error instanceof MailFault && error.kind === 'again' && wait !== undefined && kind === 'due') {
        await retryRun(db, scope, { id: runId, attempts }, now() + wait, text)
        return 'retry'
      }
      await endRun(db, scope, runId, { state: 'failed', error: text, now: now() })
      await failed(scope, schedule, text)
      return 'failed'
    }
  }

  /** Undefined: another server has it. */
  async function send({ scope, schedule, runId, dueAt, attempts, kind }: Turn, onlyTo?: string) {
    if (!mailer) throw new Error('no hay servidor de correo configurado (SMTP_URL)')
    const owner = await readOwner(db, scope, schedule.ownerId)
    if (!owner?.active) throw new Error('quien lo programó ya no está activo')
    const to = onlyTo ? [onlyTo] : await readAddresses(db, scope, schedule.recipients)
    if (to.length === 0) throw new Error('no hay a quién enviarlo: nadie de los grupos elegidos tiene correo')
    const { period, workingDays: _, ...query } = schedule.parameters
    const days = periodOf(period, dueAt, schedule.timeZone)
    const started = now()
    const { files, ...parts } = await bundle(scope, {
      report: schedule.report,
      query: { ...query, ...days },
      format: schedule.format,
      publicUrl,
      now: started,
    })
    const late =
      kind === 'sample'
        ? 'Es una muestra: solo la recibís vos.'
        : started - dueAt > lateMs
          ? `Este envío sale con demora: estaba programado para el ${csvText(dueAt, 'interval', schedule.timeZone)}.`
          : undefined
    const letter: Letter = {
      ...parts,
      name: schedule.name,
      ...(late ? { late } : {}),
      owner: owner.name,
      files: { names: files.map((file) => file.name).join(', ') },
    }
    if (attempts === 1) await keepFiles(db, scope, runId, files, started)
    if (!(await beginSending(db, scope, runId, attempts, now()))) return undefined
    const mark = kind === 'sample' ? ' (muestra)' : late ? ' (con demora)' : ''
    const mail = {
      to,
      subject: `${schedule.name} · ${letter.period}${mark}`,
      pictures: letter.pictures,
      messageId: `<vera-${schedule.id}-${dueAt}-${runId}@vera>`,
    }
    try {
      return await mailer.send({ ...mail, text: letterText(letter), html: letterHtml(letter), files })
    } catch (error) {
      if (!(error instanceof MailFault && error.kind === 'tooLarge' && files.length > 0)) throw error
      // The server took nothing: the same mail says where its files are.
      const address = `${publicUrl ?? ''}/reports/schedules/${schedule.id}`
      const light = { ...letter, files: { ...letter.files, address } }
      return mailer.send({ ...mail, text: letterText(light), html: letterHtml(light), files: [] })
    }
  }

  async function endStale(at: number): Promise<void> {
    for (const { run: one, scope, schedule } of await staleRuns(db, at - staleMs)) {
      if (one.sendingAt === null) {
        // Nothing had left.
        await retryRun(db, scope, { ...one, sendingAt: null }, at, 'el servidor se detuvo antes de enviarlo')
        continue
      }
      const error = 'el servidor se detuvo en medio del envío: no se sabe si salió'
      if (await endRun(db, scope, one.id, { state: 'failed', error, now: at })) await failed(scope, schedule, error)
    }
  }

  async function tick(): Promise<number> {
    const at = now()
    await forgetFiles(db, at - keptMs)
    await endStale(at)
    let made = 0
    for (const { run: one, scope, schedule } of await claimRetries(db, at)) {
      const { id: runId, dueAt, attempts, kind } = one
      if ((await run({ scope, schedule, runId, dueAt, attempts, kind })) !== 'taken') made++
    }
    for (const { schedule, scope, lastDue } of await activeSchedules(db)) {
      try {
        const own = schedule.parameters.workingDays ? await readOwnDays(db, scope) : undefined
        for (const due of dueRuns(schedule, Math.max(schedule.since, lastDue ?? 0), at, own)) {
          if ((await begin(scope, schedule, due)) !== 'taken') made++
        }
      } catch (error) {
        // One schedule's trouble must not hold up the others.
        onFailure?.({ schedule, error: (error as Error).message })
      }
    }
    return made
  }

  const guarded = () => {
    running ??= tick().finally(() => {
      running = undefined
    })
    return running
  }
  // A database that is away comes back: the next look finds what is due.
  const look = () => void guarded().catch(() => undefined)

  return {
    start() {
      timer ??= setInterval(look, 30_000)
      timer.unref()
      look()
    },
    async stop() {
      clearInterval(timer)
      timer = undefined
      await running?.catch(() => undefined)
    },
    tick: guarded,
    async runNow(scope, schedule, onlyTo) {
      const kind = onlyTo ? 'sample' : 'now'
      let runId: number | undefined
      let dueAt = now()
      // Two people may press at the same instant.
      for (; runId === undefined; dueAt++) runId = await claimRun(db, scope, schedule.id, dueAt, now(), kind)
      const result = await run({ scope, schedule, runId, dueAt: dueAt - 1, attempts: 1, kind }, onlyTo)
      return result === 'taken' ? 'failed' : result
    },
  }
}
