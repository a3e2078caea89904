import type { Hand } from './hand.ts'
import type { Gone } from './types.ts'

/** A citizen's leg is down while no flow holds it: the platform closes the interaction. */
export function tellGone(
  hand: Hand,
  { interactionId, agencyId }: Pick<Gone, 'interactionId' | 'agencyId'>,
  leg: string,
  cause = 'LOST',
  q850 = 0,
): void {
  hand.emit('gone', { interactionId, agencyId, leg, cause, q850, at: hand.now() })
}
