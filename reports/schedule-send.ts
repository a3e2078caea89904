// One run of a schedule: its files, its mail, and how it ended.
import type { Database, Scope } from '../server/database/index.ts'
import { AppError } from '../server/http/types.ts'
import { type Bundle, makeBundle, type Wanted } from './bundle/index.ts'
import { type Letter, letterHtml, letterText, type Mailer, MailFault } from './deliver.ts'
import { englishFault, faultText } from './fault-text.ts'
import { mailWords } from './mail-words.ts'
import { ownWorkbookId } from './own-workbook/index.ts'
import { administratorsAmong, isOfPlatform, ownerSees } from './schedule-platform.ts'
import { beginSending, endRun, keepFiles, retryRun } from './schedule-runs.ts'
import { type RunKind, readAddresses, readOwner, type Schedule } from './schedule-store.ts'
import { periodOf } from './schedule-times.ts'
import { within } from './slots.ts'
import { csvText } from './workbook/index.ts'

/** A run that starts later than this says so. */
const lateMs = 10 * 60_000
/** Until the next try of what the mail server would not take for now. */
const patience = [5, 15, 60].map((minutes) => minutes * 60_000)
/** What making the files and speaking to the mail server may take at most, ms. */
export type SendLimits = { build: number; send: number }

export type SendOptions = {
  db: Database
  /** Undefined: no SMTP_URL; runs then fail and say so. */
  mailer: Mailer | undefined
  now: () => number
  /** Makes files and pictures; the platform gives one that does it in a thread. */
  bundle?: ((scope: Scope, wanted: Wanted) => Promise<Bundle>) | undefined
  /** For the links in files. */
  publicUrl?: string | undefined
  limits: SendLimits
  /** Hears of every failure, beside the owner. */
  onFailure?: ((failure: { schedule: Schedule; error: string }) => void) | undefined
}

export type Turn = {
  scope: Scope
  schedule: Schedule
  runId: number
  dueAt: number
  attempts: number
  kind: RunKind
  /** The files are made: another run may make its own. */
  built: () => void
}

