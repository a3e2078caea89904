// What the agents' desks, the supervisor's screen and the wallboards ask of other rooms, filled from them.
import type { DeskPorts } from './agents/index.ts'
import type { Citizen, Citizens } from './citizens/index.ts'
import type { Database, Scope } from './database/index.ts'
import type { createFigures } from './figures.ts'
import type { createAlarms } from './flows/index.ts'
import type { Audit } from './http/index.ts'
import { type FactJournal, inOrder } from './interactions/index.ts'
import type { Routing } from './routing/index.ts'
import type { LookingAhead, NowPorts } from './supervision/index.ts'
import type { Tickets } from './tickets/index.ts'

export type DeskPortsOptions = {
  db: Database
  routing: Routing
  facts: FactJournal
  citizens: Citizens
  tickets: Tickets
  figures: ReturnType<typeof createFigures>
  lookingAhead: LookingAhead
  alarms: ReturnType<typeof createAlarms>
  audit: Audit
  switchUp(): boolean
  databaseUp(): boolean
  /** The recordings' disk when it is not well. */
  disk(): ReturnType<NowPorts['health']>['disk']
  example: boolean
  now: () => number
  log(line: string): void
}

/** The agency's own lists, active rows only. */
function lists({ knex }: Database) {
  const active = (table: string, scope: Scope) =>
    knex(table).where({ agency_id: scope.agencyId, active: true }).orderBy('name')
  const named = (table: string) => (scope: Scope) => active(table, scope).select('id', 'name')
  return {
    breakReasons: named('break_reasons'),
    dispositions: named('dispositions'),
    async backOffices(scope: Scope) {
      const rows = await active('back_offices', scope).select('id', 'name', 'number')
      return rows.map((row) => ({
        id: row.id as number,
        name: row.name as string,
        ...(row.number ? { number: row.number as string } : {}),
      }))
    },
    async queues(scope: Scope) {
      const rows = await active('queues', scope).select('id', 'name', 'target_seconds', 'target_percent')
      return rows.map((row) => ({
        id: row.id as number,
        name: row.name as string,
        targetSeconds: row.target_seconds as number,
        targetPercent: row.target_percent as number,
      }))
    },
    async topics(scope: Scope) {
      const rows = await active('topics', scope).select('id', 'name', 'queue_id')
      return rows.map((row) => ({
        id: row.id as number,
        name: row.name as string,
        ...(row.queue_id ? { queueId: row.queue_id as number } : {}),
      }))
    },
    articles: (scope: Scope, topicId: number) =>
      knex('articles')
        .where({ agency_id: scope.agencyId, topic_id: topicId })
        .orderBy('title')
        .select('id', 'title', 'body'),
    async agents(scope: Scope) {
      const rows = await active('users', scope).where({ role: 'agent' }).select('id', 'name', 'extension')
      return rows.map((row) => ({
        id: row.id as number,
        name: row.name as string,
        ...(row.extension ? { extension: row.extension as string } : {}),
      }))
    },
  }
}

