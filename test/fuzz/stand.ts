// A switch with somebody who watches it.
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLiveCall, type LiveCall } from '../../freeswitch/call/index.ts'
import { findFreeswitch, startFreeswitch } from '../../freeswitch/conf/process.ts'
import { defaultSite, noLimits, type Site } from '../../freeswitch/conf/site.ts'
import { startEmbeddedSwitch } from '../../freeswitch/embedded/index.ts'
import { type CallListener, type CallSession, EslClient, listenCalls } from '../../freeswitch/esl/index.ts'
import { canary, canaryFile } from './hostile.ts'
import { Ledger } from './ledger.ts'

export type Stand = {
  kind: 'embedded' | 'real'
  folder: string
  canaryFile: string
  /** Its commands are in the ledger. */
  client: EslClient
  ledger: Ledger
  site: Site | undefined
  /** A call out of the dialplan's `public`, held by us. */
  call(): Promise<LiveCall>
  /** Who is given calls that `call` did not ask for. */
  onCall: (call: LiveCall) => void
  /** Applications that the switch began and that no dialplan of ours names. */
  strange: string[]
  /** Throws when anything happened that nobody ordered. */
  check(): Promise<void>
  stop(): Promise<void>
}

/** What the shipped dialplan and our verbs run. */
const applications = new Set(
  'answer set unset export socket limit transfer hangup park playback play_and_get_digits record bridge echo respond'.split(
    ' ',
  ),
)
const did = '3425550100'

export const realBinary = () => findFreeswitch(process.env.FREESWITCH_BIN, '')

