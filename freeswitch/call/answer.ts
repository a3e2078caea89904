import type { Leg } from './leg.ts'

/** Picks up. Returns when the leg is answered, or gone. */
export async function answer(leg: Leg): Promise<void> {
  await leg.session.execute('answer')
}
