import assert from 'node:assert/strict'
import { join } from 'node:path'
import { it } from 'node:test'
import type { LiveCall } from '../call/index.ts'
import { limit, type Stage } from './stage.ts'

/** What is called with `ask` waits for keys in the same way. */
const ask = { min: 1, max: 1, timeoutMs: 1000, betweenMs: 1000, terminators: '#' }

export function endings(stage: Stage): void {
  const { answered, event, of, said, kill, seen, folder, prompt, long } = stage

  /** Every verb that lasts, begun; settles with how it ended. */
  const lasting: Record<string, (call: LiveCall) => Promise<{ ended: string }>> = {
    play: (call) => call.play([{ file: long }]),
    gather: (call) => call.gather({ ...ask, prompts: [{ file: long }] }),
    record: (call) =>
      call.record({
        ...{ path: join(folder, `cut-${call.uuid}.wav`), maxSeconds: 9, silenceSeconds: 0, terminators: '#' },
        beep: false,
      }),
    'bridge (ringing)': (call) => call.bridge(stage.target.phones.rings, { timeoutSeconds: 20 }),
    'bridge (talking)': (call) => call.bridge(stage.target.phones.answers),
  }
  /** Resolves once the verb is under way on the switch. */
  const underWay = (verb: string, uuid: string, from: number) =>
    event((one) => {
      if (verb === 'bridge (ringing)')
        return one.name === 'CHANNEL_EXECUTE' && one.uuid === uuid && one.headers.Application === 'bridge'
      const name = { record: 'RECORD_START', 'bridge (talking)': 'CHANNEL_BRIDGE' }[verb] ?? 'PLAYBACK_START'
      return one.uuid === uuid && one.name === name
    }, from)

  for (const [verb, run] of Object.entries(lasting)) {
    it(`settles ${verb} when the caller hangs up in the middle of it`, limit, async () => {
      const { call, ended } = await answered({ hangUpAfterMs: 500 })
      const from = seen.length
      const result = run(call)
      await underWay(verb, call.uuid, from)
      assert.equal((await result).ended, 'hangup')
      assert.equal((await call.ended).side, 'caller')
      assert.equal(await call.released, 'hungup')
      assert.deepEqual((await ended).ended, { cause: 'NORMAL_CLEARING', side: 'caller' })
      assert.equal((await call.play([{ file: prompt }])).ended, 'hangup', 'a verb on a dead leg')
      assert.equal((await call.gather({ ...ask, prompts: [] })).ended, 'hangup')
      assert.equal((await call.bridge(stage.target.phones.answers)).ended, 'hangup')
      assert.equal(await call.getVariable('vera_x'), undefined)
      assert.equal(await call.setVariables({ vera_x: '1' }), false)
      await call.startRecording(join(folder, 'dead.wav'))
      await call.hangup()
    })

    it(`settles ${verb} when the connection breaks in the middle of it, and the leg lives on`, limit, async () => {
      const { call, ended, cut } = await answered()
      const from = seen.length
      const result = run(call)
      await underWay(verb, call.uuid, from)
      cut()
      assert.equal((await result).ended, 'hangup')
      assert.equal((await call.ended).cause, 'SOCKET_LOST')
      assert.equal(await call.released, 'lost')
      assert.equal(await said(`uuid_exists ${call.uuid}`), 'true')
      if (verb === 'play') {
        // What was running goes on to its end; then the dialplan goes on behind `socket`.
        await said(`uuid_break ${call.uuid}`)
        const onward = await event(
          (one) => of(call.uuid, 'CHANNEL_EXECUTE')(one) && one.headers.Application === 'transfer',
          from,
        )
        assert.match(onward.headers['Application-Data']!, / vera$/)
      }
      await kill(call.uuid)
      await ended
    })
  }

  it('settles what is short when the caller or the connection is gone', limit, async () => {
    for (const how of ['caller', 'connection'] as const) {
      const { call, ended, cut } = await answered()
      if (how === 'caller') await kill(call.uuid)
      else cut()
      await call.ended
      await call.answer()
      assert.equal(await call.setVariables({ vera_x: '1' }), false)
      await call.startRecording(join(folder, 'gone.wav'))
      await call.stopRecording(join(folder, 'gone.wav'))
      await call.transfer('vera_wait', 'vera')
      await call.hangup()
      assert.equal(await call.getVariable('vera_x'), undefined)
      await kill(call.uuid)
      await ended
    }
  })

  it('leaves a prompt or the keys in the middle for another course', limit, async () => {
    for (const verb of ['play', 'gather'] as const) {
      const { call, ended } = await answered()
      let from = seen.length
      const result = lasting[verb]!(call)
      await underWay(verb, call.uuid, from)
      from = seen.length
      await call.transfer('vera_wait', 'vera')
      assert.equal((await result).ended, 'hangup', 'no longer ours')
      assert.equal(await call.released, 'transferred')
      const music = await event(of(call.uuid, 'PLAYBACK_START'), from)
      assert.match(music.headers['Playback-File-Path']!, /^local_stream/)
      await kill(call.uuid)
      await ended
    }
  })

  it('lets go of a leg that is over: the switch need not keep it for us', limit, async () => {
    const { call, ended } = await answered()
    const from = seen.length
    await kill(call.uuid)
    await ended
    const over = await event(of(call.uuid, 'CHANNEL_HANGUP_COMPLETE'), from)
    const gone = await event(of(call.uuid, 'CHANNEL_DESTROY'), from)
    const at = (one: typeof over) => Number(one.headers['Event-Date-Timestamp'])
    assert.ok(at(gone) - at(over) < 3_000_000, `${at(gone) - at(over)} µs`)
  })

  it('ends a leg that is sent elsewhere while it records', limit, async () => {
    // FreeSWITCH takes a `record` that could not go on for one that could not be begun.
    const { call, ended } = await answered()
    const from = seen.length
    const result = lasting.record!(call)
    await underWay('record', call.uuid, from)
    await said(`uuid_transfer ${call.uuid} vera_wait XML vera`)
    assert.equal((await result).ended, 'failed')
    assert.equal((await call.ended).cause, 'DESTINATION_OUT_OF_ORDER')
    await ended
  })

  it('runs two orders given at once one after the other', limit, async () => {
    const { call, ended } = await answered()
    const from = seen.length
    const both = await Promise.all([call.play([{ file: prompt }]), call.play([{ tone: '%(100,0,440)' }])])
    assert.deepEqual(
      both.map((one) => one.ended),
      ['done', 'done'],
    )
    await event((one) => of(call.uuid, 'PLAYBACK_STOP')(one) && one.headers['Playback-File-Path'] !== prompt, from)
    assert.deepEqual(
      seen
        .slice(from)
        .filter((one) => one.uuid === call.uuid && one.name.startsWith('PLAYBACK'))
        .map((one) => one.name),
      ['PLAYBACK_START', 'PLAYBACK_STOP', 'PLAYBACK_START', 'PLAYBACK_STOP'],
    )
    const values = await Promise.all([
      said(`uuid_setvar ${call.uuid} vera_one 1`),
      said(`uuid_setvar ${call.uuid} vera_two 2`),
      said(`uuid_getvar ${call.uuid} vera_one`),
      said(`uuid_getvar ${call.uuid} vera_two`),
    ])
    assert.deepEqual(values, ['+OK', '+OK', '1', '2'])
    await call.hangup()
    await ended
  })

  it('ends a leg that is told an unknown application', limit, async () => {
    const { call, ended } = await answered()
    await stage.client.execute(call.uuid, 'nosuchapplication')
    assert.equal((await call.ended).cause, 'DESTINATION_OUT_OF_ORDER')
    await ended
  })
}
