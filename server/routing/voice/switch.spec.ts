// The voice hand on switches that speak: the embedded one always, FreeSWITCH where there is one.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createLiveCall, type LiveCall } from '../../../freeswitch/call/index.ts'
import { wavFile } from '../../../freeswitch/conf/music.ts'
import { findFreeswitch, startFreeswitch } from '../../../freeswitch/conf/process.ts'
import { defaultSite, noLimits, writeSite } from '../../../freeswitch/conf/site.ts'
import { startEmbeddedSwitch } from '../../../freeswitch/embedded/index.ts'
import { dialString, EslClient, listenCalls } from '../../../freeswitch/esl/index.ts'
import { placeCall, placeCallEvents } from '../../../freeswitch/place-call.ts'
import { agentOf, queueOf } from '../engine/history.ts'
import { createRouting, type RoutingEvents, routingEvents } from '../index.ts'
import { FactList } from './fake-switch.ts'

type Running = { port: number; password: string; holds: boolean; place: typeof placeCall; stop(): Promise<unknown> }
type Start = (callListen: string, folder: string) => Promise<Running>

/** Agents' phones for a switch without simulated ones: they answer after 300 ms and hum. */
const phones = `<include>
<context name="phones">
<extension name="answers"><condition field="destination_number" expression="^100[12]$">
<action application="ring_ready"/><action application="sleep" data="300"/><action application="answer"/>
<action application="playback" data="{loops=-1}tone_stream://%(2000,0,440)"/></condition></extension>
</context>
</include>
`

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))))
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

const embedded: Start = async (callListen, folder) => {
  const running = await startEmbeddedSwitch({
    password: 'routing',
    callListen,
    recordingsDir: join(folder, 'recordings'),
    phoneHabits: { answerMs: [250, 350], talkMs: [600_000, 1] },
  })
  return {
    port: running.port,
    password: 'routing',
    holds: true,
    place: (_, request) => running.placeCall(request),
    stop: () => running.stop(),
  }
}

const real =
  (binary: string): Start =>
  async (callListen, folder) => {
    const [eslPort, agentsPort, agentsWsPort, trunkPort] = (await freePorts(4)) as [number, number, number, number]
    const home = join(folder, 'switch')
    const site = {
      ...defaultSite(home),
      limits: noLimits,
      eslPort,
      agentsPort,
      agentsWsPort,
      trunkPort,
      rtpFirst: 29_500,
      rtpLast: 29_900,
      callListen,
      cdrDir: join(folder, 'cdr'),
      recordingsDir: join(folder, 'recordings'),
    }
    await writeSite(site)
    const directory = join(home, 'directory', 'agents.xml')
    writeFileSync(
      directory,
      readFileSync(directory, 'utf8').replace(/sofia\/agents\/(\$\{dialed_user\})%[\w.]+/, 'loopback/$1/phones'),
    )
    mkdirSync(join(home, 'dialplan'), { recursive: true })
    writeFileSync(join(home, 'dialplan', 'phones.xml'), phones)
    const running = await startFreeswitch(binary, site)
    return { port: eslPort, holds: false, password: running.password, place: placeCall, stop: () => running.stop() }
  }

