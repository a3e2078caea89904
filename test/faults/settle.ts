import { join } from 'node:path'
import { createCallRecords } from '../../server/call-records/index.ts'
import { openDatabase } from '../../server/database/index.ts'
import { createFactJournal } from '../../server/interactions/index.ts'
import { measureRecording } from '../../server/routing/index.ts'

/**
 * What the platform would have made of the switch's records an hour after the run: its importer, with a clock that is moved
 * instead of waited for, and a switch on which no leg lives any more. Both must be down.
 */
export async function settle(given: { home: string; cdrDir: string; databaseUrl: string }): Promise<void> {
  const db = openDatabase(given.databaseUrl)
  let now = Date.now()
  const facts = createFactJournal({ db, folder: join(given.home, 'facts'), clock: { now: () => now } })
  const run = await db.knex('switch_runs').first('node')
  const agency = await db.knex('agencies').first('id')
  const records = createCallRecords({
    db,
    facts,
    cdrDir: given.cdrDir,
    agencyOf: async () => ({ id: agency.id, known: true }),
    switches: async () => ({
      all: true,
      now: [{ node: run?.node ?? 'vera', coreUuid: 'afterwards', legs: new Set<string>() }],
    }),
    measure: measureRecording,
    now: () => now,
  })
  try {
    for (let minutes = 0; minutes <= 60; minutes += 4) {
      const { fault } = await records.pass()
      if (fault) throw new Error(`the records could not be settled: ${fault}`)
      now += 4 * 60_000
    }
  } finally {
    await facts.stop()
    await db.close()
  }
}
