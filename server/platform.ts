import { join } from 'node:path'
import { type Logger, pino } from 'pino'
import { createScheduler, reportRoutes, type Scheduler, smtpMailer } from '../reports/index.ts'
import { agencyRoutes, createAgencies } from './agencies/index.ts'
import { agentRoutes, createDesk } from './agents/index.ts'
import { calendarRoutes, createCalendars } from './calendars/index.ts'
import { citizenRoutes, createCitizens } from './citizens/index.ts'
import { type Config, sessionSecret } from './config.ts'
import { type Database, openDatabase } from './database/index.ts'
import { deskPorts, nowPorts } from './desk-ports.ts'
import { type Example, seedExample } from './example/index.ts'
import { createFigures } from './figures.ts'
import { checkOptions, flowPorts } from './flow-ports.ts'
import {
  checkFlow,
  createAlarms,
  createFlowStorage,
  createVoicemailFiles,
  FlowCalls,
  flowsRoutes,
  type QueuePort,
  starterFrom,
} from './flows/index.ts'
import { buildHttp, type Http } from './http/index.ts'
import { createFactJournal, createInteractions, interactionRoutes } from './interactions/index.ts'
import { createKnowledge, knowledgeRoutes } from './knowledge/index.ts'
import { attachLive, type LiveHub } from './live/index.ts'
import { type NodeRedHost, startNodeRed } from './node-red.ts'
import { createPrompts, promptsRoutes } from './prompts/index.ts'
import { createQueues, queueRoutes } from './queues/index.ts'
import { createRoutingSettings } from './queues/routing-settings.ts'
import { recordingRoutes } from './recordings/index.ts'
import { startSimulation, welcome } from './simulation.ts'
import { createNow, supervisionRoutes } from './supervision/index.ts'
import { createTelephony, type Telephony } from './telephony.ts'
import { createTickets, ticketRoutes } from './tickets/index.ts'
import { createTopics, topicRoutes } from './topics/index.ts'
import { createUsers, userRoutes } from './users/index.ts'
import { wallboardRoutes } from './wallboards/index.ts'

export type Platform = {
  config: Config
  db: Database
  http: Http
  live: LiveHub
  log: Logger
  readonly telephony: Telephony
  readonly calls: FlowCalls
  /** Migrates (waiting for the database when it is down) and listens; returns the address. */
  start(): Promise<string>
  stop(): Promise<void>
}

/** What tests put in the place of the real thing. */
export type Overrides = {
  db?: Database
  log?: Logger
  now?: () => number
  /** Says one line to whoever started the process. */
  say?(line: string): void
  /** Waits between two attempts to reach the database, ms. */
  retryMs?: number
}

