// One day of many calls on the embedded switch, counted apart:
//   node bin/run.mjs test/counted-apart/run.ts --calls 20000 --seed 7 [--database mysql://...]
import { parseArgs } from 'node:util'
import { compare, countApart, notOfTheSwitch, told } from './compare.ts'
import { midnight, startStand } from './stand.ts'

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '7' },
    database: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
})
const HOUR = 3_600_000
const days = [
  { query: 'from=2026-03-02&to=2026-03-02&interval=30m', from: midnight, to: midnight + 24 * HOUR },
  { query: 'from=2026-03-03&to=2026-03-03&interval=30m', from: midnight + 24 * HOUR, to: midnight + 48 * HOUR },
]
const asked: { at: number; day: (typeof days)[number]; told: Awaited<ReturnType<typeof told>> }[] = []
const pause = (hour: number) => ({
  hour,
  async ask(stand: Parameters<typeof told>[0]) {
    asked.push({ at: stand.clock.now(), day: days[0]!, told: await told(stand, days[0]!.query) })
  },
})
const stand = await startStand({
  calls: Number(values.calls),
  seed: Number(values.seed),
  ...(values.database ? { databaseUrl: values.database } : {}),
  pauses: [pause(10 + 7.5 / 60), pause(14 + 23 / 60)],
  log: (line) => values.verbose && console.log(line),
})
let faults = 0
try {
  for (const day of days) asked.push({ at: stand.clock.now(), day, told: await told(stand, day.query) })
  const counted = countApart(stand)
  const { calls, stays, offers, talks, dialled } = counted.day
  console.log(
    `${calls.length} calls, ${stays.length} stays, ${offers.length} offers, ${talks.length} talks, ${dialled.length} dialled out; lived in ${stand.seconds.toFixed(0)} s`,
  )
  for (const { at, day, told } of asked) {
    const { compared, differences, left } = compare(counted, told, day, 1_800_000, { at })
    console.log(
      `${new Date(day.from).toISOString().slice(0, 10)} as of ${new Date(at).toISOString()}: ${compared} figures compared, ${differences.length} differ`,
    )
    for (const one of differences.slice(0, 15)) console.log(`  ${one.where}: told ${one.told}, counted ${one.counted}`)
    for (const id of left) if (!(id in notOfTheSwitch)) console.log(`  not compared: ${id}`)
    faults += differences.length
  }
  if (faults > 0) await nameCalls(stand, counted)
  const seal = await stand.ask(`/api/reports/health?${days[0]!.query}`).catch((error) => ({ text: String(error) }))
  console.log(seal.text, JSON.stringify(seal.checks ?? []))
} finally {
  await stand.close()
}
/** The calls whose stays are not the same on both sides. */
async function nameCalls({ db }: typeof stand, { day }: ReturnType<typeof countApart>): Promise<void> {
  const text = (from: number, left: number, queue: number, outcome: string) => `${queue} ${from}-${left} ${outcome}`
  const rows = await db.knex('queue_stays').orderBy('enqueued_at')
  const told = Map.groupBy(rows, (row) => String(row.interaction_id))
  const counted = Map.groupBy(day.stays as Record<string, never>[], (one) => String(one.call))
  for (const id of new Set([...told.keys(), ...counted.keys()])) {
    const a = (told.get(id) ?? []).map((row) =>
      text(Number(row.enqueued_at), Number(row.left_at), row.queue_id, row.outcome),
    )
    const b = (counted.get(id) ?? []).map((one) => text(one.from!, one.left!, one.queue!, one.outcome!))
    if (a.join() !== b.join()) console.log(`  ${id}\n    told    ${a.join(', ')}\n    counted ${b.join(', ')}`)
  }
}
process.exitCode = faults > 0 ? 1 : 0
