import { Cron } from 'croner'
import { nationalHolidays } from '../server/calendars/index.ts'
import type { Database, Scope } from '../server/database/index.ts'
import { AppError } from '../server/http/types.ts'
import { type Bundle, bundleFormats, makeBundle, type Wanted } from './bundle/index.ts'
import { type Letter, letterHtml, letterText, type Mailer, MailFault } from './deliver.ts'
import { localDay } from './metrics/index.ts'
import { ownWorkbookId } from './own-workbook/index.ts'
import { reportOf } from './reports.ts'
import {
  activeSchedules,
  beginSending,
  claimRetries,
  claimRun,
  endRun,
  forgetFiles,
  keepFiles,
  type NewSchedule,
  type Period,
  periods,
  type RunKind,
  readAddresses,
  readOwner,
  retryRun,
  type Schedule,
  staleRuns,
} from './schedule-store.ts'
import { csvText } from './workbook/index.ts'

/** After this a run of a server that died counts as failed. */
const staleMs = 15 * 60_000
/** A run that starts later than this says so. */
const lateMs = 10 * 60_000
/** Of what fell due while everything was down, the newest so many are sent. */
const mostMissed = 7
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

/** The first instant behind `after` at which the pattern (five fields) is due in the zone; throws for a bad pattern. */
export function nextDue(cron: string, timeZone: string, after: number): number | undefined {
  if (cron.trim().split(/\s+/).length !== 5) throw new TypeError('a pattern has five fields')
  return new Cron(cron, { timezone: timeZone, paused: true }).nextRun(new Date(after))?.getTime()
}

const holidays = new Map<number, Set<string>>()
/** Monday to Friday and no national holiday, in the zone. */
export function isWorkingDay(at: number, timeZone: string): boolean {
  const day = localDay(at, timeZone)
  const weekday = new Date(`${day}T00:00Z`).getUTCDay()
  const year = Number(day.slice(0, 4))
  const off = holidays.get(year) ?? new Set(nationalHolidays(year).map((one) => one.day))
  holidays.set(year, off)
  return weekday !== 0 && weekday !== 6 && !off.has(day)
}

/** The next instant at which it is sent. */
export function nextSending(schedule: NewSchedule, after: number): number | undefined {
  let at: number | undefined = after
  for (let left = 400; left > 0; left--) {
    at = nextDue(schedule.cron, schedule.timeZone, at)
    if (at === undefined || !schedule.parameters.workingDays || isWorkingDay(at, schedule.timeZone)) return at
  }
  return undefined
}

/** What has fallen due behind `after` up to `now`, oldest first; at most the newest `mostMissed`. */
export function dueRuns(schedule: Schedule, after: number, now: number): number[] {
  const due: number[] = []
  let at: number | undefined = after
  for (let left = 20_000; left > 0; left--) {
    at = nextDue(schedule.cron, schedule.timeZone, at)
    if (at === undefined || at > now) break
    if (schedule.parameters.workingDays && !isWorkingDay(at, schedule.timeZone)) continue
    due.push(at)
    if (due.length > mostMissed) due.shift()
  }
  return due
}

/** The local days of a relative period, seen from `dueAt`: first and last, both inside. */
export function periodOf(period: Period, dueAt: number, timeZone: string): { from: string; to: string } {
  const day = (add: number) => localDay(dueAt, timeZone, add)
  if (period === 'today') return { from: day(0), to: day(0) }
  if (period === 'yesterday') return { from: day(-1), to: day(-1) }
  if (period === 'last_week') {
    const weekday = (new Date(`${day(0)}T00:00Z`).getUTCDay() + 6) % 7 // 0 Monday
    return { from: day(-weekday - 7), to: day(-weekday - 1) }
  }
  const first = Number(day(0).slice(8))
  const last = day(-first)
  return { from: `${last.slice(0, 8)}01`, to: last }
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
      const text = error instanceof AppError ? error.code : (error as Error).message
      const wait = patience[attempts - 1]
      if (error instanceof MailFault && error.again && wait !== undefined && kind === 'due') {
        await retryRun(db, scope, runId, now() + wait, text)
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
      fileNames: files.map((file) => file.name).join(', '),
    }
    if (attempts === 1) await keepFiles(db, scope, runId, files, started)
    if (!(await beginSending(db, scope, runId, attempts, now()))) return undefined
    const mark = kind === 'sample' ? ' (muestra)' : late ? ' (con demora)' : ''
    return mailer.send({
      to,
      subject: `${schedule.name} · ${letter.period}${mark}`,
      text: letterText(letter),
      html: letterHtml(letter),
      files,
      pictures: letter.pictures,
      messageId: `<vera-${schedule.id}-${dueAt}-${runId}@vera>`,
    })
  }

  async function endStale(at: number): Promise<void> {
    for (const { run: one, scope, schedule } of await staleRuns(db, at - staleMs)) {
      if (one.sendingAt === null) {
        // Nothing had left.
        await retryRun(db, scope, one.id, at, 'el servidor se detuvo antes de enviarlo')
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
        for (const due of dueRuns(schedule, Math.max(schedule.since, lastDue ?? 0), at)) {
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
