import assert from 'node:assert/strict'
import { it } from 'node:test'
import { limit, type Stage } from './stage.ts'

export function keys(stage: Stage): void {
  const { answered, prompt, long } = stage

  it('gathers digits: terminator, barge-in, as many as wanted, too few, none', limit, async () => {
    const { call, ended } = await answered({ keys: '12#w345w6w' })
    const ask = { min: 1, max: 4, timeoutMs: 1000, betweenMs: 1000, terminators: '#' }
    assert.deepEqual(await call.gather({ ...ask, prompts: [{ file: long }] }), {
      ended: 'digits',
      digits: '12',
      terminator: '#',
    })
    assert.deepEqual(await call.gather({ ...ask, max: 3, prompts: [{ file: prompt }] }), {
      ended: 'digits',
      digits: '345',
    })
    const few = await call.gather({ ...ask, min: 3, prompts: [{ file: prompt }] })
    assert.equal(few.ended, 'timeout')
    assert.deepEqual(await call.gather({ ...ask, prompts: [{ file: prompt }] }), { ended: 'timeout', digits: '' })
    await call.hangup()
    assert.deepEqual((await ended).pressed, ['1', '2', '#', '3', '4', '5', '6'])
  })
}
