import { createSlots } from '../slots.ts'

/** So many agencies are read beside each other, whoever asks: calls want connections of the same pool. */
const slots = createSlots(4)

/** What each agency answers, in their order. */
export async function eachOf<Agency, Found>(
  agencies: readonly Agency[],
  work: (agency: Agency) => Promise<Found>,
): Promise<Found[]> {
  return Promise.all(
    agencies.map(async (agency) => {
      const left = await slots.take()
      try {
        return await work(agency)
      } finally {
        left()
      }
    }),
  )
}
