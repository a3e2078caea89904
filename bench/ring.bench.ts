// An agent gets free while somebody waits: how long until the agent's phone is being called, on a real FreeSWITCH. The
// caller and the phone are loopback legs, so that nothing but the platform and the switch takes time.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLiveCall, type LiveCall } from '../freeswitch/call/index.ts'
import { findFreeswitch, startFreeswitch } from '../freeswitch/conf/process.ts'
import { defaultSite, noLimits, writeSite } from '../freeswitch/conf/site.ts'
import { dialString, EslClient, listenCalls } from '../freeswitch/esl/index.ts'
import { placeCall, placeCallEvents } from '../freeswitch/place-call.ts'
import { agentOf, queueOf } from '../server/routing/engine/history.ts'
import { createRouting, routingEvents } from '../server/routing/index.ts'
import { FactList } from '../server/routing/voice/fake-switch.ts'
import type { Bench, Row } from './bench.ts'

const rounds = 100

/** Rings for ever: the offer is taken back by the next round. */
const phones = `<include>
<context name="phones"><extension name="rings"><condition>
<action application="ring_ready"/><action application="sleep" data="60000"/></condition></extension></context>
</include>
`

async function run(): Promise<Row[]> {
  const binary = findFreeswitch(process.env.FREESWITCH_BIN, process.env.PATH ?? '')
  if (!binary) throw new Error('This one needs a real FreeSWITCH: set FREESWITCH_BIN')
  const folder = mkdtempSync(join(tmpdir(), 'vera-ring-'))
  const arrived = Promise.withResolvers<LiveCall>()
  const listener = await listenCalls({
    host: '127.0.0.1',
    port: 0,
    onCall: (session) => arrived.resolve(createLiveCall(session)),
  })
  const site = {
    ...defaultSite(join(folder, 'switch')),
    ...{ eslPort: 18_721, agentsPort: 15_760, agentsWsPort: 15_766, trunkPort: 15_780 },
    callListen: `127.0.0.1:${listener.port}`,
    limits: noLimits,
  }
  await writeSite(site)
  const directory = join(site.home, 'directory', 'agents.xml')
  writeFileSync(
    directory,
    readFileSync(directory, 'utf8').replace(/(name="dial-string" value=")[^"]*/, '$1loopback/${dialed_user}/phones'),
  )
  mkdirSync(join(site.home, 'dialplan'), { recursive: true })
  writeFileSync(join(site.home, 'dialplan', 'phones.xml'), phones)
  const running = await startFreeswitch(binary, site)
  const client = new EslClient({
    address: { host: '127.0.0.1', port: site.eslPort, password: running.password },
    events: [...new Set([...routingEvents, ...placeCallEvents, 'CHANNEL_CREATE'])],
    nudgeMs: 1,
  })
  const up = new Promise<void>((resolve) => client.on('up', () => resolve()))
  client.start()
  await up
  const routing = createRouting({
    client,
    facts: new FactList(),
    dialString: (user) => dialString({ user, domain: 'vera.local' }),
    promptFile: async () => '',
    recordingsDir: join(folder, 'recordings'),
  })
  const times: number[] = []
  try {
    routing.setQueues([queueOf(1, { record: false, ringMs: 30_000 })])
    routing.setAgents([agentOf(1)])
    await routing.start()
    const placed = placeCall(client, { from: '3424123456', to: '3425550100' })
    const call = await arrived.promise
    await call.answer()
    await routing.calls.enqueue(call, { queueId: 1, interactionId: 'i1', agencyId: 1, flowNode: 'n', msg: {} })
    // The first warms up: the caller is still on the way to the music, code runs for the first time, and the switch holds back all
    // events for half a second at the first presence of its life (mod_sofia starts a thread for them and waits for it).
    for (let round = 0; round <= rounds; round++) {
      const ringing = new Promise<number>((rings) => {
        const heard = (event: { name: string; headers: Readonly<Record<string, string>> }) => {
          if (event.name !== 'CHANNEL_CREATE' || event.headers.variable_vera_agent !== '1') return
          client.off('event', heard as never)
          rings(performance.now())
        }
        client.on('event', heard)
      })
      const free = performance.now()
      routing.agents.signIn(1)
      routing.agents.ready(1)
      const ms = (await ringing) - free
      if (round > 0) times.push(ms)
      routing.agents.refuse(1)
      routing.agents.signOut(1)
      await new Promise((resolve) => setTimeout(resolve, round === 0 ? 1_000 : 150))
    }
    await client.api(`uuid_kill ${call.uuid}`)
    await placed
  } finally {
    routing.stop()
    await client.stop()
    await listener.close(true)
    await running.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  times.sort((a, b) => a - b)
  const at = (part: number) =>
    Number((times[Math.min(times.length - 1, Math.floor(times.length * part))] as number).toFixed(2))
  return [
    { name: 'agent free to ring p50', value: at(0.5), unit: 'ms' },
    { name: 'agent free to ring p99', value: at(0.99), unit: 'ms', target: 20, ok: at(0.99) <= 20 },
  ]
}

export const bench: Bench = { name: 'real FreeSWITCH: from an agent getting free to the phone being called', run }
