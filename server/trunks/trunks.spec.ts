import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { gatewaysXml } from '../../freeswitch/conf/gateway.ts'
import type { SwitchEvent } from '../../freeswitch/esl/types.ts'
import { createAudit } from '../http/index.ts'
import { makeAgency, onEachDatabase } from '../testing/database.ts'
import { cidr, faultsOf, isHost } from './check.ts'
import { createTrunks, type TrunkInput } from './index.ts'
import { createLines, lineState } from './lines.ts'

const input: TrunkInput = {
  name: 'red1',
  host: 'sip.prestador.example',
  port: 5060,
  transport: 'udp',
  register: true,
  username: 'usuario',
  password: 'clave-del-prestador',
  callerId: '+543425550100',
  codecs: ['PCMA', 'PCMU'],
  maxLines: 2,
  callsPerSecond: 2,
  position: 10,
  addresses: ['192.0.2.0/24', '2001:db8::1'],
  enabled: true,
}

/** A switch that takes every command and can be made to tell events. */
function fakeSwitch() {
  const commands: string[] = []
  const listeners = new Map<string, (value: never) => void>()
  let xml = '<gateways></gateways>'
  const client = {
    state: 'up' as const,
    api: async () => '',
    bgapi: async (command: string) => {
      commands.push(command)
      if (command === 'sofia xmlstatus gateway') return xml
      return command.startsWith('show') ? '{"row_count":0}' : '+OK'
    },
    on(event: string, listener: (value: never) => void) {
      listeners.set(event, listener)
      return client as never
    },
    off: () => client as never,
  }
  return {
    client,
    commands,
    tell: (event: Partial<SwitchEvent>) => listeners.get('event')?.({ headers: {}, ...event } as never),
    setXml: (text: string) => {
      xml = text
    },
  }
}

