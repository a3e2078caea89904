import assert from 'node:assert/strict'
import { it } from 'node:test'
import { readConfig } from '../../kit/definition.ts'
import { runBehaviour } from '../../testing/fake-platform.ts'
import { callback } from './callback.ts'
import { definition } from './config.ts'

const config = readConfig(definition, { queue: 'salud' })

it("vera-callback asks for a call to the caller's number or to one keyed in", async () => {
  const own = await runBehaviour(callback, config, { from: '+54 342 456-7890' })
  assert.equal(own.outcome, 'requested')
  assert.deepEqual((own.fake.callbacks[0] as { number: string }).number, '+543424567890')
  const message = { answers: { tel: '3424000000' } }
  const keyed = await runBehaviour(callback, { ...config, number: 'answers.tel' }, {}, { message })
  assert.deepEqual((keyed.fake.callbacks[0] as { number: string }).number, '3424000000')
})

it('vera-callback goes out by failed without a number', async () => {
  const { outcome, fake } = await runBehaviour(callback, config, { from: 'anonymous' })
  assert.deepEqual([outcome, fake.callbacks], ['failed', []])
})