export function createSending({ db, mailer, now, publicUrl, limits, onFailure, ...options }: SendOptions) {
  const bundle = options.bundle ?? ((scope: Scope, wanted: Wanted) => makeBundle(db, scope, wanted))

  async function failed(schedule: Schedule, error: string): Promise<void> {
    onFailure?.({ schedule, error })
    const owner = await readOwner(db, schedule.ownerId)
    if (!owner?.email || !owner.active) return
    const words = mailWords(owner.language)
    const reason = owner.language === 'en-US' ? englishFault(error) : error
    const said = ownerSees(owner, schedule)
      ? { subject: words.failed(schedule.name), text: words.failedText(owner.name, schedule.name, reason) }
      : { subject: words.failedUnseen, text: words.failedUnseenText(owner.name) }
    await mailer
      ?.send({ to: [owner.email], ...said })
      // The mail server itself may be the failure: the page of schedules says it then.
      .catch(() => undefined)
  }

  async function run(turn: Turn, onlyTo?: string): Promise<'sent' | 'failed' | 'retry' | 'taken'> {
    const { scope, schedule, runId, attempts, kind } = turn
    try {
      const receipt = await send(turn, onlyTo)
      if (!receipt) return 'taken'
      const { others } = receipt
      const refused = [
        ...(receipt.refused.length > 0 ? [`el servidor de correo no aceptó: ${receipt.refused.join(', ')}`] : []),
        ...(others.length > 0 ? [`no son administradores de la plataforma: ${others.join(', ')}`] : []),
      ].join('; ')
      await endRun(db, scope, runId, { state: 'sent', receipt: receipt.response, error: refused, now: now() })
      if (refused) await failed(schedule, refused)
      return 'sent'
    } catch (error) {
      const said = error instanceof AppError ? faultText(error) : (error as Error).message
      const unknown = error instanceof MailFault && error.kind === 'unknown'
      const text = unknown ? `${said}: no se sabe si salió` : said
      const wait = patience[attempts - 1]
      if (error instanceof MailFault && error.kind === 'again' && wait !== undefined && kind === 'due') {
        await retryRun(db, scope, { id: runId, attempts }, now() + wait, text)
        return 'retry'
      }
      // Else somebody ended it meanwhile, and told why.
      if (await endRun(db, scope, runId, { state: 'failed', error: text, now: now() })) await failed(schedule, text)
      return 'failed'
    }
  }

  /** To whom it goes as things stand now, and to whom it may not. @throws Error where its owner may not send it, or nobody gets it */
  async function addressed({ scope, schedule }: Pick<Turn, 'scope' | 'schedule'>, onlyTo: string | undefined) {
    const owner = await readOwner(db, schedule.ownerId)
    if (!owner?.active) throw new Error('quien lo programó ya no está activo')
    const platform = isOfPlatform(schedule)
    if (owner.role !== 'administrator' && (platform || owner.agencyId !== scope.agencyId))
      throw new Error('quien lo programó ya no es administrador de la plataforma')
    const recipients = onlyTo ? [onlyTo] : schedule.recipients
    const { to, others } = platform
      ? await administratorsAmong(db, recipients)
      : { to: await readAddresses(db, scope, recipients), others: [] }
    if (to.length === 0 && platform)
      throw new Error('no hay a quién enviarlo: ninguno de los destinatarios es administrador de la plataforma')
    if (to.length === 0) throw new Error('no hay a quién enviarlo: nadie de los grupos elegidos tiene correo')
    return { owner, to, others }
  }

  /** Undefined: another server has it. */
  async function send({ scope, schedule, runId, dueAt, attempts, kind, built }: Turn, onlyTo?: string) {
    if (!mailer) throw new Error('no hay servidor de correo configurado (SMTP_URL)')
    const { owner } = await addressed({ scope, schedule }, onlyTo)
    const { period, workingDays: _, ...query } = schedule.parameters
    const days = periodOf(period, dueAt, schedule.timeZone)
    const words = mailWords(owner.language)
    const started = now()
    const making = bundle(scope, {
      report: schedule.report,
      query: { ...query, ...days },
      format: schedule.format,
      language: owner.language,
      ...(isOfPlatform(schedule) ? { platform: true as const } : {}),
      publicUrl,
      now: started,
    })
    const { files, ...parts } = await within(
      limits.build,
      making,
      () => new Error('el informe tardó demasiado: achicá el período'),
    )
    built()
    const late =
      kind === 'sample'
        ? words.sample
        : started - dueAt > lateMs
          ? words.late(csvText(dueAt, 'interval', schedule.timeZone, owner.language))
          : undefined
    const letter: Letter = {
      ...parts,
      name: schedule.name,
      language: owner.language,
      ...(late ? { late } : {}),
      owner: owner.name,
      ...(publicUrl ? { screen: `${publicUrl}${screenOf(schedule, { ...query, ...days })}` } : {}),
      files: { names: files.map((file) => file.name).join(', ') },
    }
    // Making it took minutes: somebody may have another role by now.
    const { to, others } = await addressed({ scope, schedule }, onlyTo)
    if (attempts === 1) await keepFiles(db, scope, runId, files, started)
    const messageId = await beginSending(db, scope, { id: runId, attempts, to }, now())
    if (!messageId) return undefined
    const mark = kind === 'sample' ? words.markSample : late ? words.markLate : ''
    const mail = {
      to,
      subject: `${schedule.name} · ${letter.period}${mark}`,
      pictures: letter.pictures,
      messageId,
    }
    const post = (how: Letter, attached: typeof files) =>
      within(
        limits.send,
        mailer.send({ ...mail, text: letterText(how), html: letterHtml(how), files: attached }),
        () => new MailFault('el servidor de correo no terminó de contestar', 'unknown'),
      )
    try {
      return { ...(await post(letter, files)), others }
    } catch (error) {
      if (!(error instanceof MailFault && error.kind === 'tooLarge' && files.length > 0)) throw error
      // The server took nothing: the same mail says where its files are.
      const address = `${publicUrl ?? ''}/reports/schedules/${schedule.id}`
      const light = { ...letter, files: { ...letter.files, address } }
      return { ...(await post(light, [])), others }
    }
  }

  return { run, failed }
}

/** The report as it was mailed; of somebody's own workbook the history, which has its files. */
function screenOf({ id, report }: Schedule, query: Record<string, string>): string {
  return ownWorkbookId(report) ? `/reports/schedules/${id}` : `/reports/${report}?${new URLSearchParams(query)}`
}
