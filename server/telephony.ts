// The switches (real ones or the embedded one) as a fleet, the routing over it and the door through which calls enter the flows.
import { rmSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { createLiveCall } from '../freeswitch/call/index.ts'
import { type EmbeddedSwitch, startEmbeddedSwitch } from '../freeswitch/embedded/index.ts'
import { type CallListener, dialString, EslClient, type EslLog, listenCalls } from '../freeswitch/esl/index.ts'
import type { SwitchClient } from '../freeswitch/esl/types.ts'
import { createFleet, type Fleet, fleetEvents } from '../freeswitch/fleet/index.ts'
import { placeCallEvents } from '../freeswitch/place-call.ts'
import type { SwitchNode } from './config.ts'
import type { FlowCalls } from './flows/index.ts'
import { phoneEvents } from './phones/index.ts'
import {
  type AgentSettings,
  createRouting,
  type QueueSettings,
  type Routing,
  type RoutingOptions,
  routingEvents,
} from './routing/index.ts'
import { trunkEvents } from './trunks/index.ts'

export type TelephonyOptions = Pick<
  RoutingOptions,
  | 'facts'
  | 'clock'
  | 'promptFile'
  | 'recorded'
  | 'recordingsDir'
  | 'lastStates'
  | 'callbacks'
  | 'backOfficeName'
  | 'backOfficeNumber'
> & {
  /** None: the embedded switch, inside this process. */
  switches: SwitchNode[]
  callListen: { host: string; port: number }
  cdrDir: string
  queues(): Promise<QueueSettings[]>
  agents(): Promise<AgentSettings[]>
  /** SIP domain of the agents' phones. */
  domain: string
  /** Names of the switches where a phone is registered now. */
  registeredAt(extension: string): readonly string[]
  /** Dial string of a number over the lines of an agency, on real switches. */
  dialNumber(number: string, agencyId: number): string
  /** One of several servers does the routing (server/cluster). */
  share(make: (client: SwitchClient) => Routing, client: SwitchClient): Routing
  /** Agents whose phone is not known to be reachable are offered nothing. */
  requireReachable: boolean
  /** Where the embedded switch's address is left (mode 0600) while it runs, so that `vera call` finds it. */
  addressFile?: string
  log: EslLog
}

export type Telephony = {
  readonly client: Fleet
  /** Each switch by its name, with its own connection. */
  readonly nodes: readonly { name: string; client: SwitchClient }[]
  readonly routing: Routing
  readonly embedded: EmbeddedSwitch | undefined
  /** How to reach an agent's phone and a citizen's number. */
  readonly dial: { extension(extension: string): string; number(number: string, agencyId: number): string }
  /** A flow of this server has that leg. */
  holds(uuid: string): boolean
  /** Reads queues and agents again after a change of them. */
  reload(): Promise<void>
  /** Takes calls from now on. */
  start(calls: FlowCalls): Promise<void>
  stop(): Promise<void>
}

const events = [...new Set([...routingEvents, ...placeCallEvents, ...fleetEvents, ...phoneEvents, ...trunkEvents])]

/** Nothing is connected before `start`, but the embedded switch runs. @throws Error when its port is taken */
export async function createTelephony(options: TelephonyOptions): Promise<Telephony> {
  const { log, recordingsDir, callListen, domain } = options
  const embedded =
    options.switches.length > 0
      ? undefined
      : await startEmbeddedSwitch({
          password: crypto.randomUUID(),
          callListen: `${callListen.host}:${callListen.port}`,
          recordingsDir,
          cdrDir: options.cdrDir,
          domain,
          log: (line) => log.warn(`embedded switch: ${line}`),
        })
  const own = { host: '127.0.0.1', port: embedded?.port ?? 0, password: embedded?.password ?? '' }
  let listener: CallListener | undefined
  const connection = (address: { host: string; port: number; password: string }) =>
    new EslClient({
      address,
      events,
      ...(embedded ? {} : { nudgeMs: 4, nudgeWhile: () => (listener?.sessions ?? 0) > 0 }),
      log,
    })
  const nodes = embedded
    ? [{ name: 'vera', client: connection(own) }]
    : options.switches.map(({ name, sip, recordings: _, ...address }) => ({ name, sip, client: connection(address) }))
  const client = createFleet({
    nodes,
    domain,
    ...(nodes.length > 1 ? { registeredAt: options.registeredAt } : {}),
    log: (line) => log.info(`switches: ${line}`),
  })
  const dial = {
    extension: (extension: string) => dialString({ user: extension, domain }),
    number: (number: string, agencyId: number) =>
      embedded
        ? dialString({ loopback: number.replace(/^\+/, ''), context: 'public' })
        : options.dialNumber(number, agencyId),
  }
  const routing = options.share(
    (over) =>
      createRouting({
        client: over,
        facts: options.facts,
        clock: options.clock,
        dialString: (extension, callerLeg?: string) => client.dialAt(callerLeg, extension),
        ...(embedded ? {} : { dialNumber: dial.number }),
        promptFile: options.promptFile,
        recordingsDir,
        recorded: options.recorded,
        lastStates: options.lastStates,
        callbacks: options.callbacks,
        backOfficeName: options.backOfficeName,
        backOfficeNumber: options.backOfficeNumber,
        rules: { requireReachable: options.requireReachable },
        log: (line) => log.info(`routing: ${line}`),
      }),
    client,
  )

  async function reload() {
    routing.setQueues(await options.queues())
    routing.setAgents(await options.agents())
  }

  return {
    client,
    nodes,
    routing,
    embedded,
    dial,
    holds: (uuid) => listener?.holds(uuid) ?? false,
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
        await writeFile(options.addressFile, JSON.stringify(own), { mode: 0o600, flag: 'wx' })
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
