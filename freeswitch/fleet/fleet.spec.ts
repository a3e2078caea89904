// Two embedded switches as one: where commands go, what is told when one is lost, cut off, or started again.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type EmbeddedSwitch, startEmbeddedSwitch } from '../embedded/index.ts'
import { EslClient } from '../esl/index.ts'
import type { SwitchEvent } from '../esl/types.ts'
import { readCommand, throughNodes } from './commands.ts'
import { type CuttableWire, cuttableWire } from './cuttable-wire.ts'
import { createFleet, type Fleet, fleetEvents } from './index.ts'
import { Legs } from './legs.ts'

const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
const events = [...fleetEvents, 'CHANNEL_ANSWER', 'CHANNEL_PARK', 'CHANNEL_HANGUP']

describe('what a command is about', () => {
  it('finds the leg, the caller and the phones', () => {
    const of = (command: string) => readCommand(command, 'vera.local')
    assert.deepEqual(of('uuid_hold off x1'), { kind: 'leg', legs: ['off', 'x1'] })
    assert.deepEqual(of('uuid_exists x1'), { kind: 'exists', leg: 'x1' })
    assert.deepEqual(of('show channels as json'), { kind: 'channels' })
    assert.deepEqual(of('reloadxml'), { kind: 'everywhere' })
    assert.deepEqual(of(`conference vera-${uuid(3)} list`), { kind: 'any', legs: [uuid(3)] })
    assert.deepEqual(
      of(`originate {origination_uuid=${uuid(1)},vera_caller=c9}user/1001@vera.local &eavesdrop(${uuid(2)})`),
      { kind: 'originate', id: uuid(1), beside: ['c9', uuid(2)], extensions: ['1001'] },
    )
    // Of another domain: not a phone of ours.
    assert.deepEqual(of('originate user/1001@else.where &park()'), {
      kind: 'originate',
      id: undefined,
      beside: [],
      extensions: [],
    })
  })

  it('dials through the node of the registration, with the id of the leg it is for', () => {
    const about = { domain: 'vera.local', id: 'a1', header: 'X-Vera-Leg' }
    const command = 'originate {origination_uuid=a1}user/1001@vera.local &park()'
    assert.equal(
      throughNodes(command, about, (extension) => `sofia/nodes/sip:${extension}@10.0.0.2:5090`),
      'originate {sip_h_X-Vera-Leg=a1,origination_uuid=a1}sofia/nodes/sip:1001@10.0.0.2:5090 &park()',
    )
    assert.equal(
      throughNodes(command, about, (extension) => `user/${extension}@vera.local`),
      command,
    )
  })

  it('forgets legs that end, and keeps a bound', () => {
    const legs = new Legs()
    for (let n = 0; n < 60_000; n++) legs.learn(`leg${n}`, n % 2 ? 'a' : 'b')
    assert.equal(legs.count('a') + legs.count('b'), 50_000)
    legs.end('leg59999')
    assert.equal(legs.isLiving('leg59999'), false)
    assert.equal(legs.nodeOf('leg59999'), 'a')
    assert.equal(legs.learn('leg59999', 'a'), false, 'a late event does not wake it')
  })
})

