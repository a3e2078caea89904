import assert from 'node:assert/strict'
import { it } from 'node:test'
import { readConfig } from '../../kit/definition.ts'
import { runBehaviour } from '../../testing/fake-platform.ts'
import { definition } from './config.ts'
import { saveCitizen } from './save-citizen.ts'

const config = readConfig(definition, {})

it('vera-save-citizen makes a card from what was keyed in', async () => {
  const { outcome, message, fake } = await runBehaviour(
    saveCitizen,
    config,
    {},
    { message: { answers: { dni: '41222333' } } },
  )
  assert.equal(outcome, 'saved')
  assert.deepEqual([message.citizen?.name, message.citizen?.dni], ['DNI 41222333', '41222333'])
  assert.ok(fake.kinds().includes('interaction.identified'))
})

it('vera-save-citizen goes out by failed where the base refuses or nothing is known', async () => {
  assert.equal((await runBehaviour(saveCitizen, config, {}, { message: { answers: { dni: '1' } } })).outcome, 'failed')
  assert.equal((await runBehaviour(saveCitizen, config)).outcome, 'failed')
})
