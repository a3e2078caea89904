import type { Database } from '../database/index.ts'
import type { AgentState } from '../interactions/index.ts'
import type { AgentNow, AgentSettings, QueueSettings } from '../routing/index.ts'
import { lastKnown } from './last-known.ts'

export type OpenNow = (calendarId: number, timeZone: string) => Promise<boolean>

/**
 * What routing and flows need to know of queues and agents, of every agency: the platform's own reading, not a person's.
 * What a call needs to be served is told from memory while the database is away.
 */
export function createRoutingSettings(db: Database) {
  const { knex } = db
  const memory = lastKnown()
  return {
    /** Reads what calls need before the first of them asks; again now and then, so that memory is not old. */
    async remember(): Promise<void> {
      const agencies = await knex('agencies').where({ active: true }).orderBy('id').select('id', 'name')
      const numbers = await knex('numbers')
        .join('agencies', 'agencies.id', 'numbers.agency_id')
        .select('numbers.number', 'agencies.id', 'agencies.name')
      const queues = await knex('queues')
        .where({ active: true })
        .orderBy('id', 'desc')
        .select('id', 'name', 'code', 'agency_id')
      const [first] = agencies
      if (first) memory.know('agency', { ...first, known: false })
      for (const { number, id, name } of numbers) memory.know(`agency ${digitsOf(number)}`, { id, name, known: true })
      for (const { id, name, code, agency_id } of queues) {
        memory.know(`queue ${agency_id} ${code}`, { id, name })
        // The lowest id comes last and stays.
        memory.know(`first ${agency_id}`, { id, name })
      }
    },
    /** Active queues. */
    async queues(): Promise<QueueSettings[]> {
      const rows = await knex('queues').where({ active: true }).orderBy('id')
      return rows.map((row) => ({
        id: row.id,
        agencyId: row.agency_id,
        code: row.code,
        name: row.name,
        channel: row.channel,
        ...(row.skill_id ? { skillId: row.skill_id } : {}),
        priority: row.priority,
        levels: list(row.levels),
        ...(row.max_wait_seconds ? { maxWaitMs: row.max_wait_seconds * 1_000 } : {}),
        ...(row.max_size ? { maxSize: row.max_size } : {}),
        noAgents: row.no_agents,
        ringMs: row.ring_seconds * 1_000,
        wrapUpMs: row.wrap_up_seconds * 1_000,
        targetSeconds: row.target_seconds,
        targetPercent: row.target_percent,
        shortAbandonSeconds: row.short_abandon_seconds,
        record: Boolean(row.record),
        messages: list<string>(row.messages),
        messageEveryMs: row.message_every_seconds * 1_000,
        announcePosition: Boolean(row.announce_position),
        open: true,
      }))
    },
    /** Active people with an extension, who may take calls. */
    async agents(): Promise<AgentSettings[]> {
      const people = await knex('users').where({ active: true, role: 'agent' }).whereNotNull('extension').orderBy('id')
      const skills = await knex('agent_skills').select('user_id', 'skill_id', 'level')
      const levels = Map.groupBy(skills as { user_id: number; skill_id: number; level: number }[], (row) => row.user_id)
      return people.map((row) => ({
        id: row.id,
        agencyId: row.agency_id,
        name: row.name,
        extension: row.extension,
        skills: Object.fromEntries((levels.get(row.id) ?? []).map(({ skill_id, level }) => [skill_id, level])),
      }))
    },
    /** The states that were open when we stopped. */
    async lastStates(): Promise<AgentNow[]> {
      const rows = await knex('agent_states').whereNull('ended_at')
      return rows.map((row) => ({
        id: row.agent_id,
        state: row.state as AgentState,
        since: Number(row.began_at),
        idleSince: Number(row.began_at),
        ...(row.break_reason_id ? { breakReasonId: row.break_reason_id } : {}),
      }))
    },
    async find(agencyId: number, code: string): Promise<{ id: number; name: string } | undefined> {
      return memory.ask(`queue ${agencyId} ${code}`, async () =>
        knex('queues').where({ agency_id: agencyId, code, active: true }).first('id', 'name'),
      )
    },
    async first(agencyId: number): Promise<{ id: number; name: string } | undefined> {
      return memory.ask(`first ${agencyId}`, async () =>
        knex('queues').where({ agency_id: agencyId, active: true }).orderBy('id').first('id', 'name'),
      )
    },
    async topic(agencyId: number, name: string): Promise<{ id: number; queueId?: number } | undefined> {
      return memory.ask(`topic ${agencyId} ${name}`, async () => {
        const row = await knex('topics').where({ agency_id: agencyId, name, active: true }).first('id', 'queue_id')
        return row && { id: row.id, ...(row.queue_id ? { queueId: row.queue_id } : {}) }
      })
    },
    async backOffice(agencyId: number, name: string): Promise<number | undefined> {
      return (await knex('back_offices').where({ agency_id: agencyId, name, active: true }).first('id'))?.id
    },
    /** Who answers for a dialled number; of an unknown one, the first agency of all. */
    async agencyOf(number: string): Promise<{ id: number; name: string; known: boolean } | undefined> {
      const digits = digitsOf(number)
      const owner = await memory
        .ask(`agency ${digits}`, async () =>
          knex('numbers')
            .join('agencies', 'agencies.id', 'numbers.agency_id')
            .whereIn('numbers.number', [number, digits, `+${digits}`])
            .first('agencies.id', 'agencies.name'),
        )
        .catch(() => undefined)
      if (owner) return { id: owner.id, name: owner.name, known: true }
      return memory.ask('agency', async () => {
        const first = await knex('agencies').where({ active: true }).orderBy('id').first('id', 'name')
        return first && { ...first, known: false }
      })
    },
    /** Names and codes for the lists of the flow editor. */
    async choices() {
      const named = async (table: string, value: string) =>
        (await knex(table).distinct(value, 'name').orderBy('name')).map((row: Record<string, string>) => ({
          value: row[value] as string,
          label: row.name as string,
        }))
      return {
        queues: await named('queues', 'code'),
        calendars: await named('calendars', 'name'),
        topics: await named('topics', 'name'),
        backOffices: await named('back_offices', 'name'),
        recordings: await named('prompts', 'name'),
        numbers: (await knex('numbers').orderBy('number')).map((row) => ({
          value: row.number,
          label: row.description ? `${row.number} (${row.description})` : row.number,
        })),
      }
    },
  }
}

const digitsOf = (number: string) => number.replace(/\D/g, '')

function list<T extends object | string>(json: string | null): T[] {
  try {
    const value = JSON.parse(json ?? '[]')
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}
