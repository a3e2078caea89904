import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, it } from 'node:test'
import type { Database, Scope } from '../database/index.ts'
import { createFactJournal, type FactBody } from '../interactions/index.ts'
import { makeAgency, onEachDatabase } from '../testing/database.ts'
import { type CallRecordsOptions, createCallRecords, type SwitchesNow } from './index.ts'
import { callerRecord, sampleRecord } from './sample.ts'

const folders: string[] = []
after(() => {
  for (const path of folders) rmSync(path, { recursive: true, force: true })
})
const fresh = (name: string) => {
  const path = mkdtempSync(join(tmpdir(), `vera-${name}-`))
  folders.push(path)
  return path
}
const t0 = Date.UTC(2026, 10, 23, 15)
let serial = 0
const newId = (name: string) => `${name}-${++serial}`

/** A platform's half: its journal, its importer and a clock that only the test moves. */
async function bench(db: Database, more: Partial<CallRecordsOptions> = {}) {
  const clock = { at: t0 }
  for (const table of ['call_records', 'switch_runs', 'interactions']) await db.knex(table).delete()
  const scope = await makeAgency(db)
  const cdrDir = fresh('cdr')
  const facts = createFactJournal({ db, folder: fresh('journal'), clock: { now: () => clock.at } })
  const records = createCallRecords({
    db,
    facts,
    cdrDir,
    now: () => clock.at,
    agencyOf: async () => ({ id: scope.agencyId, known: true }),
    ...more,
  })
  const put = (value: { variables: { uuid: string } }, folder = cdrDir) =>
    writeFileSync(join(folder, `${value.variables.uuid}.cdr.json`), JSON.stringify(value))
  const live = (interactionId: string, at: number, body: FactBody) =>
    facts.record({ ...body, agencyId: scope.agencyId, interactionId, at })
  /** Everything imported and settled. */
  const settle = async () => {
    await records.pass()
    clock.at += 11_000
    const state = await records.pass()
    assert.equal(state.fault, undefined)
    await facts.flush()
  }
  const row = (table: string, where: object) => db.knex(table).where(where).first()
  /** A look that was asked for must not settle the next test's records. */
  const stop = async () => {
    await records.stop()
    await facts.stop()
  }
  return { clock, scope, cdrDir, facts, records, put, live, settle, row, db, stop }
}
const created = { kind: 'interaction.created', channel: 'voice', direction: 'inbound', from: '1', to: '2' } as const
const stay = { queueId: 5, priority: 5, targetSeconds: 20, targetPercent: 80, shortAbandonSeconds: 5 }
const count = async (db: Database, table: string, where: object) =>
  Number((await db.knex(table).where(where).count({ n: '*' }))[0]!.n)

