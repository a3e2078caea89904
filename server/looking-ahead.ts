// What the supervisor's screen says beside the figures of the moment and takes longer to read: what is to be expected, and
// whether the day's data agree. Read once a minute for each agency that is looked at, never while a screen waits.
import { localDay, type Prospect, prospect, readAgency, type Seal, sealOf, startOfDay } from '../reports/index.ts'
import type { Database, Scope } from './database/index.ts'
import type { LookingAhead } from './supervision/index.ts'

const goodForMs = 60_000
/** More queues than anybody chooses from a list. */
const mostQueues = 20

export function createLookingAhead(options: { db: Database; now(): number; log(line: string): void }): LookingAhead {
  const { db, now, log } = options
  type Read = { at: number; reading: boolean; prospects: Prospect[]; seal: Seal | undefined }
  const known = new Map<number, Read>()

  async function read(scope: Scope, one: Read): Promise<void> {
    const at = now()
    const queues = await db
      .knex('queues')
      .where({ agency_id: scope.agencyId, active: true })
      .orderBy('name')
      .limit(mostQueues)
      .select('id')
    const prospects: Prospect[] = []
    for (const queueId of [0, ...queues.map(({ id }) => id as number)])
      prospects.push(await prospect(db, scope, { now: at, queueId }))
    const { timeZone } = await readAgency(db, scope)
    const from = startOfDay(localDay(at, timeZone), timeZone)
    one.seal = await sealOf(db, scope, { from, to: at }, { timeZone, now: at })
    one.prospects = prospects
  }
  return {
    of(scope) {
      const mine = known.get(scope.agencyId) ?? {
        at: Number.NEGATIVE_INFINITY,
        reading: false,
        prospects: [],
        seal: undefined,
      }
      known.set(scope.agencyId, mine)
      if (!mine.reading && now() - mine.at >= goodForMs) {
        mine.reading = true
        read(scope, mine)
          // What was read before stays, with its age.
          .catch((error: Error) => log(`supervision: looking ahead: ${error.message}`))
          .finally(() => {
            mine.reading = false
            mine.at = now()
          })
      }
      return { prospects: mine.prospects, seal: mine.seal }
    },
  }
}
