import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PromptMissing } from '../../kit/step.ts'
import { fakePorts, runBehaviour } from '../../testing/fake-platform.ts'
import { play } from './play.ts'

const text = (value: string) => ({ say: { as: 'text' as const, value } })

describe('vera-play', () => {
  it('speaks a text with data of the message, and a recording by name', async () => {
    const citizen = { id: 7, name: 'Rosa' }
    const spoken = await runBehaviour(play, text('Hola {{msg.citizen.name}}'), {}, { message: { citizen } })
    assert.deepEqual([spoken.outcome, spoken.live.heard], ['done', ['Hola Rosa']])
    const recorded = await runBehaviour(play, { say: { as: 'recording', value: ' bienvenida ' } })
    assert.deepEqual(recorded.live.heard, ['[bienvenida]'])
  })
  it('reads hostile data as text', async () => {
    const citizen = { id: 7, name: '{{msg.call.from}} ${x} $(reboot)\r\n<b>' }
    const { live } = await runBehaviour(play, text('Hola {{msg.citizen.name}}'), {}, { message: { citizen } })
    assert.deepEqual(live.heard, ['Hola {{msg.call.from}} ${x} $(reboot) <b>'])
  })
  it('says that the caller is gone, and throws when there is nothing to play', async () => {
    assert.equal((await runBehaviour(play, text('Hola'), { hangUpAt: 'Hola' })).outcome, 'gone')
    const fake = fakePorts()
    fake.state.missing = ['Hola']
    await assert.rejects(runBehaviour(play, text('Hola'), {}, { fake }), PromptMissing)
  })
})
