import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { limit, type Stage } from './stage.ts'

export function recordings(stage: Stage): void {
  const { answered, event, of, finish, folder } = stage

  it('records the caller into a real file, ended by a key or by the maximum', limit, async () => {
    const { call, ended } = await answered({ keys: 'ppp' })
    const path = join(folder, 'message.wav')
    const recording = call.record({ path, maxSeconds: 8, silenceSeconds: 0, terminators: '#', beep: false })
    await event(of(call.uuid, 'RECORD_START'), 0)
    void stage.pass(700).then(() => stage.client.api(`uuid_recv_dtmf ${call.uuid} #`))
    assert.equal((await recording).ended, 'key')
    const head = readFileSync(path).subarray(0, 48)
    assert.equal(head.toString('latin1', 0, 4), 'RIFF')
    assert.equal(
      (await call.record({ path, maxSeconds: 1, silenceSeconds: 0, terminators: '#', beep: false })).ended,
      'maximum',
    )
    assert.equal(
      (
        await call.record({
          path: '/nowhere-at-all/x.wav',
          maxSeconds: 1,
          silenceSeconds: 0,
          terminators: '#',
          beep: false,
        })
      ).ended,
      'failed',
    )
    await finish(call, ended)
  })
}
