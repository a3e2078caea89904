import assert from 'node:assert/strict'
import { it } from 'node:test'
import { makeAgency, onEachDatabase } from '../../../server/testing/database.ts'
import { fillCentre } from '../../testing/centre.ts'
import { simulateSkills } from '../skills-simulation.ts'
import { type Question, type Result, withTwo } from './question.ts'
import { createSimulations } from './simulations.ts'
import { latestDone } from './store.ts'
import { simulationTable } from './table.ts'
import { playInThread } from './thread.ts'

const settings = (id: number) => ({ id, skillId: id, levels: [], priority: 5, targetSeconds: 20 })
const question: Question = {
  queues: [1, 2].map((id) => ({
    ...{ name: `Cola ${id}`, settings: settings(id), callsPerHour: 60 },
    ...{ ahtSeconds: 180, patienceSeconds: 300 },
  })),
  agents: Array.from({ length: 8 }, (_, n) => ({
    id: n + 1,
    skills: (n % 2 ? { 1: 3, 2: 3 } : { 1: 3 }) as Record<number, number>,
  })),
}

it('the thread plays the same as it would be played here, and says how far it is', async () => {
  const playing = playInThread(question, 1_500)
  const { as, more } = await playing.result
  assert.deepEqual(as, await simulateSkills(question.queues, question.agents, { calls: 1_500 }))
  assert.ok(more.queues[1]!.serviceLevel! >= as.queues[1]!.serviceLevel!, 'two more never make it worse here')
  assert.equal(withTwo(question.agents).length, 10)
  assert.ok(playing.done() > 1_500, 'it went through both')
  const ended = playInThread(question, 10_000_000)
  ended.end()
  await assert.rejects(ended.result)
})

onEachDatabase('a simulation', (database) => {
  async function start() {
    const db = database()
    const scope = await makeAgency(db)
    const { supervisor } = await fillCentre(db, scope)
    const at = { now: 1_700_000_000_000 + scope.agencyId }
    const plays: { result: PromiseWithResolvers<Result>; done: number }[] = []
    const play = (() => {
      const one = { result: Promise.withResolvers<Result>(), done: 0 }
      plays.push(one)
      const end = () => one.result.reject(new Error('se cortó'))
      return { result: one.result.promise, done: () => one.done, end }
    }) as typeof playInThread
    const server = (name = `s${scope.agencyId}`) =>
      createSimulations({ db, server: name, now: () => at.now, log() {}, play, ask: async () => question })
    return { db, scope, supervisor, at, plays, server }
  }
  const statesOf = (list: { state: string }[]) => list.map(({ state }) => state)

  it('runs alone, says how far it is, and its result is what the report shows', async () => {
    const { db, scope, supervisor, at, plays, server } = await start()
    const one = server()
    await one.ask(scope, supervisor)
    await assert.rejects(one.ask(scope, supervisor), { code: 'simulation.busy' })
    plays[0]!.done = 12_345
    assert.deepEqual(
      (await one.list(scope)).map(({ state, callsDone }) => [state, callsDone]),
      [['running', 12_345]],
    )
    const as = await simulateSkills(question.queues, question.agents, { calls: 300 })
    plays[0]!.result.resolve({ as, more: as })
    await one.idle()
    const latest = (await latestDone(db, scope, at.now))!
    assert.deepEqual(latest.result, { as, more: as })
    assert.deepEqual(
      simulationTable(latest, 'hoy')!.rows.map(([name]) => name),
      ['Cola 1', 'Cola 2'],
    )
    const neighbour = await makeAgency(db)
    assert.equal(await latestDone(db, neighbour, 0), undefined)
    assert.deepEqual(await one.list(neighbour), [])
    await assert.rejects(one.cancel(neighbour, latest.id), { code: 'simulation.not_found' })
  })

  it('ends when it is cancelled, and never tells of a result then', async () => {
    const { scope, supervisor, plays, server } = await start()
    const one = server()
    const id = await one.ask(scope, supervisor)
    await one.cancel(scope, id)
    await one.idle()
    await assert.rejects(plays[0]!.result.promise, /se cortó/)
    assert.deepEqual(statesOf(await one.list(scope)), ['cancelled'])
    await one.cancel(scope, id)
    assert.deepEqual(statesOf(await one.list(scope)), ['cancelled'])
  })

  it('that its server left is told as cut: stopped, killed, or silent', async () => {
    const { scope, supervisor, at, server } = await start()
    const one = server()
    await one.ask(scope, supervisor)
    await one.stop()
    assert.deepEqual(statesOf(await one.list(scope)), ['cut'])
    await server().ask(scope, supervisor)
    // Killed: it starts anew without having said anything.
    at.now += 1
    await server().start()
    assert.deepEqual(statesOf(await one.list(scope)), ['cut', 'cut'])
    at.now += 1
    const left = server('another')
    await left.ask(scope, supervisor)
    await server().start()
    assert.equal(statesOf(await one.list(scope))[0], 'running', 'another server’s is left alone while it lives')
    await left.stop()
    assert.deepEqual(statesOf(await one.list(scope)), ['cut', 'cut', 'cut'])
  })

  it('says what is missing where there is nothing to simulate', async () => {
    const { db, scope, supervisor, at } = await start()
    const one = createSimulations({ db, server: 'real', now: () => at.now, log() {} })
    await db.knex('queues').where({ agency_id: scope.agencyId }).update({ skill_id: null })
    await assert.rejects(one.ask(scope, supervisor), { code: 'simulation.no_skills' })
    const [skill_id] = await db.knex('skills').insert({ agency_id: scope.agencyId, name: 'Lengua de señas' })
    const { id } = await db.knex('queues').where({ agency_id: scope.agencyId }).first('id')
    await db.knex('queues').where({ id }).update({ skill_id })
    await assert.rejects(one.ask(scope, supervisor), { code: 'simulation.no_agents' })
  })

  it('that fails says why', async () => {
    const { scope, supervisor, plays, server } = await start()
    const one = server()
    await one.ask(scope, supervisor)
    plays[0]!.result.reject(new Error('tardó demasiado'))
    await one.idle()
    const [failed] = await one.list(scope)
    assert.deepEqual([failed!.state, failed!.error], ['failed', 'tardó demasiado'])
  })
})
