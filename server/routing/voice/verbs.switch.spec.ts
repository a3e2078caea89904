// The verbs of a talk on a real FreeSWITCH. Everybody hums another tone, so that who hears whom is measured on the wire.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createLiveCall, type LiveCall } from '../../../freeswitch/call/index.ts'
import { gatewaysXml } from '../../../freeswitch/conf/gateway.ts'
import { findFreeswitch, type RunningSwitch, startFreeswitch } from '../../../freeswitch/conf/process.ts'
import { defaultSite, noLimits, writeSite } from '../../../freeswitch/conf/site.ts'
import { type CallListener, dialString, EslClient, listenCalls } from '../../../freeswitch/esl/index.ts'
import { agentOf, queueOf } from '../engine/history.ts'
import { createRouting, type Routing, type RoutingEvents, routingEvents } from '../index.ts'
import { carrier } from './carrier.ts'
import { FactList } from './fake-switch.ts'

const binary = findFreeswitch(process.env.FREESWITCH_BIN, process.env.PATH ?? '')
const skip = binary ? false : 'no FreeSWITCH here: FREESWITCH_BIN is not set and none is on PATH'

/** Hz by who hums it. */
const tones = { citizen: 400, agent: 700, other: 1100, supervisor: 1700 }
type Who = keyof typeof tones
const hum = (name: string, expression: string, hz: number) => `
<extension name="${name}"><condition field="destination_number" expression="${expression}">
<action application="answer"/>
<action application="playback" data="{loops=-1}tone_stream://%(2000,0,${hz})"/></condition></extension>`
const phones = `<include>
<context name="phones">
${hum('citizen', '^3001$', tones.citizen)}${hum('agent', '^1001$', tones.agent)}${hum('other', '^1002$', tones.other)}${hum('outside', '^34257$', tones.other)}${hum('supervisor', '^1009$', tones.supervisor)}
<extension name="busy"><condition field="destination_number" expression="^34250$">
<action application="hangup" data="USER_BUSY"/></condition></extension>
<extension name="silent"><condition field="destination_number" expression="^34251$">
<action application="ring_ready"/><action application="sleep" data="60000"/></condition></extension>
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

/** Loudness of each tone in one side of a stereo recording (Goertzel), 0..32767. */
function loudness(path: string, channel: 0 | 1): Record<Who, number> {
  const wav = readFileSync(path)
  const rate = wav.readUInt32LE(24)
  const samples = new Int16Array(wav.buffer.slice(wav.byteOffset + 44, wav.byteOffset + 44 + ((wav.length - 44) & ~3)))
  const count = samples.length / 2
  const measured = Object.entries(tones).map(([who, hz]) => {
    const turn = 2 * Math.cos((2 * Math.PI * hz) / rate)
    let [last, beforeLast] = [0, 0]
    for (let at = 0; at < count; at++)
      [last, beforeLast] = [samples[at * 2 + channel]! + turn * last - beforeLast, last]
    return [who, (2 * Math.sqrt(last ** 2 + beforeLast ** 2 - turn * last * beforeLast)) / count] as const
  })
  return Object.fromEntries(measured) as Record<Who, number>
}

describe('verbs of a talk on FreeSWITCH', { skip, timeout: 240_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'vera-verbs-'))
  const facts = new FactList()
  const log: string[] = []
  const calls: LiveCall[] = []
  let running: RunningSwitch
  let listener: CallListener
  let client: EslClient
  let routing: Routing
  let interactions = 0
  let carriers: Record<'full' | 'busy' | 'declined' | 'free', Awaited<ReturnType<typeof carrier>>>

  const create = () => {
    const made = createRouting({
      client,
      facts,
      dialString: (user) => dialString({ user, domain: 'vera.local' }),
      dialNumber: (number) =>
        number.startsWith('3426')
          ? [number.endsWith('3') ? 'declined' : 'full', number.endsWith('2') ? 'busy' : 'free']
              .map((gateway) => dialString({ gateway, number }))
              .join('|')
          : dialString({ loopback: number, context: 'phones' }),
      promptFile: async () => '/nowhere.wav',
      recordingsDir: join(folder, 'recordings'),
      log: (line) => log.push(line),
    })
    made.setQueues([queueOf(1, { record: true, wrapUpMs: 60_000 }), queueOf(2)])
    made.setAgents([agentOf(1), agentOf(2, { skills: { 9: 1 } })])
    return made
  }
  const until = async (what: string, holds: () => boolean | Promise<boolean>) => {
    for (let tries = 0; !(await holds()); tries++) {
      assert.ok(tries < 400, `${what} within 10 s; log: ${log.join(' | ')}; facts: ${facts.kinds().slice(-20)}`)
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
  }
  const next = <Name extends keyof RoutingEvents>(name: Name, fits = (_: RoutingEvents[Name][0]) => true) =>
    new Promise<RoutingEvents[Name][0]>((resolve, reject) => {
      const off = routing.on(name, (event) => {
        if (!fits(event)) return
        clearTimeout(late)
        off()
        resolve(event)
      })
      const late = setTimeout(() => reject(new Error(`no ${name}; log: ${log.join(' | ')}; ${facts.kinds()}`)), 10_000)
    })
  const farOf = (leg: string) => client.api(`uuid_getvar ${leg} other_loopback_leg_uuid`)
  const exists = async (leg: string) => (await client.api(`uuid_exists ${leg}`)) === 'true'
  /** Whom the person behind a leg hears now: recorded on that person's own phone. */
  const hears = async (leg: string): Promise<Who[]> => {
    const far = await farOf(leg)
    const path = join(folder, `${crypto.randomUUID()}.wav`)
    const stopped = new Promise<void>((resolve) => {
      const listen = (event: { name: string; headers: Readonly<Record<string, string>> }) => {
        if (event.name !== 'RECORD_STOP' || event.headers['Record-File-Path'] !== path) return
        client.off('event', listen)
        resolve()
      }
      client.on('event', listen)
    })
    await client.api(`uuid_setvar ${far} RECORD_STEREO true`)
    await client.api(`uuid_record ${far} start ${path} 1`)
    await stopped
    const heard = loudness(path, 0)
    return (Object.keys(tones) as Who[]).filter((who) => heard[who] > 1_500)
  }
  const hearsSoon = async (leg: string, whom: Who[]) => {
    let heard: Who[] = []
    for (let tries = 0; tries < 8; tries++) {
      heard = await hears(leg)
      if (JSON.stringify(heard) === JSON.stringify(whom)) return
    }
    assert.deepEqual(heard, whom, `log: ${log.join(' | ')}; ${facts.kinds().slice(-12)}`)
  }

  /** A citizen who came through a flow talks with agent 1. */
  async function talk() {
    // Whatever the test before left, also when it failed.
    await client.api('hupall NORMAL_CLEARING')
    for (const agentId of [1, 2]) {
      routing.agents.signOut(agentId)
      await until(`agent ${agentId} away`, () => {
        if (routing.agents.work(agentId)?.now.state === 'wrap_up') routing.agents.finishWrapUp(agentId)
        return routing.agents.work(agentId)?.now.state === 'offline'
      })
    }
    const connected = next('connected')
    routing.agents.signIn(1)
    const leg = crypto.randomUUID()
    await client.bgapi(
      `originate {origination_uuid=${leg},loopback_bowout=false,loopback_bowout_on_execute=false}loopback/3001/phones &socket('127.0.0.1:${listener.port} async full')`,
    )
    await until('the call', () => calls.some(({ uuid }) => uuid === leg))
    const call = calls.find(({ uuid }) => uuid === leg)!
    const interactionId = `i${++interactions}`
    await routing.calls.enqueue(call, { queueId: 1, interactionId, agencyId: 1, flowNode: 'n1', msg: {} })
    const { talkId } = await connected
    routing.agents.signIn(2)
    return { citizen: leg, agent: talkId, interactionId }
  }
  const over = async (...legs: string[]) => {
    for (const leg of legs) await client.api(`uuid_kill ${leg}`).catch(() => {})
    await until('legs gone', async () => !(await Promise.all(legs.map(exists))).includes(true))
  }
  /** Another platform in place of this one, once the switch's slow list of legs knows the youngest. */
  async function restart(leg: string, meanwhile = async () => {}) {
    await until('the list of legs', async () => (await client.api('show channels as json')).includes(leg))
    routing.stop()
    await meanwhile()
    routing = create()
    await routing.start()
  }
  const consulting = (state: string) => next('consult', ({ consult }) => consult?.state === state)

  before(async () => {
    const [eslPort, agentsPort, agentsWsPort, trunkPort] = (await freePorts(4)) as [number, number, number, number]
    listener = await listenCalls({
      host: '127.0.0.1',
      port: 0,
      onCall: (session) => void calls.push(createLiveCall(session)),
    })
    const home = join(folder, 'switch')
    const site = {
      ...defaultSite(home),
      ...{ limits: noLimits, eslPort, agentsPort, agentsWsPort, trunkPort, rtpFirst: 29_500, rtpLast: 29_900 },
      callListen: `127.0.0.1:${listener.port}`,
      cdrDir: join(folder, 'cdr'),
      recordingsDir: join(folder, 'recordings'),
    }
    await writeSite(site)
    const directory = join(home, 'directory', 'agents.xml')
    writeFileSync(
      directory,
      readFileSync(directory, 'utf8').replace(
        /\{[^}]*\}?sofia\/agents\/(\$\{dialed_user\})%[\w.]+|sofia\/agents\/(\$\{dialed_user\})%[\w.]+/,
        '[loopback_bowout=false,loopback_bowout_on_execute=false]loopback/${dialed_user}/phones',
      ),
    )
    mkdirSync(join(home, 'dialplan'), { recursive: true })
    writeFileSync(join(home, 'dialplan', 'phones.xml'), phones)
    carriers = {
      ...{ full: await carrier(503), busy: await carrier(486), declined: await carrier(603), free: await carrier(200) },
    }
    const line = {
      transport: 'udp',
      register: false,
      username: '',
      password: '',
      callerId: '',
      codecs: 'PCMA',
    } as const
    const lines = Object.entries(carriers).map(([name, { port }]) => ({ ...line, name, proxy: `127.0.0.1:${port}` }))
    writeFileSync(join(home, 'directory', 'gateways.xml'), `<include>\n${gatewaysXml(lines)}\n</include>\n`)
    running = await startFreeswitch(binary!, site)
    client = new EslClient({
      address: { host: '127.0.0.1', port: eslPort, password: running.password },
      events: [...routingEvents, 'BACKGROUND_JOB'],
    })
    const up = new Promise<void>((resolve) => client.on('up', () => resolve()))
    client.start()
    await up
    routing = create()
    await routing.start()
  })
  after(async () => {
    routing?.stop()
    await client?.stop()
    await running?.stop()
    await listener?.close(true)
    for (const one of Object.values(carriers ?? {})) one.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('consults another agent, who gets the citizen; the first agent is free', async () => {
    const { citizen, agent } = await talk()
    await hearsSoon(citizen, ['agent'])
    const talking = consulting('talking')
    await routing.agents.consult(1, { to: 'agent', agentId: 2 })
    await talking
    const other = [...facts.of('offer.made')].at(-1)!.offerId
    assert.equal(routing.agents.work(2)!.now.state, 'talking')
    await hearsSoon(agent, ['other'])
    await hearsSoon(other, ['agent'])
    assert.ok(!(await hears(citizen)).some((who) => who === 'agent' || who === 'other'), 'the citizen hears music')
    const theirs = next('connected', ({ agentId }) => agentId === 2)
    await routing.agents.completeConsult(1)
    assert.equal((await theirs).talkId, other)
    await hearsSoon(citizen, ['other'])
    await hearsSoon(other, ['citizen'])
    await until('first agent in wrap-up', () => routing.agents.work(1)!.now.state === 'wrap_up')
    assert.equal(await exists(agent), false)
    assert.deepEqual(
      facts
        .of('talk.transferred')
        .slice(-1)
        .map(({ how, to, target, agentId }) => [how, to, target, agentId]),
      [['attended', 'agent', '2', 1]],
    )
    // The second agent hangs up: the citizen goes on in the flow, as ever.
    const before = calls.length
    routing.agents.hangUp(2)
    await until('back in the flow', () => calls.length > before)
    assert.equal(calls.at(-1)!.variables.vera_exit, 'answered')
    await over(citizen)
  })

  it('gives the citizen back when a number is busy, and when the one consulted hangs up or is let go', async () => {
    const { citizen, agent } = await talk()
    const busy = next('consult', ({ ended }) => ended !== undefined)
    await routing.agents.consult(1, { to: 'number', number: '34250' })
    assert.equal((await busy).ended, 'busy')
    await hearsSoon(citizen, ['agent'])
    for (const way of ['left', 'cancelled'] as const) {
      const talking = consulting('talking')
      await routing.agents.consult(1, { to: 'number', number: '34257' })
      await talking
      await hearsSoon(agent, ['other'])
      const ended = next('consult', (event) => event.ended !== undefined)
      if (way === 'cancelled') await routing.agents.cancelConsult(1)
      else {
        const rows = JSON.parse(await client.api('show channels as json')).rows as { uuid: string; dest: string }[]
        await client.api(`uuid_kill ${rows.find(({ dest }) => dest === '34257')!.uuid} NORMAL_CLEARING`)
      }
      assert.equal((await ended).ended, way)
      await hearsSoon(citizen, ['agent'])
      await hearsSoon(agent, ['citizen'])
    }
    assert.equal(routing.agents.work(1)!.connected!.heldSince, undefined)
    await over(citizen)
    await until('agent leg gone', async () => !(await exists(agent)))
  })

  it('dials by the next line when one fails; each try has its own call record, with its line', async () => {
    const { citizen } = await talk()
    const talking = consulting('talking')
    await routing.agents.consult(1, { to: 'number', number: '34261' })
    await talking
    assert.deepEqual([carriers.full.dialled.splice(0), carriers.free.dialled.splice(0)], [['34261'], ['34261']])
    const cancelled = next('consult', ({ ended }) => ended !== undefined)
    await routing.agents.cancelConsult(1)
    assert.equal((await cancelled).ended, 'cancelled')
    const busy = next('consult', ({ ended }) => ended !== undefined)
    await routing.agents.consult(1, { to: 'number', number: '34262' })
    assert.equal((await busy).ended, 'busy')
    const declined = next('consult', ({ ended }) => ended !== undefined)
    await routing.agents.consult(1, { to: 'number', number: '34263' })
    assert.equal((await declined).ended, 'refused')
    assert.deepEqual(carriers.free.dialled, [], 'who declines is not rung again')
    await over(citizen)
    const told = () =>
      readdirSync(join(folder, 'cdr'))
        .map((name) => JSON.parse(readFileSync(join(folder, 'cdr', name), 'utf8')).variables as Record<string, string>)
        .filter(({ sip_gateway_name: line, direction }) => line !== undefined && direction === 'outbound')
        .sort((one, other) => Number(one.start_uepoch) - Number(other.start_uepoch))
        .map((of) => [of.sip_gateway_name, Number(of.answer_uepoch) > 0, of.hangup_cause])
    await until('the records', () => told().length === 5)
    assert.deepEqual(told(), [
      ['full', false, 'NORMAL_TEMPORARY_FAILURE'],
      ['free', true, 'NORMAL_CLEARING'],
      ['full', false, 'NORMAL_TEMPORARY_FAILURE'],
      ['busy', false, 'USER_BUSY'],
      ['declined', false, 'CALL_REJECTED'],
    ])
  })

  it('three in a conference hear each other; who stays talks on', async () => {
    const { citizen, agent } = await talk()
    const talking = consulting('talking')
    await routing.agents.consult(1, { to: 'agent', agentId: 2 })
    await talking
    const other = [...facts.of('offer.made')].at(-1)!.offerId
    await routing.agents.conference(1)
    await hearsSoon(citizen, ['agent', 'other'])
    await hearsSoon(agent, ['citizen', 'other'])
    await hearsSoon(other, ['citizen', 'agent'])
    assert.equal(facts.of('talk.joined').length, 1)
    routing.agents.hangUp(1)
    await until('first agent out', () => routing.agents.work(1)!.now.state === 'wrap_up')
    await hearsSoon(citizen, ['other'])
    await hearsSoon(other, ['citizen'])
    await over(citizen)
    await until('second agent in wrap-up', () => routing.agents.work(2)!.now.state === 'wrap_up')
    assert.equal(await exists(other), false)
  })

  it('a supervisor listens, whispers to the agent alone, joins, and takes the call', async () => {
    const { citizen, agent } = await talk()
    const on = next('supervision', ({ state }) => state === 'on')
    const { supervisionId } = await routing.supervise.begin({
      supervisorId: 77,
      supervisorDial: 'loopback/1009/phones',
      agentId: 1,
      mode: 'whisper',
    })
    await on
    await hearsSoon(supervisionId, ['citizen', 'agent'])
    await hearsSoon(agent, ['citizen', 'supervisor'])
    assert.deepEqual(await hears(citizen), ['agent'], 'a whisper is not for the citizen')
    await routing.supervise.mode(supervisionId, 'listen')
    await hearsSoon(agent, ['citizen'])
    await hearsSoon(citizen, ['agent'])
    await routing.supervise.mode(supervisionId, 'join')
    await hearsSoon(agent, ['citizen', 'supervisor'])
    await hearsSoon(citizen, ['agent', 'supervisor'])
    await routing.supervise.mode(supervisionId, 'take_over')
    await hearsSoon(citizen, ['supervisor'])
    await hearsSoon(supervisionId, ['citizen'])
    await until('the agent is free', async () => !(await exists(agent)))
    assert.deepEqual(
      facts.of('supervision.began').map(({ mode }) => mode),
      ['whisper', 'listen', 'join', 'take_over'],
    )
    assert.equal(facts.of('supervision.ended').length, 4)
    const expected = facts.of('recording.expected').find(({ recordingId }) => recordingId === agent)!
    await until('recording closed', () => facts.of('recording.closed').some(({ recordingId }) => recordingId === agent))
    // Left the agent's own voice, right what the agent was told by the citizen: the whisper is in neither.
    const [left, right] = [loudness(expected.path, 0), loudness(expected.path, 1)]
    assert.ok(left.agent > 2_000 && right.citizen > 2_000, JSON.stringify([left, right]))
    await over(citizen)
  })

  it('masks the recording with silence that keeps its time', async () => {
    const { citizen, agent } = await talk()
    await until('recording', () => facts.of('recording.expected').some(({ recordingId }) => recordingId === agent))
    await until('mask', () =>
      routing.agents.mask(1, true).then(
        () => true,
        () => false,
      ),
    )
    assert.equal(routing.agents.work(1)!.connected!.masked, true)
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    await routing.agents.mask(1, false)
    await new Promise((resolve) => setTimeout(resolve, 500))
    await over(citizen)
    await until('recording closed', () => facts.of('recording.closed').some(({ recordingId }) => recordingId === agent))
    const { path } = facts.of('recording.expected').find(({ recordingId }) => recordingId === agent)!
    const wav = readFileSync(path)
    const rate = wav.readUInt32LE(24)
    const samples = new Int16Array(
      wav.buffer.slice(wav.byteOffset + 44, wav.byteOffset + 44 + ((wav.length - 44) & ~3)),
    )
    let [silent, longest] = [0, 0]
    for (const sample of samples) {
      silent = Math.abs(sample) < 50 ? silent + 1 : 0
      longest = Math.max(longest, silent)
    }
    const seconds = longest / 2 / rate
    assert.ok(seconds > 1.2 && seconds < 2.2, `${seconds} s of silence`)
    assert.deepEqual(
      facts.of('recording.masked').map(({ masked }) => masked),
      [true, false],
    )
  })

  it('transfers blind to a number; one that does not answer puts the citizen in front of the queue', async () => {
    const { citizen, agent } = await talk()
    await routing.agents.transferBlind(1, { to: 'number', number: '34257' })
    await hearsSoon(citizen, ['other'])
    assert.equal(await exists(agent), false)
    await over(citizen)

    const second = await talk()
    await routing.agents.transferBlind(1, { to: 'number', number: '34250' })
    const stays = () => facts.of('stay.began').filter(({ interactionId }) => interactionId === second.interactionId)
    await until('a second stay', () => stays().length === 2)
    assert.deepEqual([stays()[1]!.queueId, stays()[1]!.priority], [1, 1])
    // The other agent gets the citizen from the queue.
    await until('the other agent', () => routing.agents.work(2)?.connected?.interactionId === second.interactionId)
    await hearsSoon(second.citizen, ['other'])
    await over(second.citizen)
  })

  it('an agent whose phone is lost is rung again and rejoined; a hang-up of the agent is a hang-up', async () => {
    const { citizen, agent } = await talk()
    const back = next('lost', ({ lost }) => !lost)
    await client.api(`uuid_kill ${agent} MEDIA_TIMEOUT`)
    assert.deepEqual(await back, { agentId: 1, talkId: agent, lost: false })
    await hearsSoon(citizen, ['agent'])
    assert.equal(routing.agents.work(1)!.connected!.talkId, agent, 'the same talk')
    const again = next('lost', ({ lost }) => !lost)
    await routing.agents.reattach(1)
    await again
    await hearsSoon(citizen, ['agent'])
    assert.equal(facts.of('talk.ended').filter(({ talkId }) => talkId === agent).length, 0)
    const before = calls.length
    routing.agents.hangUp(1)
    await until('back in the flow', () => calls.length > before)
    assert.equal(facts.of('talk.ended').filter(({ talkId }) => talkId === agent).length, 1)
    await over(citizen)
  })

  it('a platform that was killed finds consultation, conference and a lost agent again', async () => {
    const { citizen, agent } = await talk()
    const talking = consulting('talking')
    await routing.agents.consult(1, { to: 'agent', agentId: 2 })
    await talking
    const other = [...facts.of('offer.made')].at(-1)!.offerId
    await restart(other)
    assert.equal(routing.agents.work(1)!.connected!.consult!.state, 'talking')
    assert.equal(routing.agents.work(2)!.now.state, 'talking')
    await routing.agents.conference(1)
    await restart(other)
    assert.equal(routing.agents.work(1)!.connected!.consult!.state, 'conference')
    assert.equal(facts.of('offer.ended').filter(({ offerId }) => offerId === other).length, 1)
    await hearsSoon(citizen, ['agent', 'other'])
    // The first agent leaves while the platform is away: the citizen talks on with the other.
    await restart(other, async () => void (await client.api(`uuid_kill ${agent} NORMAL_CLEARING`)))
    await until('a talk of two', () => routing.agents.work(2)?.connected !== undefined)
    assert.equal(routing.agents.work(1)!.now.state, 'offline')
    await hearsSoon(citizen, ['other'])
    await hearsSoon(other, ['citizen'])
    await over(citizen)

    const third = await talk()
    await restart(third.agent, async () => {
      await client.api(`uuid_kill ${third.agent} MEDIA_TIMEOUT`)
      const music = '"Caller-Destination-Number":"vera_after"'
      await until('music', async () => (await client.api(`uuid_dump ${third.citizen} json`)).includes(music))
    })
    await hearsSoon(third.citizen, ['agent'])
    assert.equal(routing.agents.work(1)!.connected!.talkId, third.agent)
    await over(third.citizen)
  })
})