/** Starts a switch. `site` changes what the real one is told; `servers` in it are asked by mod_xml_curl. */
export async function openStand(kind: Stand['kind'], more: Partial<Site> = {}): Promise<Stand> {
  const folder = await mkdtemp(join(tmpdir(), 'vera-fuzz-'))
  const waiting = new Map<string, (call: LiveCall) => void>()
  const ledger = new Ledger()
  const listener = await listenCalls({
    host: '127.0.0.1',
    port: 0,
    onCall(session) {
      const live = createLiveCall(booked(session, ledger))
      const taker = waiting.get(live.variables.vera_fuzz_near ?? '') ?? waiting.get(live.from)
      waiting.delete(live.variables.vera_fuzz_near ?? '')
      waiting.delete(live.from)
      if (taker) taker(live)
      else stand.onCall(live)
    },
  })
  const { port, password, stop, site } = await start(kind, folder, listener, more)
  const address = { host: '127.0.0.1', port, password }
  const client = new EslClient({ address, events: ['CHANNEL_HANGUP_COMPLETE'] })
  const watcher = new EslClient({ address, events: ['API', 'CHANNEL_EXECUTE', 'MODULE_UNLOAD', 'SHUTDOWN'] })
  const strange: string[] = []
  watcher.on('event', ({ name, headers }) => {
    if (name === 'API') {
      const argument = headers['API-Command-Argument'] ?? ''
      ledger.see(argument === '' ? (headers['API-Command'] ?? '') : `${headers['API-Command']} ${argument}`)
    } else if (name === 'CHANNEL_EXECUTE') {
      if (!applications.has(headers.Application ?? ''))
        strange.push(`${headers.Application} ${headers['Application-Data']}`)
    } else if (name === 'MODULE_UNLOAD' || name === 'SHUTDOWN') strange.push(name)
  })
  const downs: string[] = []
  for (const one of [client, watcher]) {
    const up = new Promise<void>((resolve) => one.on('up', () => resolve()))
    one.start()
    await up
    one.on('down', (reason) => downs.push(reason))
  }
  const api = client.api.bind(client)
  const bgapi = client.bgapi.bind(client)
  client.api = (command, ms) => {
    ledger.give(wellFormed(command))
    return api(command, ms).catch((error) => {
      if (error.code === 'switch.unsafe') ledger.see(wellFormed(command))
      throw error
    })
  }
  client.bgapi = (command, ms) => {
    ledger.give(wellFormed(command))
    return bgapi(command, ms).catch((error) => {
      if (error.code === 'switch.unsafe') ledger.see(wellFormed(command))
      throw error
    })
  }
  const coreUuid = client.coreUuid
  let number = 0
  const stand: Stand = {
    ...{ kind, folder, client, ledger, site, strange },
    canaryFile: canaryFile(folder),
    onCall: (call) => void call.hangup().catch(() => {}),
    async call() {
      const from = `9${String(++number).padStart(9, '0')}`
      const taken = new Promise<LiveCall>((resolve) => waiting.set(from, resolve))
      const variables = `{origination_caller_id_number=${from},vera_fuzz_near=${from}}`
      // The job ends when we answer: it is waited for behind that.
      const placed = client.bgapi(`originate ${variables}loopback/${did}/public &park()`)
      const call = await Promise.race([taken, placed.then(() => taken)])
      await call.answer()
      await placed
      return call
    },
    async check() {
      // What the watcher has still to hear is on its way: wait for its books to be even, a second at most.
      for (let left = 50; kind === 'real' && left > 0 && uneven(ledger); left--) {
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      const faults: string[] = [...strange.map((one) => `the switch ran: ${one}`)]
      if (downs.length > 0) faults.push(`the ESL connection was lost: ${downs.join('; ')}`)
      if (watcher.dropped + client.dropped > 0) faults.push('the watcher was too slow to see everything')
      if (existsSync(canaryFile(folder))) faults.push('the canary file is there')
      const bird = await api(`global_getvar ${canary}`).catch((error) => error.message)
      if (kind === 'real') ledger.give(`global_getvar ${canary}`)
      if (!['', '-ERR no reply'].includes(bird) && !/no reply/.test(bird)) faults.push(`the canary variable is ${bird}`)
      if (client.coreUuid !== coreUuid) faults.push('the switch is another one')
      if (!/is ready/.test(await api('status'))) faults.push('the switch is not ready')
      if (kind === 'real') {
        ledger.give('status')
        for (let left = 50; left > 0 && uneven(ledger); left--) await new Promise((resolve) => setTimeout(resolve, 20))
        const { extra, missing } = ledger.left()
        for (const text of extra) faults.push(`ran without an order: ${JSON.stringify(text)}`)
        for (const text of missing) faults.push(`ordered and not run: ${JSON.stringify(text)}`)
      }
      if (faults.length > 0) throw new Error(faults.slice(0, 20).join('\n'))
    },
    async stop() {
      await client.stop()
      await watcher.stop()
      await stop()
      await listener.close(true)
      await rm(folder, { recursive: true, force: true })
    },
  }
  return stand
}

const uneven = (ledger: Ledger) => {
  const { extra, missing } = ledger.left()
  return extra.length + missing.length > 0
}
/** As the bytes on the wire say it. */
const wellFormed = (text: string) => Buffer.from(text).toString()

/** The session's orders are in the ledger too. */
function booked(session: CallSession, ledger: Ledger): CallSession {
  const api = session.api.bind(session)
  const getVariable = session.getVariable.bind(session)
  session.api = async (command) => {
    const text = wellFormed(command)
    ledger.give(text)
    try {
      return await api(command)
    } catch (error) {
      // Refused before it was sent, or the wire is gone: the switch will never tell.
      if (['switch.unsafe', 'switch.down'].includes((error as { code: string }).code)) ledger.see(text)
      throw error
    }
  }
  session.getVariable = (name) => {
    ledger.give(`uuid_getvar ${session.uuid} ${name}`)
    return getVariable(name)
  }
  return session
}

async function start(kind: Stand['kind'], folder: string, listener: CallListener, more: Partial<Site>) {
  const callListen = `127.0.0.1:${listener.port}`
  const recordingsDir = join(folder, 'recordings')
  const cdrDir = join(folder, 'cdr')
  if (kind === 'embedded') {
    const embedded = await startEmbeddedSwitch({ password: 'fuzz', callListen, recordingsDir, cdrDir, speed: 10 })
    return { port: embedded.port, password: 'fuzz', site: undefined, stop: () => embedded.stop() }
  }
  const [eslPort, agentsPort, agentsWsPort, trunkPort] = (await freePorts(4)) as [number, number, number, number]
  const site: Site = {
    ...defaultSite(join(folder, 'switch')),
    ...{ limits: noLimits, eslPort, agentsPort, agentsWsPort, trunkPort, callListen, cdrDir, recordingsDir },
    rtpFirst: 27_000,
    rtpLast: 28_900,
    ...more,
  }
  const running = await startFreeswitch(realBinary() as string, site)
  return { port: eslPort, password: running.password, site, stop: () => running.stop() }
}

/** Ports that nobody has now, for TCP. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  await Promise.all(servers.map((server) => new Promise<void>((open) => server.listen(0, '127.0.0.1', open))))
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))))
  return ports
}
