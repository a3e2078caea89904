import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { limit, type Stage } from './stage.ts'

export function waiting(stage: Stage): void {
  const { answered, event, finish, folder, kill, leg, long, names, nextCall, of, prompt, said, seen } = stage

  it('lets a caller wait, offers an agent, joins both, records them, and takes the flow up again', limit, async () => {
    const { call, ended } = await answered({ hangUpAfterMs: 60_000 })
    await call.setVariables({ vera_interaction: 'i-1', vera_queue: '7' })
    let from = seen.length
    await call.transfer('vera_wait', 'vera')
    await event(of(call.uuid, 'PLAYBACK_START'), from, 'music')
    // show channels lags behind on the real one.
    let row: Record<string, string> | undefined
    for (let tries = 0; tries < 40 && row?.application !== 'playback'; tries++) {
      const shown = JSON.parse(await stage.client.api('show channels as json')) as { rows?: Record<string, string>[] }
      row = shown.rows?.find((one) => one.uuid === call.uuid)
      if (row?.application !== 'playback') await new Promise((resolve) => setTimeout(resolve, 50))
    }
    assert.equal(row?.application, 'playback')
    assert.equal(row?.context, 'vera')
    assert.equal((await stage.client.api(`uuid_getvar ${call.uuid} vera_queue`)).trim(), '7')

    from = seen.length
    await stage.client.api(`uuid_recv_dtmf ${call.uuid} 9`)
    assert.equal((await event(of(call.uuid, 'DTMF'), from, 'key while waiting')).headers['DTMF-Digit'], '9')

    from = seen.length
    assert.match(await stage.client.api(`uuid_broadcast ${call.uuid} ${prompt} aleg`), /^\+OK/)
    await event((one) => of(call.uuid, 'PLAYBACK_STOP')(one) && one.headers['Playback-File-Path'] === prompt, from)

    from = seen.length
    const agent = 'contract-agent-1'
    assert.match(
      await stage.client.bgapi(
        `originate {origination_uuid=${agent},vera_agent=4,vera_interaction=i-1,originate_timeout=8}${stage.target.phones.answers} &park()`,
      ),
      /^\+OK/,
    )
    await event(of(agent, 'CHANNEL_PARK'), from)
    const own = seen
      .slice(from)
      .filter((one) => one.uuid === agent && /^CHANNEL_(CREATE|PROGRESS|ANSWER|PARK)$/.test(one.name))
    assert.deepEqual(
      own.map((one) => one.name),
      ['CHANNEL_CREATE', 'CHANNEL_PROGRESS', 'CHANNEL_ANSWER', 'CHANNEL_PARK'],
    )
    assert.equal(own[0]!.headers.variable_vera_agent, '4')

    await stage.client.api(`uuid_setvar ${call.uuid} vera_exit answered`)
    from = seen.length
    assert.match(await stage.client.api(`uuid_bridge ${call.uuid} ${agent}`), /^\+OK/)
    const bridge = await event(of(call.uuid, 'CHANNEL_BRIDGE'), from)
    assert.equal(bridge.headers['Bridge-A-Unique-ID'], call.uuid)
    assert.equal(bridge.headers['Bridge-B-Unique-ID'], agent)

    const path = join(folder, 'talk.wav')
    assert.match(await stage.client.api(`uuid_record ${call.uuid} start ${path}`), /^\+OK/)
    from = seen.length
    await stage.pass(400)
    assert.match(await stage.client.api(`uuid_record ${call.uuid} stop ${path}`), /^\+OK/)
    assert.equal((await event(of(call.uuid, 'RECORD_STOP'), from)).headers['Record-File-Path'], path)
    assert.equal(readFileSync(path).readUInt16LE(22), 2, 'stereo')

    from = seen.length
    assert.match(await stage.client.api(`uuid_hold ${agent}`), /^\+OK/)
    await event(of(agent, 'CHANNEL_HOLD'), from)

    from = seen.length
    await stage.client.api(`uuid_kill ${agent}`)
    const back = await nextCall()
    assert.equal(back.uuid, call.uuid)
    assert.equal(back.variables.vera_exit, 'answered')
    assert.equal(back.variables.vera_interaction, 'i-1')
    await event(of(call.uuid, 'CHANNEL_UNBRIDGE'), from)
    await event(of(agent, 'CHANNEL_DESTROY'), from)
    assert.equal((await back.play([{ file: prompt }])).ended, 'done')
    await back.hangup()
    await ended
  })

  it('sends a waiting caller on with an exit', limit, async () => {
    const { call, ended } = await answered()
    const from = seen.length
    await call.transfer('vera_wait', 'vera')
    await event(of(call.uuid, 'PLAYBACK_START'), from)
    await stage.client.api(`uuid_setvar ${call.uuid} vera_exit timeout`)
    assert.match(await stage.client.api(`uuid_transfer ${call.uuid} vera_resume XML vera`), /^\+OK/)
    const back = await nextCall()
    assert.equal(back.variables.vera_exit, 'timeout')
    await back.hangup()
    await ended
  })

  it('plays a message to who waits, takes keys meanwhile, and goes back to the music', limit, async () => {
    const { call, ended } = await answered()
    let from = seen.length
    await call.transfer('vera_wait', 'vera')
    await event(of(call.uuid, 'PLAYBACK_START'), from)
    from = seen.length
    await stage.client.api(`uuid_broadcast ${call.uuid} tone_stream://%(300,0,440) aleg`)
    await event(of(call.uuid, 'PLAYBACK_START'), from)
    for (const key of ['1', '2']) await stage.client.api(`uuid_recv_dtmf ${call.uuid} ${key}`)
    await event((one) => of(call.uuid, 'DTMF')(one) && one.headers['DTMF-Digit'] === '2', from)
    await event(of(call.uuid, 'PLAYBACK_STOP'), from)
    // A message that is not there does no harm.
    from = seen.length
    await stage.client.api(`uuid_broadcast ${call.uuid} /nowhere/x.wav aleg`)
    const missing = await event(
      (one) => of(call.uuid, 'CHANNEL_EXECUTE_COMPLETE')(one) && one.headers['Application-Data'] === '/nowhere/x.wav',
      from,
    )
    assert.equal(missing.headers['Application-Response'], 'FILE NOT FOUND')
    assert.equal((await stage.client.api(`uuid_exists ${call.uuid}`)).trim(), 'true')
    await finish(call, ended)
  })

  it('does not join a leg that has just gone, and the caller waits on', limit, async () => {
    const { call, ended } = await answered()
    let from = seen.length
    await call.transfer('vera_wait', 'vera')
    await event(of(call.uuid, 'PLAYBACK_START'), from)
    const gone = await leg('just-gone')
    from = seen.length
    await kill(gone.uuid)
    assert.match(await said(`uuid_bridge ${call.uuid} ${gone.uuid}`), /Invalid uuid/)
    assert.equal(await said(`uuid_exists ${call.uuid}`), 'true')
    assert.deepEqual(names(call.uuid, from, /^CHANNEL|^PLAYBACK/), [])
    await finish(call, ended)
  })

  it('parks a leg, and runs a list of applications in line', limit, async () => {
    const one = await leg('in-line')
    let from = seen.length
    await said(`uuid_transfer ${one.uuid} 'set:vera_a=1,playback:tone_stream://%(100\\,0\\,440),park' inline`)
    await event(of(one.uuid, 'PLAYBACK_STOP'), from)
    await event(of(one.uuid, 'CHANNEL_PARK'), from)
    assert.equal(await said(`uuid_getvar ${one.uuid} vera_a`), '1')
    from = seen.length
    await said(`uuid_transfer ${one.uuid} m:^:set:vera_a=x,y^playback:${long}^park inline`)
    await event(of(one.uuid, 'PLAYBACK_START'), from)
    assert.equal(await said(`uuid_getvar ${one.uuid} vera_a`), 'x,y')
    from = seen.length
    assert.match(await said(`uuid_park ${one.uuid}`), /^\+OK/)
    await event(of(one.uuid, 'CHANNEL_PARK'), from)
    assert.match(await said('uuid_park nobody'), /No such channel!/)
    await kill(one.uuid)
  })

  it('holds a leg and says so', limit, async () => {
    const [one, other] = [await leg('held-one'), await leg('held-other')]
    let from = seen.length
    await said(`uuid_bridge ${one.uuid} ${other.uuid}`)
    await event(of(one.uuid, 'CHANNEL_BRIDGE'), from)
    from = seen.length
    assert.equal(await said(`uuid_hold ${one.uuid}`), '+OK Success')
    await event(of(one.uuid, 'CHANNEL_HOLD'), from)
    assert.equal(await said(`uuid_hold ${one.uuid}`), '+OK Success', 'twice')
    assert.equal(await said(`uuid_exists ${other.uuid}`), 'true')
    await kill(one.uuid)
    const gone = await event(of(one.uuid, 'CHANNEL_HANGUP_COMPLETE'), from)
    assert.equal(gone.headers['Hangup-Cause'], 'NORMAL_CLEARING')
    await event(of(other.uuid, 'CHANNEL_HANGUP_COMPLETE'), from)
  })
}
