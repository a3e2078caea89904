import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { SwitchEvent } from '../esl/index.ts'
import { sidesNow, speak, type Voice, voices } from './hearing.ts'
import { limit, type Stage } from './stage.ts'

export function conferences(stage: Stage): void {
  const { event, said, kill, leg, seen, of } = stage
  const told = (action: string, uuid?: string) => (one: SwitchEvent) =>
    one.subclass === 'conference::maintenance' &&
    one.headers.Action === action &&
    (uuid === undefined || one.uuid === uuid)

  it('three talk together; one is muted, one sent away, the last ones leave', limit, async () => {
    const from = seen.length
    const legs = {} as Record<Voice, { uuid: string; other: string }>
    const members = {} as Record<Voice, string>
    for (const who of Object.keys(voices) as Voice[]) {
      legs[who] = await leg(`three-${who}`)
      await speak(stage, legs[who].other, voices[who])
      assert.match(await said(`uuid_transfer ${legs[who].uuid} conference:contract@default inline`), /^\+OK/)
      const added = await event(told('add-member', legs[who].uuid), from)
      members[who] = added.headers['Member-ID']!
      assert.equal(added.headers['Conference-Name'], 'contract')
    }
    assert.equal(await said('conference contract list count'), '3')
    const [shown] = JSON.parse(await stage.client.api('conference contract json_list'))
    assert.equal(shown.member_count, 3)
    assert.deepEqual(
      shown.members.map((member: { uuid: string }) => member.uuid).sort(),
      Object.values(legs)
        .map(({ uuid }) => uuid)
        .sort(),
    )
    assert.match(
      await said('conference contract list'),
      new RegExp(`^${members.supervisor};[^;]*;${legs.supervisor.uuid};`),
    )
    assert.deepEqual((await sidesNow(stage, legs.citizen.uuid)).hears, ['agent', 'supervisor'])

    assert.equal(await said(`conference contract mute ${members.agent}`), `+OK mute ${members.agent}`)
    await event(told('mute-member', legs.agent.uuid), from)
    assert.deepEqual((await sidesNow(stage, legs.citizen.uuid)).hears, ['supervisor'])
    assert.equal(await said(`conference contract unmute ${members.agent}`), `+OK unmute ${members.agent}`)

    assert.equal(await said(`conference contract kick ${members.supervisor}`), `+OK kicked ${members.supervisor}`)
    await event(told('del-member', legs.supervisor.uuid), from)
    await event(of(legs.supervisor.uuid, 'CHANNEL_HANGUP'), from)
    assert.equal(await said('conference contract list count'), '2')

    // A member can be taken out without an end, as to a waiting place.
    assert.match(await said(`uuid_park ${legs.agent.uuid}`), /^\+OK/)
    await event(told('del-member', legs.agent.uuid), from)
    assert.equal(await said(`uuid_exists ${legs.agent.uuid}`), 'true')
    await kill(legs.citizen.uuid)
    await event((one) => told('conference-destroy')(one) && one.headers['Conference-Name'] === 'contract', from)
    await kill(legs.agent.uuid)
  })

  it('joins two who talk and a third: both legs of a bridge go into it', limit, async () => {
    const [citizen, agent, third] = [await leg('both-c'), await leg('both-a'), await leg('both-t')]
    let from = seen.length
    await said(`uuid_bridge ${citizen.uuid} ${agent.uuid}`)
    await event(of(citizen.uuid, 'CHANNEL_BRIDGE'), from)
    from = seen.length
    assert.match(await said(`uuid_transfer ${citizen.uuid} -both conference:both@default inline`), /^\+OK/)
    await event(told('add-member', citizen.uuid), from)
    await event(told('add-member', agent.uuid), from)
    await said(`uuid_transfer ${third.uuid} conference:both@default inline`)
    await event(told('add-member', third.uuid), from)
    assert.equal(await said('conference both list count'), '3')
    // Two go back to a talk of their own.
    from = seen.length
    assert.match(await said(`uuid_bridge ${citizen.uuid} ${agent.uuid}`), /^\+OK/)
    await event(of(citizen.uuid, 'CHANNEL_BRIDGE'), from)
    assert.equal(await said('conference both list count'), '1')
    for (const { uuid } of [citizen, agent, third]) await kill(uuid)
  })

  it('says what is not there', limit, async () => {
    assert.match(await said('conference nobody list'), /Conference nobody not found/)
    assert.match(await said('conference nobody kick 1'), /Conference nobody not found/)
    const alone = await leg('alone', {}, '&conference(alone@default)')
    await event(told('add-member', alone.uuid), 0)
    assert.match(await said('conference alone mute 987654'), /Non-Existant ID 987654/)
    await kill(alone.uuid)
  })
}
