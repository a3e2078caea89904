import type { Database } from '../../server/database/index.ts'
import { type Mailer, MailFault } from '../deliver.ts'
import { mailWords } from '../mail-words.ts'
import { ownerSees } from '../schedule-platform.ts'
import { readOwner, readSchedule } from '../schedule-store.ts'
import { within } from '../slots.ts'
import { csvText } from '../workbook/index.ts'
import type { Mailbox } from './mailbox.ts'
import { type NoticeOf, readNotification } from './notification.ts'
import { reasonOf } from './reason.ts'
import { claimTelling, findRun, markBounce, type Untold, untell, untold } from './store.ts'

const everyMs = 5 * 60_000
const lookBackMs = 7 * 86_400_000

export type BouncesOptions = {
  db: Database
  mailer: Mailer | undefined
  /** Undefined: no IMAP_URL; nothing is read and the page says so. */
  mailbox: Mailbox | undefined
  now: () => number
  log(line: string): void
  /** What one look may take, ms. */
  passMs?: number | undefined
}
/** `fault`: why the last look could not read, in Spanish. */
export type BouncesState = { reads: boolean; readAt: number | undefined; fault: string | undefined }
export type Bounces = ReturnType<typeof createBounces>

/**
 * Reads the mailbox that reports are sent from for notifications that one of them could not be delivered, marks it in the run's
 * history and tells the owner once. Every server may read: the mark's key makes it one.
 */
export function createBounces({ db, mailer, mailbox, now, log, passMs = 4 * 60_000 }: BouncesOptions) {
  const state: BouncesState = { reads: mailbox !== undefined, readAt: undefined, fault: undefined }
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void> | undefined

  async function take(source: Buffer): Promise<void> {
    const notification = await readNotification(source)
    const found = notification && (await findRun(db, notification.run))
    if (!notification || !found) return
    const { scope, sentTo } = found
    for (const one of notification.recipients) {
      const recipient = recipientOf(one, sentTo)
      // Only where it went to: of a run there are never more rows than that.
      if (recipient !== undefined) await markBounce(db, scope, notification.run.runId, recipient, one, now())
    }
  }

  async function tell(one: Untold): Promise<void> {
    const schedule = await readSchedule(db, one.scope, one.scheduleId)
    const owner = schedule && (await readOwner(db, schedule.ownerId))
    if (!mailer) return
    const ours = await claimTelling(db, one, now())
    // Nobody to tell: the page has it, and it is not asked again.
    if (ours.length === 0 || !schedule || !owner?.email || !owner.active || !ownerSees(owner, schedule)) return
    // In our words alone: what the far server said is on the page, not in a mail of ours.
    const { name, email, language } = owner
    const lines = ours.map(({ recipient, status }) => `- ${recipient}: ${reasonOf(status, language)}.`)
    const words = mailWords(language)
    const due = csvText(one.dueAt, 'interval', schedule.timeZone, language)
    try {
      await mailer.send({
        to: [email],
        subject: words.bounced(schedule.name, ours.length === 1 ? ours[0]!.recipient : ours.length),
        text: words.bouncedText(name, schedule.name, due, lines.join('\n')),
      })
    } catch (error) {
      // Told twice is worse than told by the page alone.
      if (error instanceof MailFault && error.kind === 'again') await untell(db, one.scope, one.runId, ours)
    }
  }

  async function look(): Promise<void> {
    if (!mailbox) return
    try {
      const reading = mailbox.read(take)
      try {
        await within(passMs, reading, () => new Error('la casilla tarda demasiado'))
      } catch (error) {
        // Nothing of this look goes on beside the next.
        mailbox.close()
        await reading.catch(() => {})
        throw error
      }
      state.readAt = now()
      state.fault = undefined
    } catch (error) {
      const { message } = error as Error
      if (message !== state.fault) log(`bounces: ${message}`)
      state.fault = message
    }
    for (const one of await untold(db, now() - lookBackMs))
      await tell(one).catch((error: Error) => log(`bounces: run ${one.runId}: ${error.message}`))
  }

  const guarded = () => {
    looking ??= look()
      .catch((error: Error) => log(`bounces: ${error.message}`))
      .finally(() => {
        looking = undefined
      })
    return looking
  }

  return {
    look: guarded,
    state: (): BouncesState => ({ ...state }),
    start() {
      if (!mailbox) return
      timer ??= setInterval(guarded, everyMs).unref()
      void guarded()
    },
    async stop() {
      clearInterval(timer)
      timer = undefined
      mailbox?.close()
      await looking
    },
  }
}

/** The address that we wrote to: as the server was given it, else where it ended, else the only one there was. Undefined: none of ours. */
function recipientOf({ original, final }: NoticeOf, sentTo: readonly string[]): string | undefined {
  const ours = sentTo.map((one) => one.toLowerCase())
  const found = [original, final].find((one) => one !== undefined && ours.includes(one))
  return found ?? (ours.length === 1 ? ours[0] : undefined)
}
