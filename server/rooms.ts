// Every room of the platform, joined: what each needs of the others is given here. Nothing runs yet.
import { join } from 'node:path'
import type { Logger } from 'pino'
import { filePath } from '../freeswitch/esl/index.ts'
import {
  bundleInThread,
  createBounces,
  createExports,
  createRollups,
  createScheduler,
  createSimulations,
  imapMailbox,
  smtpMailer,
} from '../reports/index.ts'
import { certificatePlaces, ownHosts } from './addresses.ts'
import { createAgencies } from './agencies/index.ts'
import { createDesk } from './agents/index.ts'
import { createCalendars } from './calendars/index.ts'
import { createCallRecords, livingLegs } from './call-records/index.ts'
import { createCitizens } from './citizens/index.ts'
import { createCluster, createDraining, createLostPlaces, createOwedCallbacks } from './cluster/index.ts'
import { type Config, sessionSecret } from './config.ts'
import type { Database } from './database/index.ts'
import { deskPorts, nowPorts } from './desk-ports.ts'
import { createEvaluations } from './evaluations/index.ts'
import { createFigures } from './figures.ts'
import { createAlarms, createFlowStorage, FlowCalls, type QueuePort, starterFrom } from './flows/index.ts'
import type { Http } from './http/index.ts'
import { createFactJournal, createInteractions } from './interactions/index.ts'
import { createKnowledge } from './knowledge/index.ts'
import { attachLive } from './live/index.ts'
import { createLookingAhead } from './looking-ahead.ts'
import { createCertificates, createPhones, type PhonesOptions, switchAddresses } from './phones/index.ts'
import { createPrompts, voicesOf } from './prompts/index.ts'
import { createQueues } from './queues/index.ts'
import { createRoutingSettings } from './queues/routing-settings.ts'
import { createReachability } from './reachability.ts'
import { createRecogniser, createSpeechPort } from './recognition/index.ts'
import { createMasking, createRecordings, type RecordingsOptions } from './recordings/index.ts'
import { measureRecording } from './routing/index.ts'
import { createNow, createOrders } from './supervision/index.ts'
import { createTelephony, type TelephonyOptions } from './telephony.ts'
import { createTickets } from './tickets/index.ts'
import { createTopics } from './topics/index.ts'
import { createTrunks } from './trunks/index.ts'
import { createUsers } from './users/index.ts'
import { createWallNumbers } from './wall-numbers.ts'

export type RoomsOptions = {
  config: Config
  db: Database
  http: Http
  log: Logger
  now: () => number
  requireReachable: boolean
  clock?: TelephonyOptions['clock']
  statfs?: RecordingsOptions['statfs'] | undefined
  neverBlock?: PhonesOptions['neverBlock'] | undefined
}
export type Rooms = Awaited<ReturnType<typeof createRooms>>

const root = join(import.meta.dirname, '..')
const version = '0.1.0'

