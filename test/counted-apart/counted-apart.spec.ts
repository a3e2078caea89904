// A small day of what `run.ts` does with a large one; then things are damaged, and the seal must say just that.
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { noTotals } from '../../reports/metrics/index.ts'
import { addBlock, packBlock } from '../../reports/rollups/block.ts'
import type { KeyedTotals } from '../../reports/rollups/index.ts'
import { scopeOf } from '../../server/database/index.ts'
import { compare, countApart, notOfTheSwitch, reportIds, told } from './compare.ts'
import { midnight, type Stand, startStand } from './stand.ts'

const HOUR = 3_600_000
const monday = { from: midnight, to: midnight + 24 * HOUR }
const query = 'from=2026-03-02&to=2026-03-02&interval=30m'
type Seal = {
  state: string
  text: string
  checks: { id: string; label: string; compared: number; wrong: number; href?: string }[]
}

describe('a day counted apart', { timeout: 900_000 }, () => {
  it('every figure is the one counted from the switch’s records, and the seal says what was damaged', async (t) => {
    const early: { at: number; told: Awaited<ReturnType<typeof told>> }[] = []
    const stand = await startStand({
      calls: 350,
      seed: 11,
      pauses: [
        {
          hour: 11.4,
          async ask(now) {
            early.push({ at: now.clock.now(), told: await told(now, query) })
          },
        },
      ],
    })
    try {
      const asked = [...early, { at: stand.clock.now(), told: await told(stand, query) }]
      const counted = countApart(stand)
      assert.ok(counted.day.calls.length === 350 && counted.day.talks.length > 150, 'a day of calls was lived')
      const ways = new Set(
        counted.day.stays.map((one: { outcome: string; reason: string }) => one.reason || one.outcome),
      )
      // Which of the rare ones a small day has depends on who comes first where two orders meet in one instant.
      for (const way of ['answered', 'abandoned']) assert.ok(ways.has(way), `${way}: ${[...ways]}`)
      assert.ok(ways.size >= 3, `${[...ways]}`)
      for (const one of asked) {
        const { compared, differences, left } = compare(counted, one.told, monday, HOUR / 2, { at: one.at })
        assert.deepEqual(differences, [])
        assert.ok(compared > 1_000, `${compared} figures`)
        assert.deepEqual(
          [...left].filter((id) => !(id in notOfTheSwitch)),
          [],
        )
      }
      assert.deepEqual(Object.keys(asked[0]!.told), [...reportIds])
      // A counter that agrees with everything would prove nothing.
      counted.day.stays.pop()
      assert.ok(compare(counted, asked.at(-1)!.told, monday, HOUR / 2).differences.length > 0)
      await damage(t, stand)
    } finally {
      await stand.close()
    }
  })
})

type Test = { test(name: string, run: () => Promise<void>): Promise<void> }

async function damage(t: Test, stand: Stand): Promise<void> {
  const { db, platform } = stand
  const { knex } = db
  await platform.rooms.rollups.run()
  const seal = (): Promise<Seal> => stand.ask(`/api/reports/health?${query}`)
  const check = ({ checks }: Seal, id: string) => checks.find((one) => one.id === id)!
  const whole = await seal()
  const calls = check(whole, 'records').compared

  await t.test('nothing is unexplained', async () => {
    assert.equal(whole.text, `${calls} llamadas, 0 sin explicar, ninguna grabación falta`)
    assert.equal(whole.state, 'good')
    assert.ok(calls > 300 && check(whole, 'recordings').compared > 10 && check(whole, 'rollups').compared > 20)
  })

  await t.test('a call whose record never came', async () => {
    const [row] = await knex('call_records').where({ role: 'caller' }).orderBy('started_at').offset(100).limit(1)
    await knex('call_records').where({ uuid: row.uuid }).del()
    const found = await seal()
    assert.equal(found.state, 'bad')
    assert.match(found.text, /^\d+ llamadas, 1 sin explicar, ninguna grabación falta$/)
    const page = await stand.page(check(found, 'records').href!)
    assert.ok(page.includes(`/interactions/${row.interaction_id}`) || page.includes(row.from_address), 'listed')
    await knex('call_records').insert(row)
    assert.equal((await seal()).text, whole.text)
  })

  await t.test('a call that the facts lost', async () => {
    const [row] = await knex('interactions').orderBy('created_at').offset(120).limit(1)
    await knex('interactions').where({ id: row.id }).del()
    const found = await seal()
    assert.match(found.text, / 1 sin explicar, 1 total no cierra/)
    assert.ok((await stand.page(check(found, 'records').href!)).includes(row.from_address), 'listed')
    assert.match(check(found, 'rollups').label, /Recibidas: \d+ en los totales, \d+ en los hechos/)
    await knex('interactions').insert(row)
    assert.equal((await seal()).text, whole.text)
  })

  await t.test('a stay that the facts lost', async () => {
    const [row] = await knex('queue_stays')
      .where({ outcome: 'abandoned' })
      .where('enqueued_at', '<', monday.to)
      .limit(1)
    await knex('queue_stays').where({ id: row.id }).del()
    const found = await seal()
    assert.equal(found.state, 'bad')
    assert.match(found.text, /0 sin explicar, 2 totales no cierran/)
    const { label, href } = check(found, 'rollups')
    assert.match(label, /Perdidas \(abandonadas\): \d+ en los totales, \d+ en los hechos/)
    assert.match(await stand.page(href!), /Perdidas \(abandonadas\)/)
    await knex('queue_stays').insert(row)
    assert.equal((await seal()).text, whole.text)
  })

  await t.test('a total that was changed by hand', async () => {
    const where = { size: 'day', family: 'queue', begins_at: midnight, block: 0 }
    const row = await knex('interval_blocks').where(where).first()
    const keys: KeyedTotals[] = []
    addBlock(row, midnight, (subject, queueId, label) => {
      const one = { subject, queueId, label, totals: noTotals() }
      keys.push(one)
      return one.totals
    })
    const { sums } = keys[0]!.totals
    sums.answered = (sums.answered ?? 0) + 3
    await knex('interval_blocks').where(where).update(packBlock(keys))
    const found = await seal()
    assert.match(found.text, /1 total no cierra/)
    assert.match(check(found, 'rollups').label, /Contestadas: \d+ en los totales, \d+ en los hechos/)
    await platform.rooms.rollups.rebuild(scopeOf(row.agency_id))
    assert.equal((await seal()).text, whole.text)
  })

  await t.test('a recording whose file is gone, once the night has looked', async () => {
    const [row] = await knex('recordings').where('started_at', '<', monday.to).limit(1)
    await rm(row.path)
    const { recordings } = platform.rooms
    const scope = scopeOf(row.agency_id)
    await recordings.runNow(scope, 'verify', stand.centre.supervisorId)
    while ((await recordings.runs.list(scope)).some((run) => run.state === 'running')) await turn()
    const found = await seal()
    assert.equal(found.state, 'warning')
    assert.match(found.text, /1 grabación no pasó la verificación$/)
    assert.equal(check(found, 'verified').wrong, 1)
    assert.ok((await stand.page(check(found, 'verified').href!)).includes(row.id), 'listed')
  })
}
