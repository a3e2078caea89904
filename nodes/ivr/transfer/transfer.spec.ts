import assert from 'node:assert/strict'
import { it } from 'node:test'
import { readConfig } from '../../kit/definition.ts'
import { runBehaviour } from '../../testing/fake-platform.ts'
import { definition } from './config.ts'
import { transfer } from './transfer.ts'

const config = readConfig(definition, { to: '1001' })

it('vera-transfer dials an extension or a number and tells how it ended', async () => {
  const inside = await runBehaviour(transfer, config, { bridge: 'busy' })
  assert.deepEqual([inside.outcome, inside.live.dialled], ['busy', ['user/1001@vera']])
  const outside = { ...config, kind: 'number' as const, to: '{{msg.answer}}' }
  const dialled = await runBehaviour(transfer, outside, {}, { message: { answer: '0342 456-7890' } })
  assert.deepEqual([dialled.outcome, dialled.live.dialled], ['talked', ['sofia/gateway/red/03424567890']])
})

it('vera-transfer dials nothing that is not a name or a number', async () => {
  const hostile = { ...config, to: '{{msg.answer}}' }
  const { live } = await runBehaviour(transfer, hostile, {}, { message: { answer: '1001@evil,{x=1}user/2' } })
  assert.deepEqual(live.dialled, ['user/1001evilx1user2@vera'])
  const empty = await runBehaviour(transfer, hostile, {})
  assert.deepEqual([empty.outcome, empty.live.dialled], ['failed', []])
})
