import { randomUUID } from 'node:crypto'
import { originateVariables } from '../../../freeswitch/esl/index.ts'
import type { SwitchError } from '../../../freeswitch/esl/types.ts'
import { causeIn } from './causes.ts'
import type { Hand } from './hand.ts'

/** What the number itself answers, or whoever dialled it: by another line it would answer the same. All else is the line's fault. */
const final = new Set([
  ...['USER_BUSY', 'NO_ANSWER', 'NO_USER_RESPONSE', 'ALLOTTED_TIMEOUT', 'PROGRESS_TIMEOUT', 'NORMAL_CLEARING'],
  ...['UNALLOCATED_NUMBER', 'NUMBER_CHANGED', 'INVALID_NUMBER_FORMAT', 'ORIGINATOR_CANCEL', 'SWITCH_DOWN'],
])
/** SIP statuses of one who declined; the other refusals (403, no credit) are the line's. */
const declined = new Set(['603', '607', '608'])

type Dial = {
  /** Dial strings, each tried after the line of the one before failed (`|`). */
  dial: string
  seconds: number
  variables(leg: string): Parameters<typeof originateVariables>[0]
  /** The leg as it is known now. */
  leg(): string
  /** Makes another leg of it; false: nobody wants it any more. */
  renew(leg: string): boolean
}

/**
 * Dials until a leg is up and parked. Each line is a command of its own with a leg of its own: behind one `|` the switch gives all the
 * same id, under which it keeps one call record, tells the end of the first while the second rings, and may refuse the second.
 * Resolves with the cause of the last failure; undefined: it is up.
 */
export async function dialInTurn(hand: Hand, of: Dial): Promise<string | undefined> {
  const lines = of.dial.split('|')
  const until = hand.now() + of.seconds * 1000
  for (;;) {
    const line = lines.shift() as string
    const seconds = Math.max(1, Math.ceil((until - hand.now()) / 1000))
    const end = await dial(hand, line, { seconds, leg: of.leg(), more: lines.length > 0, variables: of.variables })
    if (!end) return undefined
    const goesOn = !end.final && lines.length > 0 && hand.now() < until
    if (!goesOn || !of.renew(randomUUID())) return end.cause
  }
}

/** How a try ended, and whether another line would make no difference; undefined: it is up. */
async function dial(
  hand: Hand,
  line: string,
  { leg, seconds, more, variables }: { leg: string; seconds: number; more: boolean } & Pick<Dial, 'variables'>,
): Promise<{ cause: string; final: boolean } | undefined> {
  const told = originateVariables({ origination_uuid: leg, ...variables(leg), originate_timeout: seconds })
  if (more) hand.trying.set(leg, undefined)
  try {
    const said = await hand.client.bgapi(`originate ${told}${line} &park()`, seconds * 1000 + 10_000)
    if (said.startsWith('+OK')) return undefined
    throw new Error(said)
  } catch (error) {
    const { code, message } = error as SwitchError
    // The switch is away: what became of the leg is read back when it returns.
    const cause = code === 'switch.down' ? 'SWITCH_DOWN' : causeIn(message)
    const refused = cause === 'CALL_REJECTED' && declined.has(hand.trying.get(leg) ?? '')
    return { cause, final: refused || final.has(cause) }
  } finally {
    hand.trying.delete(leg)
  }
}
