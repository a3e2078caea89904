import assert from 'node:assert/strict'
import { it } from 'node:test'
import { runBehaviour } from '../../testing/fake-platform.ts'
import { callIn } from './call-in.ts'

it('vera-call-in notes the number dialled and goes on', async () => {
  const { outcome, fake } = await runBehaviour(callIn, { number: '' }, { to: '0800' })
  assert.equal(outcome, 'call')
  assert.deepEqual(
    fake.facts.map((fact) => 'detail' in fact && fact.detail),
    ['0800'],
  )
})
