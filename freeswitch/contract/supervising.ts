import assert from 'node:assert/strict'
import { it } from 'node:test'
import { sidesNow, speak, type Voice, voices } from './hearing.ts'
import { limit, type Stage } from './stage.ts'

export function supervising(stage: Stage): void {
  const { event, of, said, kill, leg, seen } = stage

  /** Citizen and agent who talk, each with a voice, and a supervisor who waits. */
  const talk = async (name: string) => {
    const legs = {} as Record<Voice, { uuid: string; other: string }>
    for (const who of Object.keys(voices) as Voice[]) {
      legs[who] = await leg(`${name}-${who}`)
      await speak(stage, legs[who].other, voices[who])
    }
    const from = seen.length
    await said(`uuid_bridge ${legs.citizen.uuid} ${legs.agent.uuid}`)
    await event(of(legs.citizen.uuid, 'CHANNEL_BRIDGE'), from)
    return legs
  }
  const listenTo = async (uuid: string, target: string) => {
    const from = seen.length
    assert.match(await said(`uuid_transfer ${uuid} eavesdrop:${target} inline`), /^\+OK/)
    await event(of(target, 'MEDIA_BUG_START'), from)
  }

  it('listens, whispers and speaks by keys: each is heard by the right ones', limit, async () => {
    const { citizen, agent, supervisor } = await talk('spy')
    assert.deepEqual(await sidesNow(stage, citizen.uuid), { says: ['citizen'], hears: ['agent'] })
    await listenTo(supervisor.uuid, agent.uuid)
    assert.deepEqual(await sidesNow(stage, supervisor.uuid), { says: ['supervisor'], hears: ['citizen', 'agent'] })
    const hearing = {
      '2': { citizen: ['agent'], agent: ['citizen', 'supervisor'] },
      '1': { citizen: ['agent', 'supervisor'], agent: ['citizen'] },
      '3': { citizen: ['agent', 'supervisor'], agent: ['citizen', 'supervisor'] },
      '0': { citizen: ['agent'], agent: ['citizen'] },
    }
    for (const [key, hears] of Object.entries(hearing)) {
      const from = seen.length
      await said(`uuid_recv_dtmf ${supervisor.uuid} ${key}`)
      assert.equal((await event(of(supervisor.uuid, 'DTMF'), from)).headers['DTMF-Digit'], key)
      const [atCitizen, atAgent] = await Promise.all([citizen, agent].map(({ uuid }) => sidesNow(stage, uuid)))
      assert.deepEqual(atCitizen!.hears, hears.citizen, `citizen at ${key}`)
      assert.deepEqual(atAgent!.hears, hears.agent, `agent at ${key}`)
    }
    const from = seen.length
    await said(`uuid_recv_dtmf ${supervisor.uuid} *`)
    assert.equal((await event(of(supervisor.uuid, 'CHANNEL_HANGUP'), from)).headers['Hangup-Cause'], 'NORMAL_CLEARING')
    assert.equal(await said(`uuid_exists ${citizen.uuid}`), 'true')
    await Promise.all([citizen, agent].map(({ uuid }) => kill(uuid)))
  })

  it(
    'keeps the talk when the supervisor hangs up, and ends the supervisor with the one listened to',
    limit,
    async () => {
      const { citizen, agent, supervisor } = await talk('spied')
      await listenTo(supervisor.uuid, agent.uuid)
      let from = seen.length
      await kill(supervisor.uuid)
      await event(of(agent.uuid, 'MEDIA_BUG_STOP'), from)
      assert.deepEqual(await sidesNow(stage, citizen.uuid), { says: ['citizen'], hears: ['agent'] })
      const second = await leg('spied-second')
      await listenTo(second.uuid, agent.uuid)
      from = seen.length
      await kill(agent.uuid)
      const gone = await event(of(second.uuid, 'CHANNEL_HANGUP'), from)
      assert.equal(gone.headers['Hangup-Cause'], 'NORMAL_CLEARING')
      await kill(citizen.uuid)
    },
  )

  it('goes on to what follows when the talk ends, or there is none', limit, async () => {
    const target = await leg('follow-target')
    const spy = await leg('follow-spy')
    let from = seen.length
    await said(`uuid_transfer ${spy.uuid} 'eavesdrop:${target.uuid},set:after=yes,park' inline`)
    await event(of(target.uuid, 'MEDIA_BUG_START'), from)
    await kill(target.uuid)
    await event(of(spy.uuid, 'CHANNEL_PARK'), from)
    assert.equal(await said(`uuid_getvar ${spy.uuid} after`), 'yes')
    from = seen.length
    await said(`uuid_transfer ${spy.uuid} eavesdrop:nobody inline`)
    await event(of(spy.uuid, 'CHANNEL_HANGUP_COMPLETE'), from)
  })

  it('takes the talk over: the citizen is bridged to the supervisor, the agent is let go', limit, async () => {
    const { citizen, agent, supervisor } = await talk('taken')
    await listenTo(supervisor.uuid, agent.uuid)
    const from = seen.length
    assert.match(await said(`uuid_bridge ${citizen.uuid} ${supervisor.uuid}`), /^\+OK/)
    await event(
      (one) => of(citizen.uuid, 'CHANNEL_BRIDGE')(one) && one.headers['Bridge-B-Unique-ID'] === supervisor.uuid,
      from,
    )
    await event(of(agent.uuid, 'CHANNEL_HANGUP_COMPLETE'), from)
    assert.deepEqual(await sidesNow(stage, citizen.uuid), { says: ['citizen'], hears: ['supervisor'] })
    await Promise.all([citizen, supervisor].map(({ uuid }) => kill(uuid)))
  })
}