onEachDatabase('trunks', (db) => {
  async function room(secret = 'secret one', clock = () => 1_000_000) {
    await db().knex('gateways').del()
    const fake = fakeSwitch()
    const alarms: string[] = []
    const make = (given: string) =>
      createTrunks({
        db: db(),
        audit: createAudit(db(), { error: (_d, text) => assert.fail(text) }),
        nodes: [{ name: 'fs1', client: fake.client }],
        secret: given,
        alarm: (_agency, { code, subject }) => alarms.push(`${code} ${subject}`),
        log: (line) => assert.fail(line),
        now: clock,
      })
    const trunks = make(secret)
    await trunks.start()
    trunks.stop()
    return { trunks, fake, alarms, make, scope: await makeAgency(db()) }
  }
  const gatewayEvent = (gateway: string, State: string, ping = 'UP'): Partial<SwitchEvent> => ({
    name: 'CUSTOM',
    subclass: 'sofia::gateway_state',
    headers: { Gateway: gateway, State, 'Ping-Status': ping },
  })

  it('keeps the password sealed, never shows it, and tells it to the switch alone', async () => {
    const { trunks, make, alarms, scope } = await room()
    const id = await trunks.create(scope, undefined, input)
    const rows = JSON.stringify(await db().knex('gateways'))
    assert.ok(!rows.includes('clave-del-prestador'))
    assert.ok(!JSON.stringify([await trunks.get(scope, id), await trunks.list(scope)]).includes('clave'))
    assert.ok(!JSON.stringify(await db().knex('audit').where({ agency_id: scope.agencyId })).includes('clave-del'))
    assert.deepEqual(await trunks.gateways(), [
      {
        name: 'red1',
        proxy: 'sip.prestador.example:5060',
        transport: 'udp',
        register: true,
        username: 'usuario',
        password: 'clave-del-prestador',
        callerId: '+543425550100',
        codecs: 'PCMA,PCMU',
      },
    ])
    const { password, ...same } = input
    await trunks.update(scope, undefined, id, { ...same, port: 5070 })
    assert.deepEqual(
      (await trunks.gateways()).map((one) => [one.proxy, one.password]),
      [['sip.prestador.example:5070', 'clave-del-prestador']],
    )
    assert.deepEqual(await make('another secret').gateways(), [])
    assert.deepEqual(alarms, ['trunk.password_lost red1'])
  })

  it('tells the switches at once: new, changed, gone', async () => {
    const { trunks, fake, scope } = await room()
    const told = () => fake.commands.splice(0).filter((command) => !/status|show/.test(command))
    told()
    const id = await trunks.create(scope, undefined, input)
    assert.deepEqual(told(), ['sofia profile trunk rescan', 'reloadacl'])
    await trunks.update(scope, undefined, id, { ...input, name: 'red2' })
    assert.deepEqual(told(), ['sofia profile trunk killgw red1', 'sofia profile trunk rescan', 'reloadacl'])
    assert.deepEqual((await trunks.addresses()).sort(), ['192.0.2.0/24', '2001:db8::1/128'])
    await trunks.update(scope, undefined, id, { ...input, enabled: false })
    assert.deepEqual([await trunks.gateways(), await trunks.addresses()], [[], []])
    told()
    await trunks.remove(scope, undefined, id)
    assert.deepEqual(told(), ['sofia profile trunk killgw red1', 'sofia profile trunk rescan', 'reloadacl'])
    await assert.rejects(trunks.remove(scope, undefined, id), { code: 'trunk.not_found' })
  })

  it('says what is wrong by field, and refuses a second one of the same name', async () => {
    const { trunks, scope } = await room()
    const wrong = trunks.create(scope, undefined, {
      ...input,
      ...{ name: '_all_', host: 'a b', port: 0, username: '', password: 'a b', callerId: 'yo' },
      ...{ codecs: ['MP3'], addresses: ['0.0.0.0/0'], agencyId: 999_999 },
    })
    await assert.rejects(wrong, (error: { code: string; fields: object }) => {
      assert.equal(error.code, 'trunk.wrong')
      assert.deepEqual(Object.keys(error.fields).sort(), [
        ...['addresses', 'agencyId', 'callerId', 'codecs', 'host', 'name', 'password', 'port', 'username'],
      ])
      return true
    })
    const { password, ...without } = input
    await assert.rejects(trunks.create(scope, undefined, without), { fields: { password: 'trunk.password_needed' } })
    await trunks.create(scope, undefined, input)
    await assert.rejects(trunks.create(scope, undefined, input), { code: 'trunk.name_taken' })
  })

  it('a call takes the first line that is its own, alive and free, and the next one when that fails', async () => {
    let clock = 1_000_000
    const { trunks, fake, alarms, scope } = await room('s', () => clock)
    const other = await makeAgency(db())
    await trunks.create(scope, undefined, { ...input, name: 'second', position: 20 })
    await trunks.create(scope, undefined, { ...input, name: 'first', position: 10 })
    await trunks.create(scope, undefined, { ...input, name: 'theirs', position: 1, agencyId: other.agencyId })
    const dial = () => trunks.dialNumber('+5493424123456', scope.agencyId)
    assert.equal(dial(), 'sofia/gateway/first/+5493424123456|sofia/gateway/second/+5493424123456')
    assert.deepEqual(trunks.route(other.agencyId), ['theirs', 'first', 'second'])
    assert.deepEqual(trunks.route(scope.agencyId), ['first', 'second'], 'asking takes nothing')
    const leg = (uuid: string) => ({
      name: 'CHANNEL_CREATE',
      uuid,
      headers: { 'Channel-Name': 'sofia/trunk/342', variable_sip_gateway_name: 'first' },
    })
    for (const uuid of ['x', 'y']) {
      fake.tell(leg(uuid))
      fake.tell({ name: 'CHANNEL_HANGUP_COMPLETE', uuid })
    }
    assert.deepEqual(trunks.route(scope.agencyId), ['second'], 'two in a second is what was agreed')
    clock += 1_001
    fake.tell(gatewayEvent('first', 'FAIL_WAIT'))
    assert.deepEqual(trunks.route(scope.agencyId), ['second'])
    fake.tell(gatewayEvent('first', 'FAIL_WAIT'))
    fake.tell(gatewayEvent('second', 'NOREG', 'DOWN'))
    assert.deepEqual(alarms, ['trunk.down first', 'trunk.down second'])
    assert.deepEqual(trunks.route(scope.agencyId), ['first', 'second'], 'when all are down all are tried')
    fake.tell(gatewayEvent('first', 'REGED'))
    fake.tell(leg('a'))
    fake.tell(leg('b'))
    fake.tell({ ...leg('c'), headers: { 'Channel-Name': 'sofia/trunk/5', 'Caller-Network-Addr': '192.0.2.9' } })
    assert.equal((await trunks.list(scope)).find(({ name }) => name === 'first')?.busy, 2)
    assert.equal(trunks.busy(), 3)
    assert.deepEqual(trunks.route(scope.agencyId), ['second'], 'no line free')
    clock += 1_001
    assert.deepEqual(trunks.route(scope.agencyId), ['second'], 'still none free')
    fake.tell({ name: 'CHANNEL_HANGUP_COMPLETE', uuid: 'a' })
    assert.deepEqual(trunks.route(scope.agencyId), ['first'])
    assert.equal(trunks.serves(other.agencyId), true)
    assert.throws(() => trunks.dialNumber('1|sofia/gateway/x/1', scope.agencyId), { code: 'switch.unsafe' })
  })

  it('without a line it says whether there is none or none free', async () => {
    const { trunks, fake, scope } = await room()
    assert.throws(() => trunks.dialNumber('5', scope.agencyId), { code: 'trunk.none' })
    assert.equal(trunks.serves(scope.agencyId), false)
    await trunks.create(scope, undefined, { ...input, maxLines: 1 })
    const headers = { 'Channel-Name': 'sofia/trunk/342', variable_sip_gateway_name: 'red1' }
    fake.tell({ name: 'CHANNEL_CREATE', uuid: 'one', headers })
    assert.equal(trunks.serves(scope.agencyId), true)
    assert.throws(() => trunks.dialNumber('5', scope.agencyId), { code: 'trunk.full' })
  })

  it('a number has its line; the rate of answer is counted by line and direction', async () => {
    const { trunks, scope } = await room()
    const id = await trunks.create(scope, undefined, input)
    await db()
      .knex('numbers')
      .insert({ agency_id: scope.agencyId, number: `0800${scope.agencyId}` })
    const mine = async () => (await trunks.numbers(scope)).find((one) => one.agencyId === scope.agencyId)
    const numberId = (await mine())?.id as number
    await trunks.linkNumber(scope, undefined, numberId, id)
    assert.equal((await mine())?.trunkId, id)
    await assert.rejects(trunks.linkNumber(scope, undefined, numberId, 999_999), { code: 'trunk.not_found' })
    await assert.rejects(trunks.linkNumber(scope, undefined, 999_999, id), { code: 'number.not_found' })
    const call = (n: number, direction: string, answered: number | null, createdAt = 500) =>
      db()
        .knex('interactions')
        .insert({
          ...{ id: `${scope.agencyId}-${n}`, agency_id: scope.agencyId, channel: 'voice', direction },
          ...{ created_at: createdAt, answered_at: answered, gateway: 'red1' },
        })
    await call(1, 'outbound', 600)
    await call(2, 'outbound', null)
    await call(3, 'inbound', 600)
    await call(4, 'outbound', 600, 100)
    assert.deepEqual((await trunks.attempts(scope, 500)).get('red1'), {
      ...{ inbound: 1, inboundAnswered: 1, outbound: 2, outboundAnswered: 1 },
    })
    await db().knex('interactions').where({ gateway: 'red1' }).del()
    await trunks.remove(scope, undefined, id)
    assert.equal((await mine())?.trunkId, undefined)
  })
})

