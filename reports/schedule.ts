import { Cron } from 'croner'
import type { Database, Scope } from '../server/database/index.ts'
import { AppError } from '../server/http/types.ts'
import { type Letter, letterHtml, letterText, type Mailer } from './deliver.ts'
import { localDay } from './metrics/index.ts'
import { reportOf } from './reports.ts'
import { makeFile, periodText, prepare } from './run.ts'
import {
  activeSchedules,
  claimRun,
  endRun,
  type NewSchedule,
  type Period,
  periods,
  readOwner,
  type Schedule,
  staleRuns,
} from './schedule-store.ts'
import { shown, tableView } from './view.ts'
import { csvText } from './workbook/index.ts'

/** After this a run of a server that died counts as failed. */
const staleMs = 15 * 60_000
/** A run that starts later than this says so. */
const lateMs = 10 * 60_000
/** Of what fell due while everything was down, the newest so many are sent. */
const mostMissed = 7
/** A mail with more rows than this would be refused by most servers. */
const mostMailedRows = 100_000

const address = /^[^\s@<>,;:"'()[\]\\]{1,64}@[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/i

/** Checks what a person typed. Throws `AppError` 400 with every wrong field. */
export function checkSchedule(input: NewSchedule, now: number): void {
  const fields: Record<string, string> = {}
  if (input.name.trim() === '' || input.name.length > 120) fields.name = 'reports.invalid.name'
  if (!reportOf(input.report)) fields.report = 'reports.invalid.report'
  if (!periods.includes(input.parameters.period)) fields.period = 'reports.invalid.relative_period'
  if (input.format !== 'xlsx' && input.format !== 'csv') fields.format = 'reports.invalid.format'
  if (
    input.recipients.length === 0 ||
    input.recipients.length > 50 ||
    !input.recipients.every((one) => address.test(one))
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

/** What has fallen due behind `after` up to `now`, oldest first; at most the newest `mostMissed`. */
export function dueRuns(schedule: Schedule, after: number, now: number): number[] {
  const due: number[] = []
  let at: number | undefined = after
  for (let left = 20_000; left > 0; left--) {
    at = nextDue(schedule.cron, schedule.timeZone, at)
    if (at === undefined || at > now) break
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
  /** Sends one at once, beside its pattern. */
  runNow(scope: Scope, schedule: Schedule): Promise<'sent' | 'failed'>
}

export function createScheduler({ db, mailer, now = Date.now, onFailure }: SchedulerOptions): Scheduler {
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

  async function run(scope: Scope, schedule: Schedule, dueAt: number): Promise<'sent' | 'failed' | 'taken'> {
    const started = now()
    const runId = await claimRun(db, scope, schedule.id, dueAt, started)
    if (runId === undefined) return 'taken'
    try {
      await send(scope, schedule, dueAt, started)
      await endRun(db, scope, runId, { state: 'sent', now: now() })
      return 'sent'
    } catch (error) {
      const text = error instanceof AppError ? error.code : (error as Error).message
      await endRun(db, scope, runId, { state: 'failed', error: text, now: now() })
      await failed(scope, schedule, text)
      return 'failed'
    }
  }

  async function send(scope: Scope, schedule: Schedule, dueAt: number, started: number): Promise<void> {
    if (!mailer) throw new Error('no hay servidor de correo configurado (SMTP_URL)')
    const report = reportOf(schedule.report)
    if (!report) throw new Error(`el informe ${schedule.report} ya no existe`)
    const owner = await readOwner(db, scope, schedule.ownerId)
    if (!owner?.active) throw new Error('quien lo programó ya no está activo')
    const { period, ...query } = schedule.parameters
    const days = periodOf(period, dueAt, schedule.timeZone)
    const context = await prepare(db, scope, report, { ...query, ...days }, started)
    if (report.kind === 'detail' && (await report.detail.count(context)) > mostMailedRows)
      throw new Error(`son más de ${mostMailedRows} filas: descargalo desde la pantalla o achicá el período`)
    const outcome = report.kind === 'summary' ? await report.run(context) : undefined
    const file = await makeFile(context, schedule.format, { outcome })
    const first = outcome?.tables[0]
    const letter: Letter = {
      title: report.title.es,
      name: schedule.name,
      agency: context.agency,
      period: periodText(context),
      late:
        started - dueAt > lateMs
          ? `Este envío sale con demora: estaba programado para el ${csvText(dueAt, 'interval', schedule.timeZone)}.`
          : undefined,
      highlights: (outcome?.highlights ?? []).map((one) => ({
        label: one.label,
        value: shown(one.value, one.kind, context.timeZone),
      })),
      table: first && (narrow(tableView(first, context.timeZone)) as Letter['table']),
      owner: owner.name,
      fileName: file.name,
    }
    await mailer.send({
      to: schedule.recipients,
      subject: `${schedule.name} · ${letter.period}${letter.late ? ' (con demora)' : ''}`,
      text: letterText(letter),
      html: letterHtml(letter),
      file,
    })
  }

  async function tick(): Promise<number> {
    const at = now()
    for (const { run, scope, schedule } of await staleRuns(db, at - staleMs)) {
      const error = 'el servidor se detuvo en medio del envío: no se sabe si salió'
      if (await endRun(db, scope, run.id, { state: 'failed', error, now: at })) await failed(scope, schedule, error)
    }
    let made = 0
    for (const { schedule, scope, lastDue } of await activeSchedules(db)) {
      try {
        for (const due of dueRuns(schedule, Math.max(schedule.since, lastDue ?? 0), at)) {
          if ((await run(scope, schedule, due)) !== 'taken') made++
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
    async runNow(scope, schedule) {
      const result = await run(scope, schedule, now())
      return result === 'taken' ? 'sent' : result
    },
  }
}

/** The first columns only: a mail is read on a telephone. */
function narrow(view: object): object {
  const table = view as { title: string; columns: object[]; rows: { cells: object[] }[]; totals?: object[] }
  const wide = 6
  const rows = [...table.rows.slice(0, 20), ...(table.totals ? [{ cells: table.totals }] : [])]
  return {
    title: table.title,
    columns: table.columns.slice(0, wide),
    rows: rows.map((row) => ({ cells: row.cells.slice(0, wide) })),
  }
}
