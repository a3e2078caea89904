import { createSlots } from '../slots.ts'

/** So many agencies are read beside each other, whoever asks: calls want connections of the same pool. */
const most = 4
const slots = createSlots(most)

/** What each agency answers, in their order. After a failure no other is begun. */
export async function eachOf<Agency, Found>(
  agencies: readonly Agency[],
  work: (agency: Agency) => Promise<Found>,
): Promise<Found[]> {
  const found: Found[] = []
  let next = 0
  let failed = false
  const some = async () => {
    for (let at = next++; at < agencies.length && !failed; at = next++) {
      const left = await slots.take()
      try {
        if (!failed) found[at] = await work(agencies[at] as Agency)
      } catch (error) {
        failed = true
        throw error
      } finally {
        left()
      }
    }
  }
  // One fewer: a report need not wait behind a comparison of all.
  await Promise.all(Array.from({ length: most - 1 }, some))
  return found
}
