import assert from 'node:assert/strict'
import { it } from 'node:test'
import { createStuckLegs } from './stuck-legs.ts'

it('takes up a leg that nobody holds at two looks, and no other', async () => {
  const rows = [
    { uuid: 'held', application: 'socket' },
    { uuid: 'stuck', application: 'socket' },
    { uuid: 'music', application: 'playback' },
  ]
  const sent: string[] = []
  const client = {
    state: 'up' as const,
    async api(command: string) {
      if (command === 'show channels as json') return JSON.stringify({ row_count: rows.length, rows })
      sent.push(command)
      return '+OK'
    },
  }
  const down = { state: 'down' as const, api: () => Promise.reject(new Error('asked a switch that is down')) }
  const holds = (uuid: string) => uuid === 'held'
  const legs = createStuckLegs({ nodes: [{ client: down }, { client }], holds, log: () => {} })
  await legs.look()
  assert.deepEqual(sent, [])
  rows.push({ uuid: 'connecting', application: 'socket' })
  await legs.look()
  assert.deepEqual(sent, ['uuid_transfer stuck vera_resume XML vera'])
  rows.length = 0
  await legs.look()
  assert.equal(sent.length, 1)
})
