// Two FreeSWITCH on loopback: the caller on one, the agent's phone registered on the other, joined by SIP between them.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { writeDirectory } from '../conf/directory.ts'
import { wavFile } from '../conf/music.ts'
import { findFreeswitch, type RunningSwitch, startFreeswitch } from '../conf/process.ts'
import { defaultSite } from '../conf/site.ts'
import { EslClient } from '../esl/index.ts'
import type { SwitchEvent } from '../esl/types.ts'
import { createFleet, type Fleet, fleetEvents } from './index.ts'
import { writeNodesSite } from './site.ts'

const binary = findFreeswitch(process.env.FREESWITCH_BIN, '')
const phone = spawnSync('which', ['baresip']).status === 0
const skip = !binary ? 'FREESWITCH_BIN is not set' : !phone && 'no baresip here'

it('a caller of one switch talks to an agent registered on the other', { skip, timeout: 60_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vera-fleet-'))
  const stops: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })]
  try {
    const nodesPorts = await freePorts(2)
    const running: RunningSwitch[] = []
    const members: { name: string; client: EslClient; sip: { host: string; nodesPort: number } }[] = []
    const agentsPorts: number[] = []
    for (const n of [0, 1]) {
      const [eslPort, agentsPort, agentsWsPort, trunkPort] = (await freePorts(4)) as [number, number, number, number]
      const rtp = { rtpFirst: 28_000 + n * 200, rtpLast: 28_199 + n * 200 }
      const home = join(folder, `fs${n + 1}`)
      const site = { ...defaultSite(home), eslPort, agentsPort, agentsWsPort, trunkPort, ...rtp }
      await writeDirectory(home, site.domain, [{ extension: '1001', name: 'Agente', password: 'de-prueba' }])
      await writeNodesSite({ home, sipIp: '127.0.0.1', port: nodesPorts[n]!, peers: ['127.0.0.1'] })
      await mkdir(join(home, 'dialplan'), { recursive: true })
      await writeFile(join(home, 'dialplan', 'citizen.xml'), citizen(join(folder, 'heard.wav')))
      const one = await startFreeswitch(binary as string, site)
      stops.unshift(one.stop)
      running.push(one)
      agentsPorts.push(agentsPort)
      const client = new EslClient({
        address: { host: '127.0.0.1', port: eslPort, password: one.password },
        events: [...fleetEvents, 'CHANNEL_ANSWER', 'CUSTOM sofia::register'],
      })
      members.push({ name: `fs${n + 1}`, client, sip: { host: '127.0.0.1', nodesPort: nodesPorts[n]! } })
    }
    const places: string[] = []
    const fleet = createFleet({ nodes: members, domain: 'vera.local', registeredAt: () => places })
    stops.unshift(() => fleet.stop())
    fleet.on('event', (event) => {
      if (event.subclass === 'sofia::register') places.push(event.node as string)
    })
    fleet.start()
    await happens(fleet, 'both up', () => fleet.nodes().every(({ state }) => state === 'up'))
    const baresip = await startPhone(join(folder, 'phone'), agentsPorts[1]!)
    stops.unshift(() => stopped(baresip))
    await happens(fleet, 'the phone registers', () => places.includes('fs2'))

    const caller = '00000000-0000-4000-8000-0000000000c1'
    const agent = '00000000-0000-4000-8000-0000000000a1'
    await fleet.client('fs1')!.bgapi(`originate {origination_uuid=${caller}}loopback/citizen/citizens &park()`)
    assert.equal(fleet.dialAt(caller, '1001'), `sofia/nodes/sip:1001@127.0.0.1:${nodesPorts[1]}`)
    const asked = performance.now()
    const legs: SwitchEvent[] = []
    fleet.on('event', (event) => void (event.name === 'CHANNEL_ORIGINATE' && legs.push(event)))
    const dialled = fleet.bgapi(
      `originate {origination_uuid=${agent},vera_caller=${caller}}user/1001@vera.local &park()`,
    )
    await happens(fleet, 'it rings', () => legs.some((event) => event.node === 'fs2'))
    // The agent's click reaches the phone's own leg, on the other switch.
    assert.match(await fleet.api(`uuid_phone_event ${agent} talk`), /^\+OK/)
    await dialled
    const answeredMs = Math.round(performance.now() - asked)
    await fleet.api(`uuid_bridge ${caller} ${agent}`)
    assert.equal(fleet.nodeOf(agent), 'fs1')
    const onSecond = fleet.nodes()[1]!.calls
    assert.equal(onSecond, 2, 'its fellow holds the way in and the phone')
    const packets = async () => {
      await fleet.api(`uuid_set_media_stats ${agent}`)
      const [came, went] = await Promise.all(
        ['in', 'out'].map((way) => fleet.api(`uuid_getvar ${agent} rtp_audio_${way}_media_packet_count`)),
      )
      return [Number(came), Number(went)] as const
    }
    const talks = async (more: number) => {
      const from = await packets()
      let counted = from
      const fewest = () => Math.min(counted[0] - from[0], counted[1] - from[1])
      for (let left = 100; fewest() < more && left > 0; left--) {
        await new Promise((resolve) => setTimeout(resolve, 50))
        counted = await packets()
      }
      assert.ok(fewest() >= more, `RTP both ways: ${from}, then ${counted}`)
      return counted
    }
    await talks(100)
    // On hold and back, across both switches.
    await fleet.api(`uuid_hold ${agent}`)
    await fleet.api(`uuid_hold off ${agent}`)
    const counted = await talks(50)
    const gone = ended(fleet, agent)
    await fleet.api(`uuid_kill ${caller}`)
    await fleet.api(`uuid_kill ${agent}`)
    await gone
    await happens(fleet, 'nothing is left', () => fleet.nodes().every(({ calls }) => calls === 0))
    const wav = await readFile(join(folder, 'heard.wav'))
    const loud = Math.max(...new Int16Array(wav.buffer, wav.byteOffset + 44, (wav.length - 44) >> 1).map(Math.abs))
    assert.ok(loud > 1_000, `the citizen hears the agent's tone: ${loud}`)
    console.log(`# answered ${answeredMs} ms after it was asked; RTP in, out: ${counted}; loudest sample heard ${loud}`)
  } finally {
    for (const stop of stops) await stop().catch(() => {})
  }
})

