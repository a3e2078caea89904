import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readConfig } from '../../kit/definition.ts'
import { fakePorts, runBehaviour } from '../../testing/fake-platform.ts'
import { fakeSpeaker, type Said } from '../../testing/fake-speaker.ts'
import { definition } from './config.ts'
import { yesNo } from './yes-no.ts'

const config = { ...readConfig(definition, {}), say: { as: 'text' as const, value: '¿Quiere un turno?' }, seconds: 2 }
const yes = { value: '1', text: 'sí', confidence: 0.93 }
const unclear = { value: '2', text: 'no', confidence: 0.2 }

async function run(said: Said[], script: { keys?: string[] } = {}, options: { there?: boolean } = {}) {
  const speaker = fakeSpeaker(said, options)
  const fake = fakePorts()
  fake.ports.speech = speaker.speech
  const result = await runBehaviour(yesNo, config, script, { fake, live: speaker.call(script) })
  assert.deepEqual([...speaker.open], [], 'no utterance is left on the disk')
  const details = fake.facts.flatMap((fact) => ('detail' in fact ? [fact.detail] : []))
  return { ...result, ...speaker, details }
}

describe('vera-yes-no', () => {
  it('understands a sí and keeps how surely', async () => {
    const { outcome, message, details } = await run([yes])
    assert.equal(outcome, 'yes')
    assert.deepEqual(message.heard, { text: 'sí', confidence: 0.93 })
    assert.deepEqual(details, ['sí: dijo «sí» (93 %)'])
  })
  it('waits while nobody speaks, for as long as is set', async () => {
    const nothing = { text: '', confidence: 0, silent: true as const }
    assert.equal((await run([nothing, yes])).live.heard.length, 1)
    assert.equal((await run([nothing, nothing, yes])).live.heard.length, 3, 'asked again')
  })
  it('asks again when it is not sure, and after two failures takes keys only', async () => {
    const { outcome, live, details } = await run([unclear, unclear, yes], { keys: ['', '', '2'] })
    assert.equal(outcome, 'no')
    assert.deepEqual(live.heard.slice(-1), ['Marque 1 para sí, o 2 para no.'])
    assert.deepEqual(details.slice(0, 2), ['no se entendió: «no» (20 %)', 'no se entendió: «no» (20 %)'])
  })
  it('counts a key while it asks and while it listens', async () => {
    const asked = await run([], { keys: ['1'] })
    assert.deepEqual([asked.outcome, asked.grammars.length], ['yes', 0])
    assert.equal((await run([{ key: '2' }])).outcome, 'no')
  })
  it('goes on with keys at once when nothing can listen', async () => {
    for (const [said, there, heard] of [
      [[], false, 2],
      [['no_file'], true, 3],
      [[{ text: '', confidence: 0, failed: 'broken' }], true, 3],
    ] as const) {
      const keys = there ? ['', '1'] : ['1']
      const { outcome, live } = await run([...said], { keys }, { there })
      assert.equal(outcome, 'yes')
      assert.equal(live.heard.length, heard)
    }
    assert.equal((await runBehaviour(yesNo, config, { keys: ['2'] })).outcome, 'no', 'without the port too')
  })
  it('ends with who hung up, or with what was not understood', async () => {
    assert.equal((await run(['hangup'])).outcome, 'gone')
    assert.equal((await run([unclear, unclear])).outcome, 'not_understood')
  })
})