onEachDatabase('call records', (database) => {
  it('fill in a call that came while the platform was down', async () => {
    const b = await bench(database())
    const id = newId('missed')
    await b.db.knex('users').insert({
      ...{ agency_id: b.scope.agencyId, username: newId('u'), name: 'Ana Ruiz', role: 'agent', extension: '1001' },
      ...{ password_hash: '', active: true, language: 'es', created_at: 0 },
    })
    const times = { start: t0 - 50_000, answer: t0 - 49_000, end: t0 - 5_000 }
    b.put(callerRecord({ uuid: id, ...times, bridge: t0 - 30_000, variables: { vera_fallback: 'true' } }))
    const ring = { dialed_user: '1001', originating_leg_uuid: id }
    const leg = { direction: 'outbound' as const, start: t0 - 31_000, end: t0 - 5_000, variables: ring }
    b.put(sampleRecord({ uuid: newId('ring'), ...leg, answer: t0 - 30_000, bridge: t0 - 30_000 }))
    b.put(sampleRecord({ uuid: newId('ring'), ...leg, cause: 'LOSE_RACE' }))
    await b.settle()
    const row = await b.row('interactions', { id })
    assert.equal(Number(row.created_at), times.start)
    assert.equal(Number(row.answered_at), times.answer)
    assert.equal(Number(row.ended_at), times.end)
    assert.deepEqual([row.hangup_cause, Boolean(row.filled), Boolean(row.alarm)], ['NORMAL_CLEARING', true, true])
    const steps = await b.db.knex('facts').where({ interaction_id: id, kind: 'interaction.step' }).orderBy('at')
    assert.deepEqual(
      steps.map(({ body }) => JSON.parse(body)).map(({ name, detail, source }) => [name, detail, source]),
      [
        ['fallback', undefined, 'cdr'],
        ['fallback_talk', 'Ana Ruiz (1001)', 'cdr'],
      ],
    )
    const before = await count(b.db, 'facts', {})
    await b.settle()
    assert.equal(await count(b.db, 'facts', {}), before, 'twice changes nothing')
    await b.stop()
  })

  it('tell of the lines that were taken to call somebody back or on, each once', async () => {
    const b = await bench(database())
    const id = newId('call')
    b.live(id, t0, created)
    const out = (name: string, more: object, variables: object = {}) =>
      sampleRecord({
        ...{ uuid: newId(name), direction: 'outbound', start: t0 + 5_000, end: t0 + 9_000, context: 'vera', ...more },
        variables: {
          ...{ vera_interaction: id, vera_agency: String(b.scope.agencyId), sip_gateway_name: 'norte', ...variables },
        },
      })
    b.put(out('back', { answer: t0 + 6_000 }, { vera_callback: 'x' }))
    b.put(out('on', { cause: 'USER_BUSY' }, { vera_consult: 'x' }))
    // A phone of ours, and an interaction that began with dialling: that leg is the interaction.
    b.put(out('phone', { answer: t0 + 6_000 }, { sip_gateway_name: '' }))
    b.put(
      callerRecord({
        uuid: newId('own'),
        direction: 'outbound',
        start: t0,
        end: t0 + 1_000,
        variables: { sip_gateway_name: 'norte' },
      }),
    )
    await b.settle()
    const legs = await b.db.knex('dialled_legs').where({ interaction_id: id }).orderBy('answered_at', 'desc')
    assert.deepEqual(
      legs.map((leg) => [leg.gateway, Number(leg.dialled_at), Number(leg.answered_at), Number(leg.ended_at)]),
      [
        ['norte', t0 + 5_000, t0 + 6_000, t0 + 9_000],
        ['norte', t0 + 5_000, 0, t0 + 9_000],
      ],
    )
    assert.equal(Boolean((await b.row('interactions', { id })).filled), false, 'nothing was missing')
    assert.equal(await count(b.db, 'dialled_legs', { agency_id: b.scope.agencyId }), 2)
    await b.stop()
  })

  it('close what a killed platform left open, at the time of the record', async () => {
    const b = await bench(database())
    const [id, offer, waiting] = [newId('call'), newId('offer'), newId('stay')]
    b.live(id, t0, created)
    b.live(id, t0 + 1_000, { kind: 'stay.began', stayId: waiting, ...stay })
    b.live(id, t0 + 2_000, { kind: 'offer.made', offerId: offer, stayId: waiting, queueId: 5, agentId: 3 })
    b.clock.at = t0 + 60_000
    b.put(callerRecord({ uuid: id, start: t0, end: t0 + 9_000, cause: 'ORIGINATOR_CANCEL' }))
    await b.settle()
    const call = await b.row('interactions', { id })
    assert.deepEqual(
      [Number(call.ended_at), call.hangup_cause, call.hangup_side],
      [t0 + 9_000, 'ORIGINATOR_CANCEL', 'caller'],
    )
    const left = await b.row('queue_stays', { id: waiting })
    assert.deepEqual([Number(left.left_at), left.outcome], [t0 + 9_000, 'abandoned'])
    const made = await b.row('offers', { id: offer })
    assert.deepEqual([Number(made.ended_at), made.outcome], [t0 + 9_000, 'caller_gone'])
    await b.stop()
  })

  it('book the talk that began in the moment the platform died, and end it with the agent’s leg', async () => {
    const b = await bench(database())
    const [id, offer, waiting] = [newId('call'), newId('offer'), newId('stay')]
    b.live(id, t0, created)
    b.live(id, t0 + 1_000, { kind: 'stay.began', stayId: waiting, ...stay })
    b.live(id, t0 + 2_000, { kind: 'offer.made', offerId: offer, stayId: waiting, queueId: 5, agentId: 3 })
    b.clock.at = t0 + 60_000
    const variables = {
      ...{ vera_offer: offer, vera_agent: '3', vera_interaction: id, vera_caller: id, vera_stay: waiting },
      ...{ vera_agency: String(b.scope.agencyId), vera_queue: '5' },
    }
    const leg = { uuid: offer, direction: 'outbound' as const, start: t0 + 2_000, answer: t0 + 4_000, variables }
    b.put(sampleRecord({ ...leg, bridge: t0 + 4_100, end: t0 + 20_000 }))
    b.put(callerRecord({ uuid: id, start: t0, end: t0 + 25_000 }))
    await b.settle()
    const talk = await b.row('talk_segments', { id: offer })
    assert.deepEqual(
      [Number(talk.answered_at), Number(talk.ended_at), talk.agent_id, talk.stay_id],
      [t0 + 4_100, t0 + 20_000, 3, waiting],
    )
    const left = await b.row('queue_stays', { id: waiting })
    assert.deepEqual([left.outcome, Number(left.left_at), left.agent_id], ['answered', t0 + 4_100, 3])
    assert.equal((await b.row('offers', { id: offer })).outcome, 'accepted')
    await b.stop()
  })

  it('leave alone what the facts have, and wait for facts that are late', async () => {
    const b = await bench(database())
    const [seen, late] = [newId('seen'), newId('late')]
    b.live(seen, t0, created)
    b.live(seen, t0 + 5_000, { kind: 'interaction.ended', cause: 'NORMAL_CLEARING', side: 'caller' })
    b.put(callerRecord({ uuid: seen, start: t0 - 40, end: t0 + 5_100 }))
    b.put(callerRecord({ uuid: late, start: t0 - 40, end: t0 + 5_100 }))
    await b.records.pass()
    b.live(late, t0, created)
    b.live(late, t0 + 5_000, { kind: 'interaction.ended', cause: 'NORMAL_CLEARING', side: 'platform' })
    await b.settle()
    for (const id of [seen, late]) {
      const row = await b.row('interactions', { id })
      assert.deepEqual([Number(row.ended_at), Boolean(row.filled)], [t0 + 5_000, false])
      assert.equal((await b.row('call_records', { uuid: id })).state, 'joined')
    }
    await b.stop()
  })

  it('correct an end that was only guessed', async () => {
    const b = await bench(database())
    const id = newId('guess')
    b.live(id, t0, created)
    b.live(id, t0 + 90_000, { kind: 'interaction.ended', cause: 'LOST', side: 'switch' })
    b.clock.at = t0 + 100_000
    b.put(callerRecord({ uuid: id, start: t0, end: t0 + 30_000 }))
    await b.settle()
    const row = await b.row('interactions', { id })
    assert.deepEqual([Number(row.ended_at), row.hangup_cause], [t0 + 30_000, 'NORMAL_CLEARING'])
    await b.stop()
  })

  it('are imported once, moved to the day’s folder, from the folder of each switch', async () => {
    const b = await bench(database())
    const node = join(b.cdrDir, 'fs2')
    mkdirSync(node)
    const id = newId('once')
    const file = callerRecord({ uuid: id, start: t0 - 9_000, end: t0 })
    b.put(file, node)
    await b.records.pass()
    b.put(file, node)
    b.put(file)
    await b.records.pass()
    const rows = await b.db.knex('call_records').where({ uuid: id })
    assert.equal(rows.length, 1)
    assert.equal(rows[0].switch_node, 'fs2')
    assert.deepEqual(readdirSync(node), ['done'])
    assert.ok(existsSync(join(node, 'done', '2026-11-23', `${id}.cdr.json`)))
    assert.deepEqual(b.records.state(), { ...b.records.state(), imported: 1, repeated: 2, broken: 0 })
    await b.stop()
  })

  it('that are half written are awaited, broken ones set aside, and tried again on demand', async () => {
    const alarms: string[] = []
    const b = await bench(database(), { alarm: ({ code }) => alarms.push(code) })
    const id = newId('half')
    const whole = JSON.stringify(callerRecord({ uuid: id, start: t0 - 9_000, end: t0 }))
    const path = join(b.cdrDir, `${id}.cdr.json`)
    const seconds = t0 / 1000
    writeFileSync(path, whole.slice(0, 200))
    utimesSync(path, seconds, seconds)
    assert.equal((await b.records.pass()).awaited, 1)
    assert.ok(existsSync(path))
    b.clock.at += 31_000
    assert.equal((await b.records.pass()).broken, 1)
    const [broken] = await b.records.broken()
    assert.deepEqual([broken?.reason, broken?.name, broken?.at], ['not_json', `${id}.cdr.json`, t0 + 31_000])
    assert.deepEqual(alarms, ['call_records.broken'])
    assert.equal(await b.records.retry('/../../etc/passwd'), false)
    assert.equal(await b.records.retry('../broken/x'), false)
    writeFileSync(join(b.cdrDir, 'broken', `${id}.cdr.json`), whole)
    assert.equal(await b.records.retry(broken!.key), true)
    assert.equal((await b.records.pass()).imported, 1)
    assert.deepEqual(await b.records.broken(), [])
    await b.stop()
  })

  it('survive a database that goes away in the middle: the file stays until the row is there', async () => {
    const db = database()
    let away = true
    const flaky: Database = {
      ...db,
      transaction: (work) =>
        away ? Promise.reject(Object.assign(new Error('gone'), { code: 'ECONNREFUSED' })) : db.transaction(work),
      ping: () => (away ? Promise.reject(new Error('gone')) : db.ping()),
    }
    const b = await bench(db, { db: flaky })
    const id = newId('away')
    b.put(callerRecord({ uuid: id, start: t0 - 9_000, end: t0 }))
    assert.equal((await b.records.pass()).fault, 'gone')
    assert.deepEqual(readdirSync(b.cdrDir), [`${id}.cdr.json`])
    away = false
    assert.equal((await b.records.pass()).fault, undefined)
    assert.equal(await count(db, 'call_records', { uuid: id }), 1)
    await b.stop()
  })

  it('of a switch that was restarted never come: what it held is closed, what lives is not', async () => {
    const [held, lives, served] = [newId('held'), newId('lives'), newId('served')]
    let core = newId('core')
    let legs = new Set([held, lives])
    const switches = async (): Promise<SwitchesNow> => ({ all: true, now: [{ node: 'fs1', coreUuid: core, legs }] })
    const b = await bench(database(), { switches, isLive: (id) => id === served })
    const talk = newId('talk')
    for (const id of [held, lives, served]) b.live(id, t0 - 60_000, created)
    b.live(held, t0 - 50_000, { kind: 'talk.began', talkId: talk, agentId: 3 })
    await b.records.pass()
    await b.facts.flush()
    core = newId('core')
    legs = new Set([lives])
    b.clock.at = t0 + 5_000
    await b.records.pass()
    assert.equal((await b.row('interactions', { id: held })).ended_at, null, 'files may still come')
    b.clock.at = t0 + 30_000
    await b.records.pass()
    const row = await b.row('interactions', { id: held })
    assert.deepEqual([Number(row.ended_at), row.hangup_cause, Boolean(row.filled)], [t0, 'SWITCH_LOST', true])
    assert.equal(Number((await b.row('talk_segments', { id: talk })).ended_at), t0)
    for (const id of [lives, served]) assert.equal((await b.row('interactions', { id })).ended_at, null)
    // A record that got through after all knows better.
    b.put(callerRecord({ core: 'old', uuid: held, start: t0 - 60_000, end: t0 - 10_000 }))
    await b.settle()
    assert.equal(Number((await b.row('interactions', { id: held })).ended_at), t0 - 10_000)
    await b.stop()
  })

  it('that got lost do not leave a call open for ever', async () => {
    const id = newId('orphan')
    const b = await bench(database(), { switches: async () => ({ all: true, now: [] }) })
    b.live(id, t0, created)
    b.live(id, t0 + 4_000, { kind: 'interaction.answered' })
    await b.facts.flush()
    for (const minutes of [1, 5, 9]) {
      b.clock.at = t0 + minutes * 60_000
      await b.records.pass()
      assert.equal((await b.row('interactions', { id })).ended_at, null)
    }
    b.clock.at = t0 + 12 * 60_000
    await b.records.pass()
    const row = await b.row('interactions', { id })
    assert.deepEqual([Number(row.ended_at), row.hangup_cause], [t0 + 4_000, 'NO_RECORD'])
    await b.stop()
  })

  it('say nothing of the work after a call: what the agent did next ends it', async () => {
    const [id, cut, going] = [newId('handled'), newId('cut'), newId('going')]
    const b = await bench(database())
    await b.db.knex('agent_states').delete()
    b.live(id, t0, created)
    b.live(id, t0 + 1_000, { kind: 'wrap_up.began', wrapUpId: cut, talkId: newId('talk'), agentId: 3 })
    b.live(id, t0 + 2_000, { kind: 'wrap_up.began', wrapUpId: going, talkId: newId('talk'), agentId: 4 })
    await b.facts.flush()
    const then = { agency_id: b.scope.agencyId, ended_at: null }
    await b.db.knex('agent_states').insert([
      { id: newId('s'), ...then, agent_id: 3, state: 'wrap_up', began_at: t0 + 1_001 },
      { id: newId('s'), ...then, agent_id: 3, state: 'available', began_at: t0 + 9_000 },
      { id: newId('s'), ...then, agent_id: 4, state: 'wrap_up', began_at: t0 + 2_001 },
    ])
    b.clock.at = t0 + 300_000
    await b.settle()
    assert.equal(Number((await b.row('wrap_ups', { id: cut })).ended_at), t0 + 9_000)
    assert.equal((await b.row('wrap_ups', { id: going })).ended_at, null)
    assert.equal((await b.row('interactions', { id })).ended_at, null)
    await b.stop()
  })

  it('do not end a callback that began before the call that asked for it was down', async () => {
    const id = newId('asked')
    const [asked, own, back] = [newId('stay'), newId('own'), newId('back')]
    const b = await bench(database(), { measure: async () => undefined })
    b.live(id, t0, created)
    b.live(id, t0 + 1_000, { kind: 'stay.began', stayId: asked, ...stay })
    b.live(id, t0 + 2_000, { kind: 'offer.made', offerId: own, stayId: asked, queueId: 5, agentId: 3 })
    b.live(id, t0 + 5_000, { kind: 'stay.left', stayId: asked, outcome: 'callback' })
    b.live(id, t0 + 6_000, { kind: 'offer.made', offerId: back, stayId: asked, queueId: 5, agentId: 4 })
    b.live(id, t0 + 7_000, { kind: 'talk.began', talkId: back, stayId: asked, queueId: 5, agentId: 4 })
    const recording = {
      kind: 'recording.expected',
      recordingId: back,
      recordingKind: 'call',
      path: 'a/back.wav',
    } as const
    b.live(id, t0 + 7_000, recording)
    b.live(id, t0 + 9_000, { kind: 'interaction.ended', cause: 'NORMAL_CLEARING', side: 'caller' })
    await b.facts.flush()
    b.clock.at = t0 + 300_000
    await b.settle()
    assert.equal(
      Number((await b.row('offers', { id: own })).ended_at),
      t0 + 9_000,
      'what was left open of the call itself',
    )
    for (const table of ['offers', 'talk_segments'])
      assert.equal((await b.row(table, { id: back })).ended_at, null, table)
    assert.equal((await b.row('recordings', { id: back })).closed_at, null)
    await b.stop()
  })

  it('are reconciled with the facts', async () => {
    const b = await bench(database())
    const [both, missed, lost] = [newId('both'), newId('missed'), newId('lost')]
    const range = { from: t0 - 3_600_000, to: t0 + 3_600_000 }
    b.put(callerRecord({ uuid: both, start: t0 - 100_000, end: t0 - 50_000 }))
    b.put(callerRecord({ uuid: missed, start: t0 - 90_000, end: t0 - 50_000 }))
    b.put(sampleRecord({ uuid: newId('refused'), start: t0 - 80_000, end: t0 - 80_000, cause: 'CALL_REJECTED' }))
    b.live(both, t0 - 100_000, created)
    b.live(both, t0 - 50_000, { kind: 'interaction.ended', cause: 'NORMAL_CLEARING', side: 'caller' })
    b.live(lost, t0 - 70_000, created)
    await b.settle()
    const other: Scope = await makeAgency(b.db)
    const nothing = await b.records.reconciliation(other, range)
    assert.deepEqual([nothing.records, nothing.facts], [0, 0])
    const found = await b.records.reconciliation(b.scope, range)
    const { records, facts, both: joined, onlyRecords, onlyFacts, refused, filled, pending } = found
    assert.deepEqual(
      { records, facts, joined, onlyRecords, onlyFacts, refused, filled, pending },
      { records: 2, facts: 3, joined: 2, onlyRecords: 0, onlyFacts: 1, refused: 1, filled: 1, pending: 1 },
    )
    const lists = await b.records.differences(b.scope, range)
    assert.deepEqual(
      lists.onlyFacts.map(({ id, reason }) => [id, reason]),
      [[lost, 'going_on']],
    )
    assert.deepEqual(
      lists.filled.map((one: { id: string }) => one.id),
      [missed],
    )
    await b.stop()
  })
})
