import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { EslClient, type SwitchEvent } from '../esl/index.ts'
import { type EmbeddedSwitch, startEmbeddedSwitch } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'vera-phones-'))
const dialplan = `<include><context name="public">
<extension name="phone"><condition field="destination_number" expression="^(10..)$"><action application="bridge" data="user/$1@vera.local"/></condition></extension>
<extension name="park"><condition field="destination_number" expression="^2000$"><action application="answer"/><action application="park"/></condition></extension>
</context></include>`

describe('simulated phones and two switches', () => {
  const switches: EmbeddedSwitch[] = []
  const clients: EslClient[] = []
  const seen: { of: number; event: SwitchEvent }[] = []
  let looks: (() => void)[] = []
  const until = (of: number, fits: (event: SwitchEvent) => boolean, from = 0) =>
    new Promise<SwitchEvent>((resolve) => {
      const look = () => {
        const found = seen.slice(from).find((one) => one.of === of && fits(one.event))
        if (found) resolve(found.event)
        else looks.push(look)
      }
      look()
    })
  const cause = (command: string) => clients[0]!.bgapi(command).then(String, (error: Error) => error.message)

  before(async () => {
    writeFileSync(join(folder, 'phones.xml'), dialplan)
    for (const place of [0, 1]) {
      const embedded = await startEmbeddedSwitch({
        password: 'p',
        speed: 20,
        sip: { trunkPort: 6180 + place, agentsPort: 6160 + place },
        cdrDir: join(folder, `cdr-${place}`),
        dialplanFolder: folder,
        phoneHabits: { talkMs: [600_000, 1], loseMs: 500 },
      })
      const events = ['CHANNEL_CREATE', 'CHANNEL_BRIDGE', 'CHANNEL_HANGUP_COMPLETE', 'BACKGROUND_JOB']
      const sofia = ['CUSTOM sofia::register', 'CUSTOM sofia::unregister']
      const client = new EslClient({
        address: { host: '127.0.0.1', port: embedded.port, password: 'p' },
        events: [...events, ...sofia],
      })
      client.on('event', (event: SwitchEvent) => {
        seen.push({ of: place, event })
        const waiting = looks
        looks = []
        for (const look of waiting) look()
      })
      const up = new Promise<void>((resolve) => client.on('up', () => resolve()))
      client.start()
      await up
      switches.push(embedded)
      clients.push(client)
    }
  })
  after(async () => {
    for (const client of clients) await client.stop()
    for (const embedded of switches) await embedded.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  it('is busy, refuses, is not there, does not answer, loses its media', { timeout: 60_000 }, async () => {
    const { phones } = switches[0]!
    phones.set('1001', 'busy')
    phones.set('1002', 'refuses')
    phones.set('1003', 'off')
    phones.set('1004', 'manual')
    phones.set('1005', 'loses')
    assert.match(await cause('originate user/1001@vera.local &park()'), /USER_BUSY/)
    assert.match(await cause('originate user/1002@vera.local &park()'), /CALL_REJECTED/)
    assert.match(await cause('originate user/1003@vera.local &park()'), /USER_NOT_REGISTERED/)
    assert.match(await cause('originate {originate_timeout=2}user/1004@vera.local &park()'), /NO_ANSWER/)
    const from = seen.length
    assert.match(
      await cause('originate {origination_uuid=loser}user/1005@vera.local &bridge(loopback/2000/public)'),
      /OK/,
    )
    const lost = await until(0, (event) => event.uuid === 'loser' && event.name === 'CHANNEL_HANGUP_COMPLETE', from)
    assert.equal(lost.headers['Hangup-Cause'], 'MEDIA_TIMEOUT')
  })

  it('has one more phone when it is added', { timeout: 60_000 }, async () => {
    assert.match(await cause('originate user/1900@vera.local &park()'), /SUBSCRIBER_ABSENT/)
    switches[0]?.phones.add('1900', 'robot')
    assert.match(await cause('originate user/1900@vera.local &park()'), /^\+OK/)
  })

  it('registers, twice, and is gone again: told, shown, and not to be reached', { timeout: 60_000 }, async () => {
    const { phones } = switches[0]!
    const rows = async () =>
      (
        JSON.parse(await clients[0]!.api('show registrations as json')).rows as { reg_user: string; token: string }[]
      ).filter((row) => row.reg_user === '1006')
    const before = await rows()
    assert.equal(before.length, 1)
    const from = seen.length
    phones.register('1006', 'second')
    const told = await until(0, (event) => event.subclass === 'sofia::register', from)
    assert.equal(told.headers['from-user'], '1006')
    assert.equal(told.headers['user-agent'], 'second')
    assert.equal((await rows()).length, 2)
    assert.match(await clients[0]!.api('sofia status profile agents reg'), /Agent:\s+second/)
    phones.set('1006', 'off')
    await until(0, (event) => event.subclass === 'sofia::unregister', from)
    assert.equal((await rows()).length, 0)
  })

  it('calls a phone of the other switch, and its end ends both', { timeout: 60_000 }, async () => {
    const from = seen.length
    const dial = 'originate {origination_uuid=across,sip_h_X-Vera-Leg=l1}sofia/trunk/sip:1001@127.0.0.1:6181 &park()'
    assert.match(await cause(dial), /^\+OK/)
    const arrived = await until(1, (event) => event.headers['variable_sip_h_X-Vera-Leg'] === 'l1', from)
    assert.equal(arrived.headers['Caller-Context'], 'public')
    await until(1, (event) => event.name === 'CHANNEL_BRIDGE', from)
    await clients[0]!.api('uuid_kill across')
    const gone = await until(
      1,
      (event) => event.uuid === arrived.uuid && event.name === 'CHANNEL_HANGUP_COMPLETE',
      from,
    )
    assert.equal(gone.headers['Hangup-Cause'], 'NORMAL_CLEARING')
    assert.match(await cause('originate sofia/trunk/sip:1001@127.0.0.1:6199 &park()'), /NO_ROUTE_DESTINATION/)
    const record = JSON.parse(readFileSync(join(folder, 'cdr-1', `${arrived.uuid}.cdr.json`), 'utf8'))
    assert.equal(record.callflow[0].caller_profile.destination_number, '1001')
    type Ran = { app_name: string; app_data: string }
    const ran: Ran[] = record.app_log.applications
    // As it was run: `${...}` is expanded.
    assert.deepEqual(
      ran.map((one) => [one.app_name, one.app_data.includes('$')]),
      [['bridge', false]],
    )
  })
})
