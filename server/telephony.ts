// The switch (real or embedded), the routing over it and the door through which its calls enter the flows.
import { rmSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { createLiveCall } from '../freeswitch/call/index.ts'
import { type EmbeddedSwitch, startEmbeddedSwitch } from '../freeswitch/embedded/index.ts'
import { type CallListener, dialString, EslClient, type EslLog, listenCalls } from '../freeswitch/esl/index.ts'
import type { SwitchAddress } from '../freeswitch/esl/types.ts'
import { placeCallEvents } from '../freeswitch/place-call.ts'
import type { FlowCalls } from './flows/index.ts'
import type { FactSink } from './interactions/index.ts'
import {
  type AgentNow,
  type AgentSettings,
  createRouting,
  type QueueSettings,
  type Routing,
  routingEvents,
} from './routing/index.ts'

export type TelephonyOptions = {
  /** Undefined: the embedded switch, inside this process. */
  address: SwitchAddress | undefined
  callListen: { host: string; port: number }
  recordingsDir: string
  cdrDir: string
  facts: FactSink
  promptFile(text: string): Promise<string>
  queues(): Promise<QueueSettings[]>
  agents(): Promise<AgentSettings[]>
  lastStates(): Promise<AgentNow[]>
  /** SIP domain of the agents' phones. */
  domain: string
  /** Where the embedded switch's address is left (mode 0600) while it runs, so that `vera call` finds it. */
  addressFile?: string
  log: EslLog
}

export type Telephony = {
  readonly client: EslClient
  readonly routing: Routing
  readonly embedded: EmbeddedSwitch | undefined
  /** How to reach an agent's phone and a citizen's number. */
  readonly dial: { extension(extension: string): string; number(number: string): string }
  /** Reads queues and agents again after a change of them. */
  reload(): Promise<void>
  /** Takes calls from now on. */
  start(calls: FlowCalls): Promise<void>
  stop(): Promise<void>
}

/** Nothing is connected before `start`, but the embedded switch runs. @throws Error when its port is taken */
export async function createTelephony(options: TelephonyOptions): Promise<Telephony> {
  const { log, facts, recordingsDir, callListen, domain } = options
  const embedded = options.address
    ? undefined
    : await startEmbeddedSwitch({
        password: crypto.randomUUID(),
        callListen: `${callListen.host}:${callListen.port}`,
        recordingsDir,
        cdrDir: options.cdrDir,
        domain,
        log: (line) => log.warn(`embedded switch: ${line}`),
      })
  const address = options.address ?? { host: '127.0.0.1', port: embedded!.port, password: embedded!.password }
  let listener: CallListener | undefined
  const client = new EslClient({
    address,
    events: [...new Set([...routingEvents, ...placeCallEvents])],
    ...(embedded ? {} : { nudgeMs: 4, nudgeWhile: () => (listener?.sessions ?? 0) > 0 }),
    log,
  })
  const dial = {
    extension: (extension: string) => dialString({ user: extension, domain }),
    number: (number: string) =>
      embedded
        ? dialString({ loopback: number.replace(/^\+/, ''), context: 'public' })
        : dialString({ gateway: 'carrier', number }),
  }
  const routing = createRouting({
    client,
    facts,
    dialString: dial.extension,
    ...(embedded ? {} : { dialNumber: dial.number }),
    promptFile: options.promptFile,
    recordingsDir,
    lastStates: options.lastStates,
    log: (line) => log.info(`routing: ${line}`),
  })
  async function reload() {
    routing.setQueues(await options.queues())
    routing.setAgents(await options.agents())
  }

  return {
    client,
    routing,
    embedded,
    dial,
    reload,
    async start(calls) {
      routing.on('gone', (leg) => calls.gone(leg))
      routing.on('left', (left) => {
        if (left.exit.exit === 'abandoned') calls.abandoned(left.interactionId)
      })
      await reload()
      listener = await listenCalls({
        host: callListen.host,
        port: callListen.port,
        log,
        onCall: (session) => calls.onCall(createLiveCall(session)),
      })
      // The key is told on our own connection first: what it leads to in the flow follows without delay.
      client.on('event', ({ name, uuid }) => {
        if (name === 'DTMF' && uuid) listener?.nudge(uuid)
      })
      client.start()
      await routing.start()
      if (embedded && options.addressFile) {
        await mkdir(dirname(options.addressFile), { recursive: true })
        // Anew each time: `mode` counts only for a file that is made.
        await rm(options.addressFile, { force: true })
        await writeFile(options.addressFile, JSON.stringify(address), { mode: 0o600, flag: 'wx' })
      }
    },
    async stop() {
      if (embedded && options.addressFile) rmSync(options.addressFile, { force: true })
      routing.stop()
      await listener?.close(true)
      await client.stop()
      await embedded?.stop()
    },
  }
}
