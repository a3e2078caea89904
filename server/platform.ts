import { join } from 'node:path'
import { type Logger, pino } from 'pino'
import { keepLostPlaces } from './cluster/index.ts'
import { type Config, sessionSecret } from './config.ts'
import { type Database, openDatabase } from './database/index.ts'
import { openDoors } from './doors.ts'
import { type Example, seedExample } from './example/index.ts'
import { flowPorts } from './flow-ports.ts'
import { createVoicemailFiles, type FlowCalls } from './flows/index.ts'
import { buildHttp, type Http } from './http/index.ts'
import type { LiveHub } from './live/index.ts'
import { type NodeRedHost, startNodeRed } from './node-red.ts'
import { createRooms, type Rooms, type RoomsOptions } from './rooms.ts'
import { startSimulation, welcome } from './simulation.ts'
import { createStuckLegs } from './stuck-legs.ts'
import type { Telephony } from './telephony.ts'

export type Platform = {
  config: Config
  db: Database
  http: Http
  live: LiveHub
  log: Logger
  readonly telephony: Telephony
  readonly calls: FlowCalls
  /** Facts on their way, the switch's records, the intervals' totals, and recordings, and what is said to callers. */
  readonly rooms: Pick<Rooms, 'facts' | 'records' | 'rollups' | 'prompts' | 'recordings'>
  /** Migrates (waiting for the database when it is down) and listens; returns the address. */
  start(): Promise<string>
  stop(): Promise<void>
}

/** What tests put in the place of the real thing. */
export type Overrides = {
  db?: Database
  log?: Logger
  now?: () => number
  /** Time for calls: what routing and flows wait for. Default: the machine's. */
  clock?: RoomsOptions['clock']
  /** Says one line to whoever started the process. */
  say?(line: string): void
  /** Waits between two attempts to reach the database, ms. */
  retryMs?: number
  /** Agents without a registered phone are offered nothing (default: with real switches). */
  requireReachable?: boolean
  /** How full the recordings' disk is. */
  statfs?: RoomsOptions['statfs']
  /** Addresses that may fail to register as often as they like (default: all of our own). */
  neverBlock?: RoomsOptions['neverBlock']
}

