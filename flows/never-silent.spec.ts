// Whatever is wrong with a flow, the caller hears something and reaches a queue, and an alarm says why.
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { FakeCall } from '../nodes/testing/fake-call.ts'
import type { FlowNodes } from '../server/flows/index.ts'
import { startFlowCentre } from './flow-centre.ts'

const say = (value: string) => ({ as: 'text', value })
const tab = { id: 't', type: 'tab', label: 'Prueba' }
const entry = (to: string[], more: object = {}) => ({
  id: 'in',
  type: 'vera-call-in',
  z: 't',
  number: '',
  wires: [to],
  ...more,
})
const play = (id: string, text: string, to: string[]) => ({
  id,
  type: 'vera-play',
  z: 't',
  say: say(text),
  wires: [to],
})
const hangUp = { id: 'bye', type: 'vera-hang-up', z: 't', say: say('Chau'), wires: [] }
const waiting = 'Aguarde, por favor, lo comunicamos con un agente.'

describe('a caller is never left in silence', { timeout: 150_000 }, () => {
  let centre: Awaited<ReturnType<typeof startFlowCentre>>
  before(async () => {
    centre = await startFlowCentre([tab, entry(['bye']), hangUp])
  })
  after(() => centre.stop())
  beforeEach(() => {
    centre.fake.facts.length = 0
    centre.fake.enqueued.length = 0
    centre.fake.alarms.length = 0
    centre.fake.state.missing = []
    centre.fake.state.queues = ['general']
    centre.fake.state.exit = undefined
  })
  const queued = async (flows: FlowNodes, code: string, script = {}) => {
    await centre.deploy(flows)
    const call = await centre.call({ from: '1', ...script })
    assert.deepEqual(
      centre.fake.alarms.map((alarm) => alarm.code),
      [code],
    )
    assert.equal(centre.fake.facts.filter((fact) => fact.kind === 'interaction.alarm').length, 1)
    assert.equal(call.heard.at(-1), waiting)
    assert.deepEqual([call.transferred, centre.fake.enqueued[0]?.flowNode], ['vera_wait vera', 'vera-fallback'])
    return call
  }

  it('when no flow takes the number', async () => {
    await queued([tab, entry(['bye'], { number: '0800' }), hangUp], 'flow.no_entry')
  })
  it('when the flow is disabled', async () => {
    await queued([{ ...tab, disabled: true }, entry(['bye']), hangUp], 'flow.no_entry')
  })
  it('when an exit leads nowhere', async () => {
    await queued([tab, entry(['p']), play('p', 'Hola', [])], 'flow.no_next_step')
  })
  it('when a wire leads to a node that is switched off', async () => {
    await queued([tab, entry(['p']), play('p', 'Hola', ['bye']), { ...hangUp, d: true }], 'flow.no_next_step')
  })
  it("when a node of Node-RED's own drops the message", async () => {
    const rules = [{ t: 'eq', v: 'x', vt: 'str' }]
    const drop = {
      id: 's',
      type: 'switch',
      z: 't',
      property: 'topic',
      propertyType: 'msg',
      rules,
      outputs: 1,
      wires: [['bye']],
    }
    await queued([tab, entry(['s']), drop, hangUp], 'flow.no_next_step')
  })
  it('when a node keeps the caller waiting too long', async () => {
    const delay = {
      id: 'd',
      type: 'delay',
      z: 't',
      pauseType: 'delay',
      timeout: '60',
      timeoutUnits: 'seconds',
      wires: [['bye']],
    }
    await queued([tab, entry(['d']), delay, hangUp], 'flow.stuck')
  })
  it('when a node fails', async () => {
    const queue = { id: 'q', type: 'vera-queue', z: 't', queue: 'nada', wires: [[], [], [], [], [], [], []] }
    await queued([tab, entry(['q']), queue], 'flow.node_failed')
  })
  it('when a prompt is missing', async () => {
    centre.fake.state.missing = ['Hola']
    await queued([tab, entry(['p']), play('p', 'Hola', ['bye']), hangUp], 'prompt.missing')
  })
  it('when the node that a caller comes back to is gone', async () => {
    const wires = [['bye'], ['bye'], ['bye'], ['bye'], ['bye'], ['bye'], []]
    await centre.deploy([tab, entry(['q']), { id: 'q', type: 'vera-queue', z: 't', queue: 'general', wires }, hangUp])
    const call = await centre.call({ from: '1' })
    await centre.deploy([tab, entry(['bye']), hangUp])
    const again = await centre.back(call, 'timeout')
    assert.deepEqual([again.heard, again.transferred], [[waiting], 'vera_wait vera'])
    assert.equal(centre.fake.alarms[0]?.code, 'flow.node_gone')
    const talked = await centre.back(call, 'answered')
    assert.deepEqual([talked.heard, talked.hungUp?.side], [['Gracias por comunicarse. Hasta luego.'], 'platform'])
  })
  it('thanks or apologises after the queue of the fallback, and hangs up', async () => {
    const call = await queued([tab, entry([])], 'flow.no_next_step')
    const talked = await centre.back(call, 'answered')
    assert.equal(talked.heard.at(-1), 'Gracias por comunicarse. Hasta luego.')
    const waited = await centre.back(call, 'timeout')
    assert.match(waited.heard.at(-1) ?? '', /vuelva a llamar/)
    assert.equal(waited.hungUp?.cause, 'NORMAL_CLEARING')
  })
  it('apologises when the agency has no queue, or it takes nobody', async () => {
    centre.fake.state.queues = []
    await centre.deploy([tab, entry([])])
    assert.match((await centre.call({})).heard.at(-1) ?? '', /vuelva a llamar/)
    centre.fake.state.queues = ['general']
    centre.fake.state.exit = { exit: 'overflowed', reason: 'full' }
    assert.match((await centre.call({})).heard.at(-1) ?? '', /vuelva a llamar/)
  })
  it("hands over to the switch's own fallback when everything else fails", async () => {
    centre.fake.state.missing = ['Hola', 'Aguarde']
    await centre.deploy([tab, entry(['p']), play('p', 'Hola', ['bye']), hangUp])
    const toned = await centre.call({})
    assert.deepEqual([toned.heard, toned.transferred], [['tone'], 'vera_wait vera'])
    centre.fake.ports.queues.enqueue = async () => {
      throw new Error('routing is not there')
    }
    assert.equal((await centre.call({})).transferred, 'vera_fallback vera')
    centre.fake.ports.queues.enqueue = async (call, request) => {
      centre.fake.enqueued.push(request)
      await call.transfer('vera_wait', 'vera')
      return { stayId: 's' }
    }
  })

  it('raises nothing when all is well: parallel branches, a short delay, a natural end', async () => {
    const delay = {
      id: 'd',
      type: 'delay',
      z: 't',
      pauseType: 'delay',
      timeout: '100',
      timeoutUnits: 'milliseconds',
      wires: [['bye']],
    }
    const note = { id: 'n', type: 'debug', z: 't', active: false, wires: [] }
    await centre.deploy([tab, entry(['n', 'd']), delay, note, hangUp])
    assert.deepEqual((await centre.call({})).heard, ['Chau'])
    const survey = { id: 's', type: 'vera-survey', z: 't', wires: [[], []] }
    await centre.deploy([tab, entry(['s']), survey])
    const call = await centre.call({ keys: ['5'] })
    assert.equal(call.heard.at(-1), 'Gracias por comunicarse. Hasta luego.')
    assert.deepEqual(centre.fake.alarms, [])
  })
  it('carries calls over a deploy made under them', async () => {
    await centre.deploy([tab, entry(['p']), play('p', 'Hola', ['bye']), hangUp])
    const live = new FakeCall({})
    const playing = Promise.withResolvers<void>()
    const deployed = Promise.withResolvers<void>()
    const before = live.play.bind(live)
    live.play = async (prompts) => {
      const result = await before(prompts)
      playing.resolve()
      await deployed.promise
      return result
    }
    await centre.calls.onCall(live)
    await playing.promise
    await centre.deploy([tab, entry(['p']), play('p', 'Otra', ['bye']), { ...hangUp, say: say('Hasta luego') }])
    deployed.resolve()
    await live.gone()
    assert.deepEqual([live.heard, centre.fake.alarms], [['Hola', 'Hasta luego'], []])
  })
  it('goes on without a caller where that makes sense, and stops elsewhere', async () => {
    const record = { id: 'r', type: 'vera-record-message', z: 't', minSeconds: 1, wires: [['k'], ['bye']] }
    const ticket = { id: 'k', type: 'vera-create-ticket', z: 't', subject: 'Mensaje', wires: [['p']] }
    await centre.deploy([tab, entry(['r']), record, ticket, play('p', 'Gracias', ['bye']), hangUp])
    const live = new FakeCall({ messageMs: 4_000 })
    const before = live.record.bind(live)
    live.record = async (options) => {
      const result = await before(options)
      live.leave()
      return { ...result, ended: 'hangup' as never }
    }
    const tickets = centre.fake.tickets.length
    const created = Promise.withResolvers<void>()
    const { create } = centre.fake.ports.tickets
    centre.fake.ports.tickets.create = async (...values) => {
      const made = await create(...values)
      created.resolve()
      return made
    }
    await centre.calls.onCall(live)
    await created.promise
    assert.equal(centre.fake.tickets.length, tickets + 1)
    assert.deepEqual(centre.fake.alarms, [])
    assert.ok(!live.heard.includes('Gracias'))
  })
  it('runs the exit «abandoned» of a caller who gave up waiting', async () => {
    const queue = { id: 'q', type: 'vera-queue', z: 't', queue: 'general', wires: [[], [], [], [], [], [], ['n']] }
    const note = { id: 'n', type: 'vera-note', z: 't', text: 'cortó {{msg.call.from}}', wires: [['bye']] }
    await centre.deploy([tab, entry(['q']), queue, note, hangUp])
    const call = await centre.call({ from: '77' })
    // The node learns a moment after the switch that the call has left.
    await new Promise(setImmediate)
    const noted = Promise.withResolvers<void>()
    const { record } = centre.fake.factSink
    centre.fake.factSink.record = (fact) => {
      if (fact.kind === 'interaction.note') noted.resolve()
      return record(fact)
    }
    centre.calls.abandoned(call.uuid)
    await noted.promise
    centre.calls.gone({ interactionId: call.uuid, agencyId: 1, cause: 'NORMAL_CLEARING', at: 5 })
    const ended = centre.fake.facts.filter((fact) => fact.kind === 'interaction.ended')
    assert.deepEqual(
      ended.map((fact) => [fact.interactionId, fact.side, fact.at]),
      [[call.uuid, 'caller', 5]],
    )
  })
})
