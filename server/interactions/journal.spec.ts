import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import fc from 'fast-check'
import type { Database } from '../database/index.ts'
import { makeAgency, onEachDatabase } from '../testing/database.ts'
import type { Fact, FactBody } from './facts.ts'
import { createFactJournal } from './journal.ts'

const folder = () => mkdtempSync(join(tmpdir(), 'vera-facts-'))

/** A database that is away whenever `away()` says so. */
function flaky(db: Database, away: () => boolean): Database {
  return {
    ...db,
    transaction: (work) =>
      away() ? Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })) : db.transaction(work),
  }
}

/** One answered call, step by step. */
function story(name: string): (FactBody & { at: number })[] {
  return [
    { kind: 'interaction.created', channel: 'voice', direction: 'inbound', from: '+5493425550001', to: '0800', at: 1 },
    { kind: 'interaction.answered', at: 2 },
    {
      kind: 'stay.began',
      stayId: `s${name}`,
      queueId: 7,
      priority: 5,
      targetSeconds: 20,
      targetPercent: 80,
      shortAbandonSeconds: 5,
      at: 3,
    },
    { kind: 'offer.made', offerId: `o${name}`, stayId: `s${name}`, queueId: 7, agentId: 3, at: 4 },
    { kind: 'offer.ended', offerId: `o${name}`, outcome: 'accepted', at: 5 },
    { kind: 'stay.left', stayId: `s${name}`, outcome: 'answered', agentId: 3, at: 5 },
    { kind: 'talk.began', talkId: `t${name}`, stayId: `s${name}`, queueId: 7, agentId: 3, at: 5 },
    { kind: 'talk.hold', talkId: `t${name}`, holdMs: 10, at: 30 },
    { kind: 'talk.hold', talkId: `t${name}`, holdMs: 5, at: 40 },
    { kind: 'talk.ended', talkId: `t${name}`, at: 60 },
    { kind: 'interaction.ended', cause: 'NORMAL_CLEARING', side: 'caller', at: 61 },
  ]
}

const tables = async (db: Database) => ({
  stays: await db.knex('queue_stays').orderBy('id'),
  talks: await db.knex('talk_segments').orderBy('id'),
  offers: await db.knex('offers').orderBy('id'),
  interactions: await db.knex('interactions').orderBy('id'),
})

onEachDatabase('fact journal', (db) => {
  it('writes a call into the tables that the metrics read', async () => {
    const scope = await makeAgency(db())
    const journal = createFactJournal({ db: db(), folder: folder() })
    journal.start()
    for (const fact of story('a')) journal.record({ ...fact, agencyId: scope.agencyId, interactionId: 'ia' })
    await journal.flush()
    const [talk] = await db().knex('talk_segments').where({ id: 'ta' })
    assert.deepEqual([Number(talk.hold_ms), talk.holds, Number(talk.ended_at)], [15, 2, 60])
    const [stay] = await db().knex('queue_stays').where({ id: 'sa' })
    assert.deepEqual([stay.outcome, stay.agent_id, Number(stay.left_at)], ['answered', 3, 5])
    assert.equal(journal.pending(), 0)
    await journal.stop()
  })

  it('keeps facts on disk while the database is away, over a kill, and writes each once', async () => {
    const scope = await makeAgency(db())
    const place = folder()
    let away = true
    const first = createFactJournal({ db: flaky(db(), () => away), folder: place, retryMs: 1 })
    first.start()
    for (const fact of story('b')) first.record({ ...fact, agencyId: scope.agencyId, interactionId: 'ib' })
    await first.stop() // never reached the database
    assert.equal((await db().knex('facts').where({ interaction_id: 'ib' })).length, 0)
    away = false
    // A killed process may also have written some of them already, and half of a last line.
    const spool = readFileSync(join(place, 'facts.ndjson'), 'utf8')
    const killed = `${spool}${spool.split('\n')[0]}\n{"kind":"inter`
    for (const left of [killed, spool]) {
      writeFileSync(join(place, 'facts.ndjson'), left)
      const next = createFactJournal({ db: db(), folder: place })
      next.start()
      await next.flush()
      await next.stop()
    }
    assert.equal((await db().knex('facts').where({ interaction_id: 'ib' })).length, story('b').length)
    assert.equal(Number((await db().knex('talk_segments').where({ id: 'tb' }).first()).hold_ms), 15)
    assert.equal(readFileSync(join(place, 'facts.ndjson'), 'utf8'), '')
  })

  it('sets a poisoned fact aside without holding up the others', async () => {
    const scope = await makeAgency(db())
    const place = folder()
    const bad: Fact[] = []
    const journal = createFactJournal({ db: db(), folder: place, onRejected: (fact) => bad.push(fact) })
    journal.record({ kind: 'interaction.answered', agencyId: 999_999, interactionId: 'poison' })
    for (const fact of story('c')) journal.record({ ...fact, agencyId: scope.agencyId, interactionId: 'ic' })
    journal.start()
    await journal.flush()
    assert.deepEqual(
      bad.map((fact) => fact.interactionId),
      ['poison'],
    )
    assert.match(readFileSync(join(place, 'facts-rejected.ndjson'), 'utf8'), /poison/)
    assert.ok(await db().knex('interactions').where({ id: 'ic' }).first())
    await journal.stop()
  })
})

onEachDatabase('fact journal under any failures', (db) => {
  it('leaves the same tables as without them', async () => {
    const scope = await makeAgency(db())
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 12 }), async (failures) => {
        for (const table of ['facts', 'interactions', 'queue_stays', 'offers', 'talk_segments'])
          await db().knex(table).del()
        const plan = [...failures]
        const journal = createFactJournal({
          db: flaky(db(), () => plan.shift() ?? false),
          folder: folder(),
          retryMs: 0,
        })
        journal.start()
        for (const fact of story('p')) {
          journal.record({ ...fact, agencyId: scope.agencyId, interactionId: 'ip' })
          if (failures.length % 2) await new Promise(setImmediate)
        }
        await journal.flush()
        await journal.stop()
        const { stays, talks, offers, interactions } = await tables(db())
        assert.deepEqual([stays.length, talks.length, offers.length, interactions.length], [1, 1, 1, 1])
        assert.deepEqual(
          [Number(talks[0].hold_ms), talks[0].holds, offers[0].outcome, Number(interactions[0].ended_at)],
          [15, 2, 'accepted', 61],
        )
      }),
      { numRuns: 25 },
    )
  })
})