/** The whole platform: rooms, their doors, and the order in which they begin and end. Nothing listens before `start`. */
export async function createPlatform(config: Config, overrides: Overrides = {}): Promise<Platform> {
  const log = overrides.log ?? pino({ level: config.logLevel })
  const say = overrides.say ?? ((line) => console.log(line))
  const now = overrides.now ?? Date.now
  const line = (text: string) => log.info(text)
  const db = overrides.db ?? openDatabase(config.databaseUrl)
  const http = await buildHttp({ config, db, log, now })
  const real = config.switches.length > 0
  const requireReachable = overrides.requireReachable ?? real
  const rooms = await createRooms({ ...overrides, config, db, http, log, now, requireReachable })
  const { client, cluster, facts, phones, places, queues, reachability, routing, telephony, trunks, users } = rooms
  let nodeRed: NodeRedHost | undefined
  let robots: { stop(): void } | undefined
  let stopping = false
  await openDoors({ config, db, http, rooms, now, log: line, nodeRed: () => nodeRed })
  http.readiness('switch', () => client.state === 'up')
  http.readiness('flows', () => nodeRed?.running ?? false)

  /** Queues open and close by the clock; a database that is away leaves routing with what it knows. */
  const reload = () => {
    telephony
      .reload()
      .then(reachability.all)
      .catch((error: Error) => log.warn(`queues and agents could not be read again: ${error.message}`))
  }
  for (const changes of [queues.changes, users.changes, rooms.topics.changes]) changes.on(reload)
  const timers: NodeJS.Timeout[] = []
  let drawing: Promise<void> | undefined
  const ends: (() => void)[] = []
  function watch(): void {
    timers.push(setInterval(reload, 60_000))
    timers.push(
      setInterval(() => {
        db.ping().then(
          () => {
            rooms.health.database = true
          },
          () => {
            rooms.health.database = false
          },
        )
      }, 5_000),
    )
    const drawLots = () => {
      if (!cluster.owns() || drawing) return
      drawing = rooms.evaluations.tasks
        .tick()
        .catch((error: Error) => log.warn(`evaluations: ${error.message}`))
        .finally(() => {
          drawing = undefined
        })
    }
    timers.push(setInterval(drawLots, 600_000))
    ends.push(keepLostPlaces({ fleet: client, routing, places, log: line }))
    ends.push(watchSwitches())
    if (real) watchStuckLegs()
  }

  function watchStuckLegs(): void {
    const { bus } = cluster
    bus?.answer('legs', (_, [uuid]) => telephony.holds(String(uuid)))
    async function holds(uuid: string): Promise<boolean> {
      if (telephony.holds(uuid)) return true
      const others = cluster.servers().filter(({ alive, self }) => alive && !self)
      // Who does not answer may have it.
      const answers = others.map(({ name }) => bus?.ask(name, 'legs.holds', [uuid]).catch(() => true))
      return (await Promise.all(answers)).includes(true)
    }
    const legs = createStuckLegs({ nodes: telephony.nodes, holds, log: line })
    timers.push(setInterval(() => void (cluster.owns() && legs.look().catch(() => {})), 5_000))
  }

  /** Said once for each trouble, in the operator's language; the screens' banner shows it as long as it lasts. */
  function watchSwitches(): () => void {
    const told = new Map<string, string>()
    const look = () => {
      for (const { name, state, reason } of client.nodes()) {
        const word = state === 'refused' || state === 'down' ? state : ''
        if ((told.get(name) ?? '') === word) continue
        told.set(name, word)
        if (word === 'refused')
          say(
            `El conmutador ${name} rechaza la conexión: revisá la clave y la dirección en FREESWITCH_URL (${reason}).`,
          )
        else if (word === 'down') say(`El conmutador ${name} no responde: se reintenta solo (${reason}).`)
        else say(`El conmutador ${name} volvió a responder.`)
      }
    }
    const timer = setInterval(look, 1_000)
    return () => clearInterval(timer)
  }

  async function startFlows(): Promise<void> {
    const { calls, citizens, tickets, calendars, prompts, settings, storage, masking, speech, flowQueues } = rooms
    nodeRed = await startNodeRed({
      editor: http.editor,
      sessionOf: (cookie) => http.sessions.byCookie(cookie),
      onRevoked: (listener) => http.sessions.onRevoked(listener),
      isSameOrigin: (headers) => http.isSameOrigin(headers),
      platform: flowPorts({
        db,
        calls,
        queues: flowQueues,
        prompts,
        settings,
        files: createVoicemailFiles(config.recordingsDir, now),
        dial: telephony.dial,
        citizens,
        tickets,
        calendars,
        routing,
        masking,
        speech,
        now,
      }),
      storage,
      userDir: join(config.home, 'node-red'),
      credentialSecret: sessionSecret(config),
      log,
    })
  }

  return {
    config,
    db,
    http,
    live: rooms.live,
    log,
    telephony,
    calls: rooms.calls,
    rooms,
    async start() {
      await migrated(db, say, overrides.retryMs ?? 3_000, () => stopping)
      let example: Example | undefined
      if (config.demo) {
        example = await seedExample({ db, clock: { now }, seed: 'vera', password: config.demoPassword, log: line })
      }
      facts.start()
      phones.changes.on(({ extension }) => reachability.phone(extension))
      // A list of registrations that has just been read may know fewer phones than before.
      client.on('up', () => void setTimeout(() => void reachability.all().catch(() => {}), 3_000).unref())
      await cluster.start()
      await telephony.start(rooms.calls)
      if (real) {
        await phones.start()
        await trunks.start()
        rooms.certificates.start()
      }
      await rooms.draining.apply().catch((error: Error) => log.warn(`draining switches: ${error.message}`))
      await rooms.orders.start()
      await rooms.recordings.start()
      rooms.records.start()
      client.on('up', () => rooms.records.switchSeen())
      const address = await http.app.listen({ host: config.host, port: config.port })
      await startFlows()
      rooms.scheduler.start()
      rooms.bounces.start()
      await rooms.exports.start()
      await rooms.simulations.start()
      // The example's past is written by itself, not by facts.
      void (example?.history ?? Promise.resolve({ interactions: 0 })).then(({ interactions }) =>
        rooms.rollups.start({ anew: interactions > 0 }),
      )
      watch()
      say(`Vera está lista en ${config.publicUrl}`)
      if (example) say(welcome(example, config.demoPassword))
      if (example) {
        const { desk, desks: ports } = rooms
        robots = await startSimulation({ db, telephony, desk, ports, example, seed: 1, log: line })
      }
      return address
    },
    async stop() {
      stopping = true
      for (const timer of timers) clearInterval(timer)
      for (const end of ends) end()
      robots?.stop()
      rooms.desk.stop()
      rooms.nowOf.stop()
      rooms.orders.stop()
      phones.stop()
      trunks.stop()
      await rooms.certificates.stop()
      await nodeRed?.stop()
      await http.close()
      await cluster.stop()
      await telephony.stop()
      await rooms.records.stop()
      await rooms.recordings.stop()
      await rooms.scheduler.stop()
      await rooms.bounces.stop()
      await rooms.exports.stop()
      await rooms.simulations.stop()
      await rooms.rollups.stop()
      await facts.stop()
      await drawing
      await db.close()
    },
  }
}

/** A database that is not there yet is waited for; anything else that is wrong with it is thrown. */
async function migrated(db: Database, say: (line: string) => void, retryMs: number, stopping: () => boolean) {
  for (let told = false; !stopping(); ) {
    try {
      return await db.migrate()
    } catch (error) {
      if (!db.dialect.isUnavailable(error)) throw error
      if (!told) {
        say(
          'La base de datos no responde: revisá DATABASE_URL y que el servidor esté encendido. Se reintenta cada pocos segundos.',
        )
      }
      told = true
      await new Promise((resolve) => setTimeout(resolve, retryMs))
    }
  }
}
