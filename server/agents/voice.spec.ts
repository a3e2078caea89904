import assert from 'node:assert/strict'
import { it } from 'node:test'
import { scopeOf } from '../database/index.ts'
import { type Agent, createDesk, type DeskPorts } from './index.ts'
import { scriptedRouting } from './scripted-routing.ts'

const ana: Agent = { id: 7, name: 'Ana', extension: '1001', scope: scopeOf(1) }

function setting() {
  let at = 1_000
  const routing = scriptedRouting(() => at)
  const facts: { kind: string; text?: string }[] = []
  const none = async () => []
  const ports = {
    routing,
    clock: { now: () => at, after: () => () => {} },
    facts: { record: (fact: never) => void facts.push(fact) },
    citizens: { byId: async () => undefined, byPhone: none, search: none },
    interactions: { history: none, steps: none, notes: none, citizenOf: async () => undefined },
    tickets: { ofCitizen: none },
    lists: {
      queues: async () => [{ id: 5, name: 'Salud' }],
      agents: async () => [
        { id: 7, name: 'Ana' },
        { id: 9, name: 'Zoe', extension: '1003' },
        { id: 8, name: 'Beto', extension: '1002' },
      ],
      backOffices: async () => [{ id: 3, name: 'Mesa', number: '3424000' }],
      breakReasons: none,
      dispositions: none,
      topics: none,
      articles: none,
    },
    today: async () => ({ answered: 0, notAnswered: 0, ahtMs: null, talkMs: 0, pausedMs: 0, occupancy: null }),
  } as unknown as DeskPorts
  const desk = createDesk(ports)
  const talk = (more: object = {}) =>
    routing.connect({
      ...{ agentId: 7, talkId: 't', interactionId: 'call', agencyId: 1, queueId: 5, from: '342', since: at },
      ...more,
    })
  const pass = (ms: number) => {
    at += ms
  }
  return { desk, routing, facts, talk, ports, pass }
}

it('passes a call on to a colleague, a queue, an office or a number, with its note; to nothing else', async () => {
  const { desk, routing, facts, talk } = setting()
  talk()
  desk.keep(ana, 'call', { note: 'Pide el expediente' })
  await desk.transfer(ana, { to: 'number', number: '+54 (342) 411-1222' })
  assert.equal(facts.at(-1)?.text, 'Pide el expediente')
  // The office's number is the one on record, whatever the page says.
  await desk.transfer(ana, { to: 'back_office', backOfficeId: 3, number: '0900' })
  await desk.transfer(ana, { to: 'queue', queueId: 5 })
  await desk.transfer(ana, { to: 'agent', agentId: 8 })
  assert.deepEqual(
    routing.asked.map((line) => JSON.parse(line.slice('transfer 7 '.length))),
    [
      { to: 'number', number: '+543424111222' },
      { to: 'back_office', backOfficeId: 3, number: '3424000' },
      { to: 'queue', queueId: 5 },
      { to: 'agent', agentId: 8 },
    ],
  )
  for (const [target, code] of [
    [{ to: 'agent', agentId: 7 }, 'agent.unknown_target'],
    [{ to: 'agent', agentId: 99 }, 'agent.unknown_target'],
    [{ to: 'queue', queueId: 6 }, 'agent.unknown_target'],
    [{ to: 'back_office', backOfficeId: 4 }, 'agent.unknown_target'],
    [{ to: 'number', number: '0800-VERA' }, 'agent.wrong_number'],
    [{ to: 'number', number: '1"&park()' }, 'agent.wrong_number'],
  ] as const) {
    await assert.rejects(desk.transfer(ana, target), { code })
  }
  assert.equal(routing.asked.length, 4)
})

it('shows a consultation through its life', async () => {
  const { desk, talk } = setting()
  talk()
  const shown = async () => {
    const { contact } = await desk.model(ana)
    return [contact?.consult?.name, contact?.consult?.state, contact?.heldSince !== undefined]
  }
  await assert.rejects(desk.completeConsult(ana), { code: 'routing.no_consult' })
  await desk.voice.consult(ana, { to: 'agent', agentId: 8 })
  assert.deepEqual(await shown(), ['agent 8', 'talking', true])
  await desk.voice.conference(ana)
  assert.deepEqual(await shown(), ['agent 8', 'conference', false])
  await desk.voice.cancelConsult(ana)
  assert.deepEqual(await shown(), [undefined, undefined, false])
})

it('says since when a recording is masked, until it is not or the call is another', async () => {
  const { desk, talk, pass } = setting()
  talk()
  pass(50)
  await desk.voice.mask(ana, true)
  pass(5_000)
  assert.equal((await desk.model(ana)).contact?.maskedSince, 1_050)
  await desk.voice.mask(ana, false)
  assert.equal((await desk.model(ana)).contact?.maskedSince, undefined)
  // Masked by the flow, not here.
  talk({ masked: true })
  assert.equal((await desk.model(ana)).contact?.maskedSince, 6_050)
  talk({ talkId: 'next' })
  assert.equal((await desk.model(ana)).contact?.maskedSince, undefined)
})

it('offers colleagues who are free first, and no button that this switch has no verb for', async () => {
  const { desk, routing, ports } = setting()
  routing.set({ id: 9, state: 'available' })
  routing.set({ id: 8, state: 'talking' })
  const { agents, offices } = await desk.voice.targets(ana)
  assert.deepEqual(
    agents.map(({ name, state }) => `${name} ${state}`),
    ['Zoe available', 'Beto talking'],
  )
  assert.equal(offices[0]?.number, '3424000')
  const { transferBlind, mask, ...fewer } = routing.agents
  const plain = createDesk({ ...ports, routing: { ...routing, agents: fewer as typeof routing.agents } })
  assert.deepEqual(plain.voice.verbs, { transfer: false, consult: true, mask: false, dtmf: true })
})
