import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readConfig } from '../../kit/definition.ts'
import { fakePorts, runBehaviour } from '../../testing/fake-platform.ts'
import { definition } from './config.ts'
import { queue } from './queue.ts'

const config = readConfig(definition, { queue: 'salud', keys: '91', callbackKey: '1', topic: 'Inmobiliario' })

describe('vera-queue', () => {
  it('hands the call over with the message and its own id', async () => {
    const citizen = { id: 7, name: 'Rosa' }
    const { outcome, fake, live, left } = await runBehaviour(queue, config, {}, { message: { citizen } })
    assert.deepEqual([outcome, live.transferred, left.length], ['handed', 'vera_wait vera', 1])
    const [request] = fake.enqueued
    assert.deepEqual(
      [request?.queueId, request?.flowNode, request?.citizenId, request?.keys, request?.callbackKey, request?.messages],
      [2, 'n1', 7, '9', '1', undefined],
    )
    assert.deepEqual(request?.msg.citizen, citizen)
    assert.ok(fake.facts.some((fact) => fact.kind === 'interaction.topic' && fact.topicId === 5))
  })
  it('does not hand over a call that ended on its way', async () => {
    const fake = fakePorts()
    fake.state.gone = true
    const { outcome, left } = await runBehaviour(queue, config, {}, { fake })
    assert.deepEqual([outcome, left], ['gone', []])
  })
  it('goes on at once where the queue does not take the call', async () => {
    for (const [exit, name] of [
      [{ exit: 'overflowed', reason: 'full' }, 'full'],
      [{ exit: 'overflowed', reason: 'no_agents' }, 'no_agents'],
      [{ exit: 'overflowed', reason: 'diverted' }, 'timeout'],
    ] as const) {
      const fake = fakePorts()
      fake.state.exit = exit
      assert.equal((await runBehaviour(queue, config, {}, { fake })).outcome, name)
    }
  })
  it('gives its own messages, a recording marked as such', async () => {
    const messages = [
      { as: 'text' as const, value: 'Hola {{msg.call.from}}' },
      { as: 'recording' as const, value: 'institucional' },
      { as: 'text' as const, value: ' ' },
    ]
    const { fake } = await runBehaviour(queue, { ...config, messages }, { from: '342' })
    assert.deepEqual(fake.enqueued[0]?.messages, ['Hola 342', '@institucional'])
  })
  it('fails when the agency has no such queue', async () => {
    await assert.rejects(runBehaviour(queue, { ...config, queue: 'otra' }), /«otra»/)
  })
})