export function deskPorts(options: DeskPortsOptions): DeskPorts {
  const { db, routing, facts, citizens, tickets } = options
  const { knex } = db
  return {
    routing,
    facts,
    citizens: {
      async byId(_scope, id) {
        const found = await citizens.byId(id)
        return found && card(found)
      },
      byPhone: async (scope, number) => (await citizens.byPhone(scope, number)).map((one) => card(one)),
      search: async (scope, text) => (await citizens.search(scope, text, 8)).map((one) => card(one)),
      async create(scope, userId, { phone, ...citizen }) {
        return (await citizens.create(scope, userId, { ...citizen, ...(phone ? { phones: [phone] } : {}) })).id
      },
      addPhone: (scope, userId, citizenId, number) => citizens.addPhone(scope, userId, citizenId, number),
    },
    interactions: {
      async history(scope, citizenId, limit) {
        const rows = await knex('interactions')
          .leftJoin('topics', 'topics.id', 'interactions.topic_id')
          .leftJoin('dispositions', 'dispositions.id', 'interactions.disposition_id')
          .where({ 'interactions.agency_id': scope.agencyId, 'interactions.citizen_id': citizenId })
          .orderBy('interactions.created_at', 'desc')
          .limit(limit)
          .select({
            id: 'interactions.id',
            at: 'interactions.created_at',
            topic: 'topics.name',
            disposition: 'dispositions.name',
          })
        const ids = rows.map(({ id }) => id)
        const stays = await knex('queue_stays')
          .leftJoin('queues', 'queues.id', 'queue_stays.queue_id')
          .leftJoin('users', 'users.id', 'queue_stays.agent_id')
          .whereIn('queue_stays.interaction_id', ids)
          .where('queue_stays.agency_id', scope.agencyId)
          .orderBy('queue_stays.enqueued_at')
          .select('interaction_id', 'outcome', { queue: 'queues.name', agent: 'users.name' })
        const notes = await knex('interaction_notes')
          .whereIn('interaction_id', ids)
          .where('agency_id', scope.agencyId)
          .orderBy('at')
          .select('interaction_id', 'body')
        const last = new Map(stays.map((stay) => [stay.interaction_id, stay]))
        const note = new Map(notes.map((one) => [one.interaction_id, one.body]))
        return rows.map((row) => ({
          id: row.id,
          at: Number(row.at),
          ...present({
            queue: last.get(row.id)?.queue,
            agent: last.get(row.id)?.agent,
            outcome: last.get(row.id)?.outcome,
            topic: row.topic,
            disposition: row.disposition,
            note: note.get(row.id),
          }),
        }))
      },
      async steps(scope, interactionId) {
        await facts.flush()
        const rows = await knex('facts')
          .where({ agency_id: scope.agencyId, interaction_id: interactionId, kind: 'interaction.step' })
          .orderBy('at')
          .select('at', 'body')
        return inOrder(rows as { at: number; body: string }[]).map((row) => {
          const { name, detail } = JSON.parse(row.body) as { name: string; detail?: string }
          return { at: Number(row.at), name, ...(detail ? { detail } : {}) }
        })
      },
      async notes(scope, interactionId) {
        const rows = await knex('interaction_notes')
          .leftJoin('users', 'users.id', 'interaction_notes.user_id')
          .where({ 'interaction_notes.agency_id': scope.agencyId, interaction_id: interactionId })
          .orderBy('at')
          .select('at', 'body', { author: 'users.name' })
        return rows.map((row) => ({ at: Number(row.at), text: row.body, ...present({ author: row.author }) }))
      },
      async citizenOf(scope, interactionId) {
        await facts.flush()
        const row = await knex('interactions')
          .where({ agency_id: scope.agencyId, id: interactionId })
          .first('citizen_id')
        return row?.citizen_id ?? undefined
      },
    },
    tickets: {
      ofCitizen: async (scope, citizenId, limit) =>
        (await tickets.ofCitizen(scope, citizenId, limit)).map(({ id, number, subject, state, createdAt }) => ({
          id,
          number,
          subject,
          state,
          at: createdAt,
        })),
      create: (scope, userId, ticket) => tickets.create(scope, userId, { ...ticket, origin: 'agent' }),
    },
    lists: lists(db),
    today: options.figures.agentDay,
    example: options.example,
    log: options.log,
  }
}

export function nowPorts(options: DeskPortsOptions): NowPorts {
  const { db, facts, alarms, audit } = options
  return {
    routing: options.routing,
    metricsNow: options.figures.metricsNow,
    lookingAhead: options.lookingAhead,
    lists: lists(db),
    async citizenNames(_scope, ids) {
      const rows = await db.knex('citizens').whereIn('id', ids).select('id', 'name')
      return new Map(rows.map((row) => [row.id, row.name]))
    },
    health() {
      const disk = options.disk()
      const health = { switch: options.switchUp(), database: options.databaseUp(), waitingFacts: facts.pending() }
      return { ...health, ...(disk ? { disk } : {}) }
    },
    audit,
    alarms,
    // server/agents/pages/phone.ts as the browser gets it.
    phoneModule: '/assets/agents/phone.js',
    example: options.example,
    now: options.now,
    log: options.log,
  }
}

function card({ createdAt: _created, updatedAt: _updated, ...rest }: Citizen) {
  return rest
}

/** Without the keys that hold nothing. */
function present<T extends object>(values: T): { [Key in keyof T]?: NonNullable<T[Key]> } {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== null && value !== undefined),
  ) as never
}
