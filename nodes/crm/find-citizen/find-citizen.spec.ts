import assert from 'node:assert/strict'
import { it } from 'node:test'
import { runBehaviour } from '../../testing/fake-platform.ts'
import { findCitizen } from './find-citizen.ts'

it('vera-find-citizen finds by phone and by DNI and identifies the interaction', async () => {
  const byPhone = await runBehaviour(findCitizen, { by: 'phone', from: '' }, { from: '3424567890' })
  assert.deepEqual([byPhone.outcome, byPhone.message.citizen?.name], ['found', 'Rosa Ejemplo'])
  assert.ok(byPhone.fake.kinds().includes('interaction.identified'))
  const message = { answers: { dni: '30.123.456' } }
  const byDni = await runBehaviour(findCitizen, { by: 'dni', from: 'answers.dni' }, { from: '1' }, { message })
  assert.equal(byDni.outcome, 'found')
})

it('vera-find-citizen asks nothing of the base without a value', async () => {
  const { outcome, message } = await runBehaviour(findCitizen, { by: 'dni', from: '' }, {})
  assert.deepEqual([outcome, message.citizen], ['not_found', undefined])
})