describe('two switches as one', () => {
  const switches: EmbeddedSwitch[] = []
  const wires: CuttableWire[] = []
  let fleet: Fleet
  const time = 0
  const timers: { at: number; run: () => void }[] = []
  const heard: SwitchEvent[] = []
  let registered: Record<string, string[]> = {}
  const client = ({ port }: { port: number }) =>
    new EslClient({
      address: { host: '127.0.0.1', port, password: 'fleet' },
      events,
      reconnect: { firstMs: 20, maxMs: 50 },
    })
  const begin = () =>
    startEmbeddedSwitch({ password: 'fleet', phoneHabits: { answerMs: [20, 30], talkMs: [600_000, 1] } })
  const told = (name: 'up' | 'down') => new Promise<unknown>((resolve) => fleet.on(name as 'up', resolve))
  /** An inbound leg that waits on its music. */
  async function waiting(n: number) {
    const line = switches[n]!.line({ from: '3424111222', to: 'vera_wait', context: 'vera' })
    while (fleet.nodeOf(line.uuid) === undefined) await new Promise((resolve) => setTimeout(resolve, 5))
    return line
  }
  const rows = async () =>
    (JSON.parse(await fleet.api('show channels as json')) as { rows: { uuid: string; stale?: boolean }[] }).rows

  before(async () => {
    switches.push(await begin(), await begin())
    for (const { port } of switches) wires.push(await cuttableWire(port))
    fleet = createFleet({
      nodes: wires.map((wire, n) => ({
        name: `fs${n + 1}`,
        client: client(wire),
        sip: { host: `10.0.0.${n + 1}`, nodesPort: 5090 },
      })),
      domain: 'vera.local',
      registeredAt: (extension) => registered[extension] ?? ['fs1', 'fs2'],
      now: () => time,
      after: (ms, run) => {
        const timer = { at: time + ms, run }
        timers.push(timer)
        return () => void timers.splice(timers.indexOf(timer), 1)
      },
    })
    fleet.on('event', (event) => heard.push(event))
    fleet.start()
    while (fleet.nodes().some(({ state }) => state !== 'up')) await told('up')
  })
  after(async () => {
    await fleet.stop()
    for (const target of [...switches, ...wires]) await ('stop' in target ? target.stop() : target.close())
  })

  it('knows where each leg is and sends commands there', async () => {
    const [one, two] = [await waiting(0), await waiting(1)]
    assert.deepEqual([fleet.nodeOf(one.uuid), fleet.nodeOf(two.uuid)], ['fs1', 'fs2'])
    assert.deepEqual(
      (await rows()).map((row) => row.uuid).sort(),
      [one.uuid, two.uuid].sort(),
      'the channels of both are one list',
    )
    assert.equal(await fleet.api(`uuid_exists ${two.uuid}`), 'true')
    await fleet.api(`uuid_setvar ${two.uuid} vera_x 'hola'`)
    assert.equal(await switches[1]!.api(`uuid_getvar ${two.uuid} vera_x`), 'hola')
    assert.equal(heard.find((event) => event.uuid === two.uuid)?.node, 'fs2')
    await assert.rejects(fleet.api(`uuid_kill ${uuid(7)}`), { code: 'switch.refused' })
    assert.equal(await fleet.api(`uuid_exists ${uuid(7)}`), 'false')
  })

  it('rings an agent on the switch of the caller, and joins them there', async () => {
    const caller = await waiting(1)
    const joined = new Promise<boolean>((resolve) => {
      caller.onJoined = resolve
    })
    await fleet.bgapi(`originate {origination_uuid=${uuid(20)},vera_caller=${caller.uuid}}user/1003@vera.local &park()`)
    assert.equal(fleet.nodeOf(uuid(20)), 'fs2')
    await fleet.api(`uuid_bridge ${caller.uuid} ${uuid(20)}`)
    assert.equal(await joined, true)
  })

  it('puts other calls where there are fewest, but not on one that drains', async () => {
    const place = async (n: number) => {
      await fleet.bgapi(`originate {origination_uuid=${uuid(n)}}user/10${n - 30 + 10}@vera.local &park()`)
      return fleet.nodeOf(uuid(n))
    }
    assert.equal(await place(30), 'fs1', 'fs2 has more legs')
    await fleet.drain('fs1', true)
    assert.equal(await switches[0]!.api('global_getvar vera_draining'), 'true')
    assert.equal(await place(31), 'fs2')
    assert.deepEqual(
      fleet.nodes().map(({ draining }) => draining),
      [true, false],
    )
    await fleet.drain('fs1', false)
  })

  it('goes to the phone through the node where it is registered', async () => {
    registered = { '1001': ['fs2'], '1002': [] }
    const [one, two] = [await waiting(0), await waiting(1)]
    assert.equal(fleet.dialAt(one.uuid, '1001'), 'sofia/nodes/sip:1001@10.0.0.2:5090')
    assert.equal(fleet.dialAt(two.uuid, '1001'), 'user/1001@vera.local')
    assert.equal(fleet.dialAt(one.uuid, '1002'), 'user/1002@vera.local', 'registered nowhere: the switch says so')
    // Belongs to no caller: rings where it is registered, though the other switch is freer.
    await fleet.bgapi(`originate {origination_uuid=${uuid(40)}}user/1001@vera.local &park()`)
    assert.equal(fleet.nodeOf(uuid(40)), 'fs2')
    registered = {}
  })

  it('an originate that is refused leaves nothing behind', async () => {
    const before = fleet.nodes().map(({ calls }) => calls)
    await assert.rejects(fleet.bgapi(`originate {origination_uuid=${uuid(50)}}user/9999@vera.local &park()`))
    assert.deepEqual(
      fleet.nodes().map(({ calls }) => calls),
      before,
    )
  })

  const backAgain = async () => {
    while (fleet.nodes()[1]!.state !== 'up') await told('up')
  }

  it('a connection that is cut harms no leg', async () => {
    const line = await waiting(1)
    const resync = told('up')
    switches[1]!.cutConnections()
    assert.equal(await resync, false)
    assert.equal(fleet.state, 'up', 'the other one is there')
    await backAgain()
    assert.equal(await fleet.api(`uuid_exists ${line.uuid}`), 'true')
    assert.equal(fleet.nodeOf(line.uuid), 'fs2')
  })

  it('legs of a switch that is away count as living for two minutes', async () => {
    const line = await waiting(1)
    const away = told('up')
    wires[1]!.cut()
    await away
    const staleRows = async () => (await rows()).filter((row) => row.stale).map((row) => row.uuid)
    assert.ok((await staleRows()).includes(line.uuid))
    assert.equal(await fleet.api(`uuid_exists ${line.uuid}`), 'true')
    assert.match(await fleet.api(`uuid_dump ${line.uuid} json`), /"Vera-Stale":"true"/)
    await assert.rejects(fleet.api(`uuid_kill ${line.uuid}`), { code: 'switch.down' })
    assert.ok(
      (await rows()).some((row) => !row.stale),
      'the other switch is asked as ever',
    )
    assert.deepEqual(
      timers.map(({ at }) => at),
      [120_000],
    )
    const givenUp = told('up')
    for (const timer of timers.splice(0)) timer.run()
    assert.equal(await givenUp, false)
    assert.deepEqual(await staleRows(), [])
    assert.equal(await fleet.api(`uuid_exists ${line.uuid}`), 'false')
  })

  it('a switch that was started again lost its calls at once', async () => {
    wires[1]!.lead(switches[1]!.port)
    await backAgain()
    const line = await waiting(1)
    const away = told('up')
    wires[1]!.cut()
    await away
    assert.equal(await fleet.api(`uuid_exists ${line.uuid}`), 'true')
    await switches[1]!.stop()
    switches[1] = await begin()
    wires[1]!.lead(switches[1]!.port)
    await backAgain()
    assert.equal(await fleet.api(`uuid_exists ${line.uuid}`), 'false')
    assert.equal(fleet.nodes()[1]!.calls, 0)
    assert.equal(timers.length, 0)
  })
})