async function wholeCall(start: Start): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'vera-voice-'))
  const calls: LiveCall[] = []
  let onCall = () => {}
  const nextCall = async () => {
    if (calls.length === 0)
      await new Promise<void>((resolve, reject) => {
        onCall = resolve
        setTimeout(() => reject(new Error('no call within 10 s')), 60_000).unref()
      })
    return calls.shift()!
  }
  const listener = await listenCalls({
    host: '127.0.0.1',
    port: 0,
    onCall(session) {
      calls.push(createLiveCall(session))
      onCall()
    },
  })
  const running = await start(`127.0.0.1:${listener.port}`, folder)
  const client = new EslClient({
    address: { host: '127.0.0.1', port: running.port, password: running.password },
    events: [...new Set([...routingEvents, ...placeCallEvents])],
  })
  const up = new Promise<void>((resolve) => client.on('up', () => resolve()))
  client.start()
  await up
  const facts = new FactList()
  const log: string[] = []
  const prompt = join(folder, 'prompt.wav')
  writeFileSync(prompt, wavFile(new Int16Array(800)))
  const hand = () => {
    const routing = createRouting({
      client,
      facts,
      dialString: (user) => dialString({ user, domain: 'vera.local' }),
      promptFile: async () => prompt,
      recordingsDir: join(folder, 'recordings'),
      lastStates: async () => last,
      log: (line) => log.push(line),
    })
    routing.setQueues([queueOf(1, { record: true, wrapUpMs: 5_000, messages: ['hola'], messageEveryMs: 400 })])
    routing.setAgents([agentOf(1), agentOf(2)])
    return routing
  }
  const next = <Name extends keyof RoutingEvents>(
    routing: ReturnType<typeof hand>,
    name: Name,
    fits = (_: RoutingEvents[Name][0]) => true,
  ) =>
    new Promise<RoutingEvents[Name][0]>((resolve, reject) => {
      const off = routing.on(name, (event) => {
        if (!fits(event)) return
        clearTimeout(late)
        off()
        resolve(event)
      })
      const late = setTimeout(() => reject(new Error(`no ${name} within 10 s; facts: ${facts.kinds()}`)), 60_000)
    })
  const until = async (what: string, holds: () => boolean) => {
    for (let tries = 0; !holds(); tries++) {
      assert.ok(tries < 400, `${what} within 10 s; log: ${log.join(' | ')}; facts: ${facts.kinds()}`)
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
  }
  let last: ReturnType<ReturnType<typeof hand>['now']>['agents'] = []
  const ended: Promise<unknown>[] = []
  let routing = hand()
  try {
    await routing.start()
    const enter = async (interaction: string) => {
      ended.push(running.place(client, { from: '3424123456', to: '3425550100' }))
      const call = await nextCall()
      await call.answer()
      await routing.calls.enqueue(call, {
        queueId: 1,
        interactionId: interaction,
        agencyId: 1,
        flowNode: 'n1',
        msg: {},
        keys: '*',
      })
      return call.uuid
    }
    const [first, second] = [await enter('i1'), await enter('i2')]
    const connected = next(routing, 'connected')
    const rang = performance.now()
    routing.agents.signIn(1)
    const talk = await connected
    assert.equal(talk.interactionId, 'i1')
    assert.ok(performance.now() - rang < 3_000)
    await until('recording', () => facts.of('recording.expected').length === 1)
    // A loopback leg, which stands for the phone on a real switch, can be held but never taken back.
    if (running.holds) {
      await routing.agents.hold(1)
      await routing.agents.unhold(1)
    }

    // Killed in the middle of talking and waiting: the next hand goes on.
    last = routing.now().agents
    const before = routing.now().waiting
    routing.stop()
    routing = hand()
    await routing.start()
    assert.equal(routing.agents.work(1)?.connected?.talkId, talk.talkId)
    assert.deepEqual(routing.now().waiting, before)
    assert.equal(before[0]?.interactionId, 'i2')

    // A second of talk, so that there is something to hear on the recording.
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    const over = next(routing, 'ended')
    routing.agents.hangUp(1)
    assert.equal((await over).talkId, talk.talkId)
    const resumed = await nextCall()
    assert.deepEqual(
      [resumed.uuid, resumed.variables.vera_exit, resumed.variables.vera_flow_node],
      [first, 'answered', 'n1'],
    )
    await until('recording on disk', () => facts.of('recording.closed').length === 1)
    const closed = facts.of('recording.closed')[0]!
    assert.equal(closed.state, 'present')
    assert.ok(closed.durationMs! > 1_000, `${closed.durationMs} ms`)
    const wav = readFileSync(facts.of('recording.expected')[0]!.path)
    assert.equal(wav.readUInt16LE(22), 2, 'stereo')
    assert.ok(
      wav.subarray(44).some((byte) => byte !== 0),
      'something is heard',
    )
    await resumed.hangup()

    // The second caller gets the agent after the wrap-up, and leaves first.
    const again = next(routing, 'connected')
    routing.agents.finishWrapUp(1, { dispositionId: 1 })
    assert.equal((await again).interactionId, 'i2')
    const goneAgain = next(routing, 'ended')
    await client.api(`uuid_kill ${second}`)
    await goneAgain
    await until('second recording', () => facts.of('recording.closed').length === 2)
    assert.deepEqual(
      facts.kinds().filter((kind) => kind.startsWith('stay') || kind.startsWith('talk.b') || kind === 'talk.ended'),
      [
        'stay.began',
        'stay.began',
        'stay.left:answered',
        'talk.began',
        'talk.ended',
        'stay.left:answered',
        'talk.began',
        'talk.ended',
      ],
    )
    await Promise.all(ended)
  } finally {
    routing.stop()
    await client.stop()
    await running.stop()
    await listener.close(true)
    rmSync(folder, { recursive: true, force: true })
  }
}

test('on the embedded switch: wait, ring, talk, restart of the hand, recording, resume', { timeout: 300_000 }, () =>
  wholeCall(embedded),
)

const binary = findFreeswitch(process.env.FREESWITCH_BIN, process.env.PATH ?? '')
test(
  'on FreeSWITCH: wait, ring, talk, restart of the hand, recording, resume',
  { timeout: 300_000, skip: binary ? false : 'no FreeSWITCH here: FREESWITCH_BIN is not set and none is on PATH' },
  () => wholeCall(real(binary!)),
)