export async function createRooms({ config, db, http, log, now, requireReachable, clock, ...more }: RoomsOptions) {
  const { audit, sessions } = http
  const line = (text: string) => log.info(text)
  const cluster = createCluster({
    db,
    name: config.serverName,
    url: config.clusterUrl,
    sessionSecret: sessionSecret(config),
    version,
    redisUrl: config.redisUrl,
    now,
    log: line,
  })
  const live = attachLive(http, { now, version, ...(cluster.across ? { across: cluster.across } : {}) })
  const alarms = createAlarms(db, { log: line, now })
  const mailer = config.smtpUrl ? smtpMailer(config.smtpUrl) : undefined
  const rollups = createRollups({ db, now, log: line })
  const facts = createFactJournal({
    db,
    alongside: rollups.mark,
    folder: join(config.home, 'facts'),
    clock: { now },
    log,
    // What is nobody's own is for the first agency, which runs the centre.
    alarm: ({ code, message, agencyId = 1 }) => alarms.raise(agencyId, { code, message, subject: 'facts' }),
  })
  const prompts = createPrompts({
    db,
    dir: join(config.home, 'prompts'),
    speech: voicesOf(config.speech),
    alarm: (agencyId, alarm) => alarms.raise(agencyId, alarm),
    log: line,
    now,
  })
  const settings = createRoutingSettings(db)
  const users = createUsers({ db, audit, sessions, now })
  const calendars = createCalendars({ db, audit })
  const agencies = createAgencies({ db, audit, now })
  const topics = createTopics({ db, audit })
  const queues = createQueues({ db, audit, calendars, now })
  const recordings = createRecordings({
    db,
    audit,
    alarms,
    recordingsDir: config.recordingsDir,
    cacheDir: join(config.home, 'waveforms'),
    serverName: config.serverName,
    ...(more.statfs ? { statfs: more.statfs } : {}),
    sources: Object.fromEntries(
      config.switches.flatMap(({ name, recordings: from }) =>
        from ? [[name, { kind: 'http' as const, ...from }]] : [],
      ),
    ),
    now,
    log: line,
  })
  const telephony = await createTelephony({
    switches: config.switches,
    callListen: config.callListen,
    recordingsDir: config.recordingsDir,
    cdrDir: config.cdrDir,
    domain: config.sipDomain,
    addressFile: join(config.home, 'embedded-switch.json'),
    facts,
    promptFile: (text) => prompts.file(text, { agencyId: 0, language: 'es' }),
    queues: async () => {
      await Promise.all([settings.remember(), topics.remember()])
      return queues.queueSettings()
    },
    recorded: ({ agencyId, queueId, talkId, queueSays }) =>
      recordings.rules.of({ agencyId, queueId, fallback: queueSays, talk: talkId }).record,
    agents: users.agentSettings,
    lastStates: settings.lastStates,
    callbacks: createOwedCallbacks(db, now, line),
    backOfficeName: (id, agencyId) => topics.backOffice(agencyId, id)?.name,
    backOfficeNumber: (id, agencyId) => topics.backOffice(agencyId, id)?.number ?? undefined,
    registeredAt: (extension) => phones.registered(extension).map(({ node }) => node),
    dialNumber: (number, agencyId) => trunks.dialNumber(number, agencyId),
    share: cluster.share,
    requireReachable,
    clock,
    log,
  })
  const { routing, client, nodes } = telephony
  const phones = createPhones({
    db,
    audit,
    domain: config.sipDomain,
    nodes,
    alarm: alarms.raise,
    log: line,
    now,
    browserWorks: (extension) => reachability.browserWorks(extension),
    neverBlock: more.neverBlock ?? switchAddresses(() => ownHosts(config, cluster.servers())),
  })
  const certificates = createCertificates({ places: () => certificatePlaces(config), alarm: alarms.raise, now })
  const trunks = createTrunks({
    db,
    audit,
    nodes,
    secret: sessionSecret(config),
    alarm: alarms.raise,
    log: line,
    now,
  })
  const reachability = createReachability({
    registered: phones.registered,
    known: phones.known,
    agents: users.agentSettings,
    set: routing.agents.setReachable,
  })
  const places = createLostPlaces(db, now)
  const flowQueues: QueuePort = {
    ...settings,
    async enqueue(call, request) {
      const announcement = recordings.announcementFor(request.agencyId, request.queueId)
      if (announcement) await announce(call, announcement, request.agencyId)
      const placeSince = await places.placeFor(request.agencyId, call.from, request.queueId)
      return routing.calls.enqueue(call, { ...request, ...(placeSince === undefined ? {} : { placeSince }) })
    },
  }
  /** That the call is recorded. A prompt that cannot be had does not keep the call from its queue: an alarm says so. */
  async function announce(call: Parameters<QueuePort['enqueue']>[0], prompt: string, agencyId: number): Promise<void> {
    try {
      await call.play([{ file: await prompts.file(prompt, { agencyId, language: 'es' }) }])
    } catch (error) {
      const message = `El aviso de grabación «${prompt}» no se pudo decir: ${(error as Error).message}`
      alarms.raise(agencyId, { code: 'prompt.missing', message, subject: 'recordings' })
    }
  }
  const calls = new FlowCalls({
    facts,
    alarms,
    queues: flowQueues,
    prompts,
    agencyOf: settings.agencyOf,
    clock,
    wayOf({ uuid, variables }) {
      const gateway = trunks.lineOf(variables.sip_network_ip ?? '')
      const switchNode = client.nodeOf(uuid)
      return { ...(gateway ? { gateway } : {}), ...(switchNode ? { switchNode } : {}) }
    },
    log: line,
  })
  const citizens = createCitizens({ db, audit, now })
  const tickets = createTickets({ db, audit, now })
  const figures = createFigures(db, now)
  const health = { database: true }
  const screens = {
    db,
    routing,
    facts,
    citizens,
    tickets,
    figures,
    lookingAhead: createLookingAhead({ db, now, log: line }),
    alarms,
    audit,
    switchUp: () => nodes.every((node) => node.client.state === 'up'),
    databaseUp: () => health.database,
    disk() {
      const { state, freeBytes } = recordings.diskState()
      return state === 'ok' || state === 'unknown' ? undefined : { state, gigabytes: freeBytes / 1024 ** 3 }
    },
    example: config.demo,
    now,
    log: line,
  }
  const desks = deskPorts(screens)
  const supervisors = nowPorts(screens)
  const orders = createOrders({
    db,
    routing,
    audit,
    lists: supervisors.lists,
    async supervisorDial(scope, userId) {
      const person = await users.get(scope, userId)
      if (!person.extension) return undefined
      const there = telephony.embedded !== undefined || phones.registered(person.extension).length > 0
      return there ? telephony.dial.extension(person.extension) : undefined
    },
    writes: cluster.owns,
    now,
    log: line,
  })
  const records = createCallRecords({
    db,
    facts,
    cdrDir: config.cdrDir,
    agencyOf: settings.agencyOf,
    switches: () => livingLegs(nodes),
    measure: measureRecording,
    isLive: (interactionId) => calls.get(interactionId) !== undefined,
    alarm: ({ code, message }) => alarms.raise(1, { code, message, subject: 'call-records' }),
    log,
    now,
  })
  return {
    agencies,
    alarms,
    bounces: createBounces({
      db,
      mailer,
      mailbox: config.imapUrl ? imapMailbox(config.imapUrl, now) : undefined,
      now,
      log: line,
    }),
    calendars,
    calls,
    certificates,
    citizens,
    client,
    cluster,
    desk: createDesk({ ...desks, heard: { by: orders.heardBy, onChange: orders.onChange } }),
    desks,
    draining: createDraining({ db, fleet: client, bus: cluster.bus, now, log: line }),
    evaluations: createEvaluations({ db, audit, now, log: line }),
    exports: createExports({
      db,
      databaseUrl: config.databaseUrl,
      folder: join(config.home, 'exports'),
      server: config.serverName,
      publicUrl: config.publicUrl,
      now,
      log: line,
    }),
    facts,
    figures,
    flowQueues,
    health,
    interactions: createInteractions({ db, facts }),
    knowledge: createKnowledge({ db, audit, now }),
    live,
    masking: createMasking({ db, facts, command: (text) => client.api(text), filePath }),
    nowOf: createNow(supervisors),
    wallNumbers: createWallNumbers({ db, figures, now, log: line }),
    orders,
    phones,
    places,
    prompts,
    queues,
    reachability,
    recordings,
    records,
    routing,
    rollups,
    scheduler: createScheduler({
      db,
      mailer,
      now,
      publicUrl: config.publicUrl,
      bundle: ({ agencyId }, wanted) => bundleInThread({ databaseUrl: config.databaseUrl, agencyId, wanted }),
    }),
    settings,
    simulations: createSimulations({ db, server: config.serverName, now, log: line }),
    speech: createSpeechPort({
      recogniser: createRecogniser({ ...(config.recogniser ? { setting: config.recogniser } : {}), log: line, now }),
      dir: join(config.home, 'speech'),
      log: line,
    }),
    storage: createFlowStorage({ db, starter: starterFrom(join(root, 'flows'), line), log: line, now }),
    supervisors,
    telephony,
    tickets,
    topics,
    trunks,
    users,
  }
}
