import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readConfig } from '../../kit/definition.ts'
import { runBehaviour } from '../../testing/fake-platform.ts'
import { definition } from './config.ts'
import { menu } from './menu.ts'

const config = {
  ...readConfig(definition, {}),
  say: { as: 'text' as const, value: 'Marque 1 o 2' },
  options: [
    { key: '1', label: 'Impuestos' },
    { key: '2', label: 'Salud' },
  ],
  retries: 1,
}

describe('vera-menu', () => {
  it('leaves by the key pressed and keeps its label', async () => {
    const { outcome, message, fake } = await runBehaviour(menu, config, { keys: ['2'] })
    assert.equal(outcome, 'key:2')
    assert.deepEqual(message.choice, { key: '2', label: 'Salud' })
    assert.equal(
      fake.facts.some((fact) => 'detail' in fact && fact.detail === '2 Salud'),
      true,
    )
  })
  it('asks again after silence and after a wrong key, with what fits', async () => {
    const { outcome, live } = await runBehaviour(menu, config, { keys: ['9', '1'] })
    assert.equal(outcome, 'key:1')
    assert.deepEqual(live.heard, ['Marque 1 o 2', 'La opción no es válida.', 'Marque 1 o 2'])
  })
  it('leaves by the last failure when no retry is left', async () => {
    assert.equal((await runBehaviour(menu, config, { keys: ['9', ''] })).outcome, 'no_input')
    assert.equal((await runBehaviour(menu, config, { keys: ['', '7'] })).outcome, 'no_match')
    assert.equal((await runBehaviour(menu, config, { keys: ['hangup'] })).outcome, 'gone')
  })
  it('lets keys interrupt only if wanted', async () => {
    const { live } = await runBehaviour(menu, { ...config, bargeIn: false }, { keys: ['1'] })
    assert.equal(live.questions[0]?.bargeIn, false)
  })
})