/** The citizen hums, and keeps what is heard. */
const citizen = (file: string) => `<include>
<context name="citizens"><extension name="citizen"><condition field="destination_number" expression="^citizen$">
<action application="answer"/><action application="record_session" data="${file}"/>
<action application="playback" data="{loops=-1}tone_stream://%(2000,0,440)"/></condition></extension></context>
</include>
`

async function startPhone(folder: string, port: number): Promise<ChildProcess> {
  const [listen] = await freePorts(1)
  await mkdir(folder, { recursive: true })
  const modules = ['module g711', 'module aufile', 'module_tmp account', 'module_app menu'].map((line) => `${line}.so`)
  const tone = Int16Array.from({ length: 8_000 * 30 }, (_, n) => 8_000 * Math.sin((n / 8_000) * 700 * 2 * Math.PI))
  await writeFile(join(folder, 'tone.wav'), wavFile(tone))
  await writeFile(
    join(folder, 'config'),
    `sip_listen 127.0.0.1:${listen}\nnet_interface 127.0.0.1\nrtp_ports 28500-28600\naudio_source aufile,${folder}/tone.wav
module_path /usr/lib/baresip/modules\n${modules.join('\n')}\n`,
  )
  await writeFile(
    join(folder, 'accounts'),
    `<sip:1001@vera.local>;outbound="sip:127.0.0.1:${port};transport=udp";auth_user=1001;auth_pass=de-prueba;answermode=auto;regint=60\n`,
  )
  return spawn('baresip', ['-f', folder], { stdio: 'ignore' })
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

const ended = (fleet: Fleet, leg: string) =>
  new Promise<void>((done) => {
    fleet.on('event', (event) => {
      if (event.name === 'CHANNEL_HANGUP_COMPLETE' && event.uuid === leg) done()
    })
  })

/** Waits for something that events bring about. */
async function happens(fleet: Fleet, what: string, holds: () => boolean): Promise<void> {
  const until = Date.now() + 15_000
  while (!holds()) {
    if (Date.now() > until) throw new Error(`${what}: not within 15 s; ${JSON.stringify(fleet.nodes())}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  await Promise.all(servers.map((server) => new Promise<void>((open) => server.listen(0, '127.0.0.1', open))))
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))))
  return ports
}
