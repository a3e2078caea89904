import assert from 'node:assert/strict'
import { join } from 'node:path'
import { it } from 'node:test'
import { limit, type Stage } from './stage.ts'

export function sounds(stage: Stage): void {
  const { answered, event, of, finish, seen, folder, prompt, long } = stage

  it('plays a file to its end, with its events in order', limit, async () => {
    const from = seen.length
    const { call, ended } = await answered()
    const played = await call.play([{ file: prompt }])
    assert.equal(played.ended, 'done')
    assert.ok(played.playedMs >= 250 && played.playedMs < 900, `played ${played.playedMs} ms`)
    await call.hangup()
    assert.deepEqual((await ended).heard, [prompt])
    const own = seen.slice(from).filter((one) => one.uuid === call.uuid && one.headers['Playback-File-Path'] === prompt)
    assert.deepEqual(
      own.map((one) => one.name),
      ['PLAYBACK_START', 'PLAYBACK_STOP'],
    )
    assert.equal(own[1]!.headers['Playback-Status'], 'done')
  })

  it('stops a prompt at a key, and says which', limit, async () => {
    const { call, ended } = await answered({ keys: '5' })
    const from = seen.length
    assert.deepEqual(
      { ...(await call.play([{ file: long }], { terminators: '5#' })), playedMs: 0 },
      { ended: 'key', key: '5', playedMs: 0 },
    )
    const stop = await event(of(call.uuid, 'PLAYBACK_STOP'), from)
    assert.equal(stop.headers['Playback-Status'], 'break')
    assert.equal((await event(of(call.uuid, 'DTMF'), from)).headers['DTMF-Digit'], '5')
    await finish(call, ended)
  })

  it('tells a file that is not there, tones, silence and lists of files', limit, async () => {
    const { call, ended } = await answered()
    assert.equal((await call.play([{ file: join(folder, 'none.wav') }])).ended, 'missing')
    assert.equal((await call.play([{ tone: '%(100,0,440)' }, { silenceMs: 100 }, { file: prompt }])).ended, 'done')
    await call.hangup()
    await ended
  })

  it('answers FILE NOT FOUND without PLAYBACK_START to a bare playback of nothing', limit, async () => {
    const { call, ended } = await answered()
    const from = seen.length
    await stage.client.execute(call.uuid, 'playback', join(folder, 'none.wav'))
    const complete = await event(
      (one) => of(call.uuid, 'CHANNEL_EXECUTE_COMPLETE')(one) && one.headers.Application === 'playback',
      from,
    )
    assert.equal(complete.headers['Application-Response'], 'FILE NOT FOUND')
    assert.equal(seen.slice(from).some(of(call.uuid, 'PLAYBACK_START')), false)
    await finish(call, ended)
  })

  it('breaks off a sound, and keeps order with event-lock', limit, async () => {
    const { call, ended } = await answered()
    const from = seen.length
    await stage.client.execute(call.uuid, 'playback', long)
    await stage.client.execute(call.uuid, 'playback', prompt)
    await event(of(call.uuid, 'PLAYBACK_START'), from)
    await stage.client.api(`uuid_break ${call.uuid}`)
    await event((one) => of(call.uuid, 'PLAYBACK_STOP')(one) && one.headers['Playback-File-Path'] === prompt, from)
    const names = seen
      .slice(from)
      .filter((one) => one.uuid === call.uuid && one.name.startsWith('PLAYBACK'))
      .map((one) => `${one.name} ${one.headers['Playback-File-Path'] === long ? 'long' : 'short'}`)
    assert.deepEqual(names, [
      'PLAYBACK_START long',
      'PLAYBACK_STOP long',
      'PLAYBACK_START short',
      'PLAYBACK_STOP short',
    ])
    await finish(call, ended)
  })
}
