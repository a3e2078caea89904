import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readConfig } from '../../kit/definition.ts'
import { fakePorts, runBehaviour } from '../../testing/fake-platform.ts'
import { definition } from './config.ts'
import { recordMessage } from './record-message.ts'

const config = readConfig(definition, {})

describe('vera-record-message', () => {
  it('says where the message is and closes its fact with what was written', async () => {
    const { outcome, message, fake } = await runBehaviour(recordMessage, config, { messageMs: 9_000 })
    assert.equal(outcome, 'recorded')
    assert.deepEqual(message.recording, { id: 'rec-1', path: 'rec-1.wav', durationMs: 9_000 })
    const closed = fake.facts.find((fact) => fact.kind === 'recording.closed')
    assert.deepEqual(closed && [closed.state, closed.durationMs, closed.bytes], ['present', 9_000, 32_044])
  })
  it('takes a short one for none', async () => {
    assert.equal((await runBehaviour(recordMessage, config, { messageMs: 500 })).outcome, 'empty')
  })
  it('says that the file is missing when nothing was written', async () => {
    const fake = fakePorts()
    fake.state.written = false
    assert.equal((await runBehaviour(recordMessage, config, { messageMs: 9_000 }, { fake })).outcome, 'empty')
    const closed = fake.facts.find((fact) => fact.kind === 'recording.closed')
    assert.equal(closed?.state, 'missing')
  })
})
