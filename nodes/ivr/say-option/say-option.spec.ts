import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readConfig } from '../../kit/definition.ts'
import { fakePorts, runBehaviour } from '../../testing/fake-platform.ts'
import { fakeSpeaker, type Said } from '../../testing/fake-speaker.ts'
import { definition } from './config.ts'
import { sayOption } from './say-option.ts'

const config = {
  ...readConfig(definition, {}),
  say: { as: 'text' as const, value: 'Diga el trámite' },
  options: [
    { key: '1', label: 'Impuestos', phrases: 'inmobiliario, patente' },
    { key: '#', label: 'Salud', phrases: '' },
  ],
}

async function run(said: Said[], keys: string[] = [], more: Partial<typeof config> = {}) {
  const speaker = fakeSpeaker(said)
  const fake = fakePorts()
  fake.ports.speech = speaker.speech
  return {
    ...(await runBehaviour(sayOption, { ...config, ...more }, {}, { fake, live: speaker.call({ keys }) })),
    ...speaker,
  }
}

describe('vera-say-option', () => {
  it('leaves by the option said; its name is one of the phrases', async () => {
    const { outcome, message, grammars } = await run([{ value: '#', text: 'salud', confidence: 0.8 }])
    assert.equal(outcome, 'key:#')
    assert.deepEqual(message.choice, { key: '#', label: 'Salud' })
    assert.deepEqual(grammars, [
      {
        options: [
          { value: '1', phrases: ['Impuestos', 'inmobiliario', 'patente'] },
          { value: '#', phrases: ['Salud'] },
        ],
      },
    ])
  })
  it('asks for the certainty that is set', async () => {
    const heard = { value: '1', text: 'impuestos', confidence: 0.6 }
    assert.equal((await run([heard])).outcome, 'key:1')
    assert.equal((await run([heard, heard], [], { confidence: 70 })).outcome, 'not_understood')
  })
  it('tells the keys when it comes to them', async () => {
    const { outcome, live } = await run(['no_file'], ['', '1'])
    assert.equal(outcome, 'key:1')
    assert.equal(live.heard.at(-1), 'Para Impuestos, marque 1. Para Salud, marque numeral.')
  })
  it('takes a wrong key for a failure', async () => {
    assert.equal((await run([{ key: '9' }, { key: '1' }])).outcome, 'key:1')
  })
})