/** The one place that knows every room and joins them. Nothing listens before `start`. */
export async function createPlatform(config: Config, overrides: Overrides = {}): Promise<Platform> {
  const root = join(import.meta.dirname, '..')
  const log = overrides.log ?? pino({ level: config.logLevel })
  const say = overrides.say ?? ((line) => console.log(line))
  const now = overrides.now ?? Date.now
  const line = (text: string) => log.info(text)
  const db = overrides.db ?? openDatabase(config.databaseUrl)
  const http = await buildHttp({ config, db, log, now })
  const live = attachLive(http, { now })
  const alarms = createAlarms(db, { log: line, now })
  const facts = createFactJournal({
    db,
    folder: join(config.home, 'facts'),
    clock: { now },
    log,
    // What is nobody's own is for the first agency, which runs the centre.
    alarm: ({ code, message, agencyId = 1 }) => alarms.raise(agencyId, { code, message, subject: 'facts' }),
  })
  const prompts = createPrompts({ db, dir: join(config.home, 'prompts'), log: line, now })
  const settings = createRoutingSettings(db)
  const { audit, sessions, app } = http
  const users = createUsers({ db, audit, sessions, now })
  const calendars = createCalendars({ db, audit })
  const agencies = createAgencies({ db, audit, now })
  const topics = createTopics({ db, audit })
  const queues = createQueues({ db, audit, calendars, now })
  const telephony = await createTelephony({
    address: config.switches[0],
    callListen: config.callListen,
    recordingsDir: config.recordingsDir,
    cdrDir: config.cdrDir,
    domain: 'vera.local',
    addressFile: join(config.home, 'embedded-switch.json'),
    facts,
    promptFile: (text) => prompts.file(text, { agencyId: 0, language: 'es' }),
    queues: async () => {
      await settings.remember()
      return queues.queueSettings()
    },
    agents: users.agentSettings,
    lastStates: settings.lastStates,
    log,
  })
  const { routing, client } = telephony
  const flowQueues: QueuePort = {
    ...settings,
    async enqueue(call, request) {
      // From here on the leg comes back by the queue's exit, not at the step where it was.
      await call.setVariables({ vera_step: '' })
      return routing.calls.enqueue(call, request)
    },
  }
  const calls = new FlowCalls({
    facts,
    alarms,
    queues: flowQueues,
    prompts,
    agencyOf: settings.agencyOf,
    log: line,
  })
  const storage = createFlowStorage({ db, starter: starterFrom(join(root, 'flows'), line), log: line, now })
  const scheduler: Scheduler = createScheduler({
    db,
    mailer: config.smtpUrl ? smtpMailer(config.smtpUrl) : undefined,
    now,
  })
  const citizens = createCitizens({ db, audit, now })
  const tickets = createTickets({ db, audit, now })
  const knowledge = createKnowledge({ db, audit, now })
  const interactions = createInteractions({ db, facts })
  const figures = createFigures(db, now)
  let databaseUp = true
  const ports = {
    db,
    routing,
    facts,
    citizens,
    tickets,
    figures,
    alarms,
    audit,
    switchUp: () => client.state === 'up',
    databaseUp: () => databaseUp,
    example: config.demo,
    now,
    log: line,
  }
  const desks = deskPorts(ports)
  const desk = createDesk(desks)
  const screens = nowPorts(ports)
  const centre = createNow(screens)
  let nodeRed: NodeRedHost | undefined
  let robots: { stop(): void } | undefined
  let stopping = false

  await app.register(userRoutes, { users })
  await app.register(calendarRoutes, { calendars, now })
  await app.register(agencyRoutes, { agencies })
  await app.register(topicRoutes, { topics, queues })
  await app.register(queueRoutes, { queues, users, calendars })
  await app.register(
    citizenRoutes(citizens, {
      interactionsOf: interactions.ofCitizen,
      ticketsOf: async (scope, citizenId, limit) =>
        (await tickets.ofCitizen(scope, citizenId, limit)).map((ticket) => ({ ...ticket, at: ticket.createdAt })),
    }),
  )
  await app.register(
    ticketRoutes(tickets, {
      citizen: (id) => citizens.byId(id),
      hasInteraction: interactions.has,
    }),
  )
  await app.register(knowledgeRoutes, { knowledge })
  await app.register(interactionRoutes(interactions))
  await app.register(recordingRoutes({ db, audit, recordingsDir: config.recordingsDir, now }))
  await app.register(agentRoutes({ desk, ports: desks, live }))
  await app.register(supervisionRoutes({ now: centre, ports: screens, live }))
  await app.register(
    wallboardRoutes({
      now: centre,
      ports: screens,
      live,
      db,
      sessions,
      wallboardUser: async ({ agencyId }) =>
        (await db.knex('users').where({ agency_id: agencyId, role: 'wallboard', active: true }).first('id'))?.id,
      publicUrl: config.publicUrl,
    }),
  )
  await app.register(reportRoutes, { db, scheduler, audit, now })
  await app.register(promptsRoutes, { prompts, audit })
  await app.register(flowsRoutes, {
    storage,
    audit,
    deploy: (flows, credentials, user) => {
      if (!nodeRed) throw new Error('the flows are still starting')
      return nodeRed.deploy(flows, credentials, user)
    },
    check: async (flows) => checkFlow(flows, await checkOptions(settings)),
  })
  http.readiness('switch', () => client.state === 'up')
  http.readiness('flows', () => nodeRed?.running ?? false)

  /** Queues open and close by the clock; a database that is away leaves routing with what it knows. */
  const reload = () => {
    telephony.reload().catch((error: Error) => log.warn(`queues and agents could not be read again: ${error.message}`))
  }
  for (const changes of [queues.changes, users.changes]) changes.on(reload)
  const timers: NodeJS.Timeout[] = []
  function watch(): void {
    timers.push(setInterval(reload, 60_000))
    timers.push(
      setInterval(() => {
        db.ping().then(
          () => {
            databaseUp = true
          },
          () => {
            databaseUp = false
          },
        )
      }, 5_000),
    )
  }

  async function startFlows(): Promise<void> {
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
    live,
    log,
    telephony,
    calls,
    async start() {
      await migrated(db, say, overrides.retryMs ?? 3_000, () => stopping)
      let example: Example | undefined
      if (config.demo) {
        example = await seedExample({ db, clock: { now }, seed: 'vera', password: config.demoPassword, log: line })
      }
      facts.start()
      await telephony.start(calls)
      const address = await http.app.listen({ host: config.host, port: config.port })
      await startFlows()
      scheduler.start()
      watch()
      say(`Vera está lista en ${config.publicUrl}`)
      if (example) say(welcome(example, config.demoPassword))
      if (example) {
        robots = await startSimulation({ db, telephony, desk, ports: desks, example, seed: 1, log: line })
      }
      return address
    },
    async stop() {
      stopping = true
      for (const timer of timers) clearInterval(timer)
      robots?.stop()
      desk.stop()
      centre.stop()
      await nodeRed?.stop()
      await http.close()
      await telephony.stop()
      await scheduler.stop()
      await facts.stop()
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