it('one switch alone: everything passes straight through', async () => {
  const target = await startEmbeddedSwitch({ password: 'fleet' })
  const said: string[] = []
  const client = new EslClient({ address: { host: '127.0.0.1', port: target.port, password: 'fleet' }, events })
  const api = client.api.bind(client)
  client.api = (command, timeoutMs) => {
    said.push(command)
    return api(command, timeoutMs)
  }
  const fleet = createFleet({ nodes: [{ name: 'fs1', client }], domain: 'vera.local', registeredAt: () => ['other'] })
  const up = new Promise<boolean>((resolve) => fleet.on('up', resolve))
  fleet.start()
  assert.equal(await up, false)
  assert.equal(fleet.coreUuid, target.coreUuid)
  const line = target.line({ from: '3424111222', to: 'vera_wait', context: 'vera' })
  while (fleet.nodes()[0]!.calls === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  said.length = 0
  assert.equal(await fleet.api(`uuid_exists ${line.uuid}`), 'true')
  await assert.rejects(fleet.api('uuid_kill nobody'), { code: 'switch.refused' })
  assert.deepEqual(said, [`uuid_exists ${line.uuid}`, 'uuid_kill nobody'], 'no question of its own')
  const down = new Promise<string>((resolve) => fleet.on('down', resolve))
  await target.stop()
  assert.match(await down, /./)
  await assert.rejects(fleet.api('show channels as json'), { code: 'switch.down' })
  await fleet.stop()
})
