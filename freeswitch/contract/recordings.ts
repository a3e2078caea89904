import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { loudness, readSound, speak } from './hearing.ts'
import { limit, type Stage } from './stage.ts'

export function recordings(stage: Stage): void {
  const { answered, event, of, finish, folder, leg, said, kill, prompt, seen } = stage

  it('records the caller into a real file, ended by a key or by the maximum', limit, async () => {
    const { call, ended } = await answered({ keys: 'ppp' })
    const path = join(folder, 'message.wav')
    const recording = call.record({ path, maxSeconds: 8, silenceSeconds: 0, terminators: '#', beep: false })
    await event(of(call.uuid, 'RECORD_START'), 0)
    void stage.pass(700).then(() => stage.client.api(`uuid_recv_dtmf ${call.uuid} #`))
    const recorded = await recording
    assert.deepEqual({ ended: recorded.ended, key: recorded.key }, { ended: 'key', key: '#' })
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

  it('writes silence while masked, and keeps the timing', limit, async () => {
    const [one, other] = [await leg('masked-one'), await leg('masked-other')]
    await said(`uuid_bridge ${one.uuid} ${other.uuid}`)
    await speak(stage, one.other, 500)
    await speak(stage, other.other, 900)
    const path = join(folder, 'masked.wav')
    const from = seen.length
    for (const action of ['start', 'mask', 'unmask', 'stop']) {
      assert.equal(await said(`uuid_record ${one.uuid} ${action} ${path}`), '+OK Success', action)
      if (action !== 'stop') await stage.pass(800)
    }
    await event(of(one.uuid, 'RECORD_STOP'), from)
    const sound = readSound(path)
    const ms = (sound.frames / sound.rate) * 1000
    assert.ok(ms > 2200 && ms < 3000, `${ms} ms`)
    for (const channel of [0, 1]) {
      const hertz = [500, 900][channel]!
      const [before, masked, behind] = [
        [300, 600],
        [1100, 1400],
        [1900, 2200],
      ].map(([a, b]) => loudness(sound, channel, hertz, a!, b!))
      assert.ok(before! > 1500 && behind! > 1500, `${channel}: ${before}, ${behind}`)
      assert.ok(masked! < 20, `${channel}: ${masked} while masked`)
    }
    for (const action of ['stop', 'mask', 'unmask'])
      assert.match(
        await said(`uuid_record ${one.uuid} ${action} ${path}`),
        new RegExp(`Cannot ${action} record(ing)? session!`),
      )
    await kill(one.uuid)
    await kill(other.uuid)
  })

  it('closes the recording of a leg that hangs up, and goes on with it through a talk', limit, async () => {
    const [one, other] = [await leg('closed-one'), await leg('closed-other')]
    const path = join(folder, 'closed.wav')
    await speak(stage, one.other, 500)
    await speak(stage, other.other, 900)
    assert.match(await said(`uuid_record ${one.uuid} start ${path}`), /^\+OK/)
    await said(`uuid_bridge ${one.uuid} ${other.uuid}`)
    await stage.pass(1200)
    const from = seen.length
    await kill(one.uuid)
    const stop = await event(of(one.uuid, 'RECORD_STOP'), from)
    assert.equal(stop.headers['Record-File-Path'], path)
    await event(of(one.uuid, 'CHANNEL_HANGUP_COMPLETE'), from)
    const sound = readSound(path)
    assert.ok(sound.frames / sound.rate > 0.8, `${sound.frames} frames`)
    await kill(other.uuid)
  })

  it('starts and stops what the platform asks, and refuses a folder that is not there', limit, async () => {
    const { call, ended } = await answered()
    const path = join(folder, 'asked.wav')
    const from = seen.length
    await call.startRecording(path)
    await event(of(call.uuid, 'RECORD_START'), from)
    await call.play([{ file: prompt }])
    await call.stopRecording(path)
    await event(of(call.uuid, 'RECORD_STOP'), from)
    await assert.rejects(call.startRecording('/nowhere-at-all/x.wav'), { code: 'switch.refused' })
    await assert.rejects(call.stopRecording(path), { code: 'switch.refused' })
    await finish(call, ended)
  })
}
