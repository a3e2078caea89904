// The ways in: every room's pages and API on the one server.
import { catalogue, fillInThread, reportRoutes } from '../reports/index.ts'
import { switchHosts } from './addresses.ts'
import { agencyRoutes } from './agencies/index.ts'
import { agentRoutes } from './agents/index.ts'
import { calendarRoutes } from './calendars/index.ts'
import { callRecordRoutes } from './call-records/index.ts'
import { citizenRoutes } from './citizens/index.ts'
import { clusterRoutes } from './cluster/index.ts'
import { type Config, switchSecret } from './config.ts'
import type { Database } from './database/index.ts'
import { evaluationRoutes } from './evaluations/index.ts'
import { checkOptions } from './flow-ports.ts'
import { checkFlow, flowsRoutes } from './flows/index.ts'
import { AppError, type Http } from './http/index.ts'
import { interactionRoutes } from './interactions/index.ts'
import { knowledgeRoutes } from './knowledge/index.ts'
import type { NodeRedHost } from './node-red.ts'
import { phoneRoutes, switchAddresses, switchRoutes } from './phones/index.ts'
import { promptsRoutes } from './prompts/index.ts'
import { queueRoutes } from './queues/index.ts'
import { playerOf, recordingRoutes } from './recordings/index.ts'
import type { Rooms } from './rooms.ts'
import { softphoneRoutes } from './softphone/index.ts'
import { supervisionRoutes } from './supervision/index.ts'
import { ticketRoutes } from './tickets/index.ts'
import { topicRoutes } from './topics/index.ts'
import { trunkRoutes } from './trunks/index.ts'
import { userRoutes } from './users/index.ts'
import { wallboardRoutes } from './wallboards/index.ts'

export type DoorsOptions = {
  config: Config
  db: Database
  http: Http
  rooms: Rooms
  now: () => number
  /** The flows once they run. */
  nodeRed(): NodeRedHost | undefined
  log(line: string): void
}

export async function openDoors({ config, db, http, rooms, now, nodeRed, log }: DoorsOptions): Promise<void> {
  const { app, audit, sessions } = http
  const { citizens, client, interactions, live, phones, telephony, tickets, trunks, users } = rooms
  await app.register(userRoutes, { users })
  await app.register(calendarRoutes, { calendars: rooms.calendars, now })
  await app.register(agencyRoutes, { agencies: rooms.agencies })
  await app.register(topicRoutes, { topics: rooms.topics, queues: rooms.queues })
  await app.register(queueRoutes, { queues: rooms.queues, users, calendars: rooms.calendars })
  await app.register(
    citizenRoutes(citizens, {
      interactionsOf: interactions.ofCitizen,
      ticketsOf: async (scope, citizenId, limit) =>
        (await tickets.ofCitizen(scope, citizenId, limit)).map((ticket) => ({ ...ticket, at: ticket.createdAt })),
    }),
  )
  await app.register(ticketRoutes(tickets, { citizen: (id) => citizens.byId(id), hasInteraction: interactions.has }))
  await app.register(knowledgeRoutes, { knowledge: rooms.knowledge })
  await app.register(interactionRoutes(interactions))
  await app.register(
    recordingRoutes({
      db,
      audit,
      recordings: rooms.recordings,
      recordingsDir: config.recordingsDir,
      now,
      prompts: async (scope) => (await rooms.prompts.list(scope)).map(({ name }) => name),
    }),
  )
  await app.register(evaluationRoutes, {
    quality: rooms.evaluations,
    player: (session, id) => playerOf(rooms.recordings, session, id),
  })
  await app.register(
    agentRoutes({ desk: rooms.desk, ports: rooms.desks, live, newEvaluations: rooms.evaluations.unseen }),
  )
  await app.register(
    softphoneRoutes({
      http,
      ports: {
        // Each person always to the same switch, among those that are up and take calls.
        upstream(session) {
          if (telephony.embedded) return undefined
          const taking = client.nodes().filter(({ state, draining }) => state === 'up' && !draining)
          const chosen = taking[session.userId % Math.max(1, taking.length)]
          const sip = config.switches.find(({ name }) => name === chosen?.name)?.sip
          return sip && { url: `ws://${sip.host.includes(':') ? `[${sip.host}]` : sip.host}:${sip.wsPort}` }
        },
        async credential(userId) {
          try {
            return await phones.browserCredential(userId)
          } catch (error) {
            if (error instanceof AppError && error.code === 'phone.no_extension') return undefined
            throw error
          }
        },
        autoAnswer: phones.autoAnswer,
        reachable: rooms.reachability.page,
        reattach(agentId) {
          const { agents } = rooms.routing
          if (agents.work(agentId)?.connected) return agents.reattach(agentId)
        },
        log,
      },
    }),
  )
  await app.register(supervisionRoutes({ now: rooms.nowOf, ports: rooms.supervisors, live, orders: rooms.orders }))
  await app.register(
    wallboardRoutes({
      now: rooms.nowOf,
      ports: rooms.supervisors,
      numbers: rooms.wallNumbers,
      live,
      db,
      sessions,
      wallboardUser: async ({ agencyId }) =>
        (await db.knex('users').where({ agency_id: agencyId, role: 'wallboard', active: true }).first('id'))?.id,
      publicUrl: config.publicUrl,
      definition: (id, language) =>
        catalogue.find((one) => one.id === id)?.definition[language === 'en-US' ? 'en' : 'es'],
    }),
  )
  await app.register(reportRoutes, {
    db,
    scheduler: rooms.scheduler,
    bounces: rooms.bounces,
    simulations: rooms.simulations,
    exports: rooms.exports,
    fillWorkbook: ({ agencyId }, job) => fillInThread({ ...job, databaseUrl: config.databaseUrl, agencyId }),
    audit,
    now,
    publicUrl: config.publicUrl,
  })
  await app.register(promptsRoutes, { prompts: rooms.prompts, audit })
  await app.register(callRecordRoutes, { records: rooms.records, audit, now })
  await app.register(clusterRoutes, { cluster: rooms.cluster, fleet: client, draining: rooms.draining, audit, live })
  // Whoever may not come in any more does not telephone either.
  sessions.onRevoked(({ userId }) => {
    if (userId !== undefined) phones.revokeBrowser(userId).catch((error: Error) => log(`phones: ${error.message}`))
  })
  if (!telephony.embedded) {
    await app.register(phoneRoutes, { phones, live, certificates: rooms.certificates })
    await app.register(trunkRoutes, {
      trunks,
      live,
      now,
      flowOf: async (number) => rooms.calls.entryOf(number),
    })
    await app.register(switchRoutes, {
      phones,
      lines: trunks,
      secret: switchSecret(config),
      isSwitch: switchAddresses(switchHosts(config)),
    })
  }
  await app.register(flowsRoutes, {
    storage: rooms.storage,
    audit,
    deploy: (flows, credentials, user) => {
      const host = nodeRed()
      if (!host) throw new Error('the flows are still starting')
      return host.deploy(flows, credentials, user)
    },
    check: async (flows) => checkFlow(flows, await checkOptions(rooms.settings)),
  })
}
