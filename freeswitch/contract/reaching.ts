import assert from 'node:assert/strict'
import { it } from 'node:test'
import { limit, type Stage } from './stage.ts'

export function reaching(stage: Stage): void {
  const { answered, event, of, prompt, seen } = stage

  it('ends the agent when the caller hangs up, and the other way says who', limit, async () => {
    const { call, ended } = await answered()
    let from = seen.length
    await call.transfer('vera_wait', 'vera')
    await event(of(call.uuid, 'PLAYBACK_START'), from)
    await stage.client.bgapi(`originate {origination_uuid=contract-agent-2}${stage.target.phones.answers} &park()`)
    from = seen.length
    await stage.client.api(`uuid_bridge ${call.uuid} contract-agent-2`)
    await event(of(call.uuid, 'CHANNEL_BRIDGE'), from)
    await stage.client.api(`uuid_kill ${call.uuid}`)
    const gone = await event(of('contract-agent-2', 'CHANNEL_HANGUP_COMPLETE'), from)
    assert.equal(gone.headers['Hangup-Cause'], 'NORMAL_CLEARING')
    await ended
  })

  it('says why an agent could not be reached', limit, async () => {
    const { busy, rings, absent } = stage.target.phones
    const cause = (command: string) => stage.client.bgapi(command).then(String, (error: Error) => error.message)
    assert.match(await cause(`originate ${busy} &park()`), /USER_BUSY/)
    assert.match(await cause(`originate {originate_timeout=1}${rings} &park()`), /NO_ANSWER/)
    assert.match(await cause(`originate ${absent} &park()`), /SUBSCRIBER_ABSENT|USER_NOT_REGISTERED/)
    assert.match(await cause('originate error/CALL_REJECTED &park()'), /CALL_REJECTED/)
    assert.match(await cause('originate loopback/nowhere/nocontext &park()'), /NO_ROUTE_DESTINATION/)
    const ringing = cause(`originate {origination_uuid=contract-agent-3,originate_timeout=8}${rings} &park()`)
    await event(of('contract-agent-3', 'CHANNEL_PROGRESS'), 0)
    await stage.client.api('uuid_kill contract-agent-3')
    assert.match(await ringing, /-ERR|NORMAL_CLEARING|ORIGINATOR_CANCEL|refused/i)
  })

  it('bridges by itself: talked, busy, nobody answers', limit, async () => {
    const { call, ended } = await answered()
    const from = seen.length
    const talk = call.bridge(stage.target.phones.answers)
    const joined = await event(of(call.uuid, 'CHANNEL_BRIDGE'), from)
    await stage.client.api(`uuid_kill ${joined.headers['Bridge-B-Unique-ID']}`)
    assert.deepEqual(await talk, { ended: 'talked', cause: 'NORMAL_CLEARING' })
    assert.equal((await call.bridge(stage.target.phones.busy)).ended, 'busy')
    assert.equal((await call.bridge(stage.target.phones.rings, { timeoutSeconds: 1 })).ended, 'no_answer')
    assert.equal((await call.play([{ file: prompt }])).ended, 'done', 'the caller is still there')
    await call.hangup()
    await ended
  })

  it('tells the ends of originate apart, and those of bridge', limit, async () => {
    const cause = (command: string) => stage.client.bgapi(command).then(String, (error: Error) => error.message)
    const { busy, rings } = stage.target.phones
    // At once: the first who answers wins; one after the other: who can.
    assert.match(await cause(`originate ${busy}|loopback/1001/phones &park()`), /^\+OK/)
    assert.match(await cause(`originate ${busy},loopback/1001/phones &park()`), /^\+OK/)
    assert.match(await cause(`originate {leg_timeout=1}${rings} &park()`), /ALLOTTED_TIMEOUT|NO_ANSWER/)
    assert.match(await cause('originate loopback/1001/phones'), /USAGE/)
    const { call, ended } = await answered()
    const ends = []
    for (const dial of ['error/CALL_REJECTED', 'user/9999@vera.local', 'loopback/1/nowhere', busy])
      ends.push((await call.bridge(dial)).ended)
    assert.deepEqual(ends, ['busy', 'failed', 'failed', 'busy'])
    await call.hangup()
    await ended
    for (const row of JSON.parse(await stage.client.api('show channels as json')).rows ?? [])
      await stage.client.api(`uuid_kill ${row.uuid}`).catch(() => {})
  })

  it('gives up what rings when the caller hangs up', limit, async () => {
    const { call, ended } = await answered()
    const from = seen.length
    const talk = call.bridge(stage.target.phones.rings, { timeoutSeconds: 20 })
    const ringing = await event((one) => one.name === 'CHANNEL_PROGRESS' && one.uuid !== call.uuid, from)
    await stage.client.api(`uuid_kill ${call.uuid}`)
    assert.equal((await talk).ended, 'hangup')
    const gone = await event(of(ringing.uuid!, 'CHANNEL_HANGUP_COMPLETE'), from)
    assert.equal(gone.headers['Hangup-Cause'], 'ORIGINATOR_CANCEL')
    await ended
  })
}
