// Ids of facts that may be told twice, by the call as it happens and by the switch's record of it: each counts once.
import { createHash } from 'node:crypto'

/** Ends that were guessed because nobody knew better; a record that comes later corrects them. */
export const guessedCauses: readonly string[] = ['LOST', 'SWITCH_LOST', 'NO_RECORD']

/** The same for the same words, in the shape of a uuid (version 8: made by a rule of one's own). */
export function stableId(...words: string[]): string {
  const hex = createHash('sha256').update(JSON.stringify(words)).digest('hex')
  const variant = ((Number.parseInt(hex[16] as string, 16) & 3) | 8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** Whoever tells that an interaction began, and that it ended, tells it under this id. */
export const beginningId = (interactionId: string): string => stableId('record', 'interaction.created', interactionId)
export const endId = (interactionId: string, cause: string): string =>
  stableId(guessedCauses.includes(cause) ? 'lost' : 'record', 'interaction.ended', interactionId)
