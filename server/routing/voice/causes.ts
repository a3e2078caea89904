import type { OfferOutcome } from '../facts.ts'

const noAnswer = new Set([
  'NO_ANSWER',
  'NO_USER_RESPONSE',
  'ALLOTTED_TIMEOUT',
  'PROGRESS_TIMEOUT',
  'RECOVERY_ON_TIMER_EXPIRE',
])

/** What a hang-up cause of an unanswered agent's leg says of the offer. A busy phone is a failure: it should be free. */
export function outcomeOf(cause: string): Exclude<OfferOutcome, 'accepted'> {
  if (noAnswer.has(cause)) return 'no_answer'
  if (cause === 'CALL_REJECTED') return 'refused'
  if (cause === 'ORIGINATOR_CANCEL' || cause === 'LOSE_RACE') return 'caller_gone'
  return 'failed'
}

/** The cause in the text of an originate that failed: `-ERR NO_ANSWER`. */
export const causeIn = (text: string) =>
  /\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/.exec(text)?.[0] ?? 'NORMAL_TEMPORARY_FAILURE'