it('addresses: what the switch takes, nothing that lets half the world in', () => {
  assert.equal(cidr('192.0.2.1'), '192.0.2.1/32')
  assert.equal(cidr(' 10.0.0.0/8 '), '10.0.0.0/8')
  assert.equal(cidr('2001:db8::/48'), '2001:db8::/48')
  for (const wrong of [
    '',
    '0.0.0.0/0',
    '10.0.0.0/7',
    '1.2.3.4/33',
    '1.2.3',
    'a',
    '1.2.3.4/24/1',
    '::/0',
    'fe80::1%eth0',
  ])
    assert.equal(cidr(wrong), undefined, wrong)
  for (const host of ['sip.example', '10.0.0.1', 'localhost', '2001:db8::1', 'a-b.c1']) assert.ok(isHost(host), host)
  for (const host of ['', '10.0.0.256', '-a', 'a..b', 'a b', 'a;transport=tcp', '$${x}', 'a"', `${'a'.repeat(64)}.x`])
    assert.ok(!isHost(host), host)
})

it('the words of the switch', () => {
  assert.equal(lineState('REGED', 'UP'), 'up')
  assert.equal(lineState('NOREG', 'UP'), 'up')
  assert.equal(lineState('NOREG', 'DOWN'), 'down')
  assert.equal(lineState('FAIL_WAIT', 'UP'), 'down')
  assert.equal(lineState('TRYING', 'UP'), 'trying')
})

