import assert from 'node:assert/strict'
import { it } from 'node:test'
import { readConfig } from '../../kit/definition.ts'
import { runBehaviour } from '../../testing/fake-platform.ts'
import { definition } from './config.ts'
import { hangUp } from './hang-up.ts'

const config = readConfig(definition, { say: { as: 'text', value: 'Hasta luego' }, contained: true })

it('vera-hang-up says goodbye, counts as contained and ends the call', async () => {
  const { live, fake } = await runBehaviour(hangUp, config)
  assert.deepEqual([live.heard, live.hungUp?.cause], [['Hasta luego'], 'NORMAL_CLEARING'])
  assert.ok(fake.kinds().includes('interaction.contained'))
  assert.equal((await runBehaviour(hangUp, { ...config, busy: true })).live.hungUp?.cause, 'USER_BUSY')
})
