import assert from 'node:assert/strict'
import { it } from 'node:test'
import { fakePorts, runBehaviour } from '../../testing/fake-platform.ts'
import { mask } from './mask.ts'

it('vera-mask asks for silence in the recordings of its own call, and for sound again', async () => {
  const fake = fakePorts()
  const asked: unknown[] = []
  const masking = {
    set: async (call: { agencyId: number; interactionId: string }, masked: boolean) => {
      asked.push([call.agencyId, call.interactionId, masked])
      return 1
    },
  }
  fake.ports.masking = masking
  const first = await runBehaviour(mask, { action: 'mask' }, {}, { fake })
  const second = await runBehaviour(mask, { action: 'unmask' }, {}, { fake })
  assert.deepEqual([first.outcome, second.outcome], ['done', 'done'])
  assert.deepEqual(asked, [
    [1, first.message.call.id, true],
    [1, second.message.call.id, false],
  ])
})

it('vera-mask says when the recording could not be silenced, so that the flow asks nothing', async () => {
  const fake = fakePorts()
  fake.ports.masking = { set: () => Promise.reject(new Error('-ERR')) }
  assert.equal((await runBehaviour(mask, { action: 'mask' }, {}, { fake })).outcome, 'failed')
  const without = fakePorts()
  delete (without.ports as { masking?: unknown }).masking
  assert.equal((await runBehaviour(mask, { action: 'mask' }, {}, { fake: without })).outcome, 'failed')
})