it('whatever passes the check cannot leave its place in the XML', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom('"/><x', '$${run_dir}', "a'b", '-->'),
  )
  const shape = (xml: string) => xml.replaceAll(/"[^"<>]*"/g, '""')
  const given = (name: string, rest: Partial<TrunkInput>) =>
    shape(
      gatewaysXml([
        {
          ...{ name, proxy: `${rest.host}:1`, transport: 'udp', register: true },
          ...{ username: rest.username ?? 'u', password: rest.password ?? 'p', callerId: '1', codecs: 'PCMA' },
        },
      ]),
    )
  const usual = given('red1', { host: 'a' })
  fc.assert(
    fc.property(fc.record({ name: text, host: text, username: text, password: text }), (odd) => {
      const faults = faultsOf({ ...input, ...odd }, false)
      const kept = Object.fromEntries(Object.entries(odd).filter(([field]) => !faults[field]))
      assert.equal(given(kept.name ?? 'red1', { host: 'a', ...kept }), usual)
    }),
    { numRuns: 2_000 },
  )
})

it('a leg that is over, which the switch still lists for a while, takes no line', async () => {
  const lines = createLines(() => {})
  lines.setKnown([{ name: 'first', addresses: ['192.0.2.0/24'], host: 'sip.example' }])
  const listed = ['living', 'over'].flatMap((what) => [
    { uuid: `${what}-in`, name: 'sofia/trunk/342@192.0.2.9', direction: 'inbound', ip_addr: '192.0.2.9' },
    { uuid: `${what}-out`, name: 'sofia/trunk/342', direction: 'outbound' },
  ])
  const commands = (command: string) => {
    if (command === 'show channels as json') return JSON.stringify({ rows: listed })
    if (command.startsWith('uuid_exists')) return String(command.includes('living'))
    return command.startsWith('uuid_getvar') ? 'first' : ''
  }
  const say = async (command: string) => commands(command)
  await lines.listed({ name: 'fs1', client: { state: 'up', api: say, bgapi: say } as never })
  assert.equal(lines.busy('first'), 2)
})

it('legs that ended unheard, or while the switch was asked, take no line; one that began meanwhile does', async () => {
  const lines = createLines(() => {})
  const heard = (name: string, uuid: string) => {
    const headers = { 'Channel-Name': 'sofia/trunk/342', variable_sip_gateway_name: 'first' }
    lines.heard('fs1', { name, uuid, headers } as never)
  }
  for (const uuid of ['unlisted', 'unheard', 'living']) heard('CHANNEL_CREATE', uuid)
  const rows = ['unheard', 'living', 'asked', 'named'].map((uuid) => ({
    ...{ uuid, name: 'sofia/trunk/342', direction: 'outbound' },
  }))
  const say = async (command: string) => {
    if (command === 'show channels as json') {
      heard('CHANNEL_CREATE', 'begun')
      return JSON.stringify({ rows })
    }
    if (command === 'uuid_exists asked' || command.startsWith('uuid_getvar named'))
      heard('CHANNEL_HANGUP_COMPLETE', command.split(' ')[1] ?? '')
    if (command.startsWith('uuid_exists')) return String(!command.includes('unheard'))
    return command.startsWith('uuid_getvar') ? 'first' : ''
  }
  await lines.listed({ name: 'fs1', client: { state: 'up', api: say, bgapi: say } as never })
  assert.equal(lines.busy('first'), 2, 'the living one and the one that began')
  for (const uuid of ['living', 'begun']) heard('CHANNEL_HANGUP_COMPLETE', uuid)
  assert.equal(lines.busyAll(), 0)
})
