import type { Database } from '../database/index.ts'
import type { AgentState } from '../interactions/index.ts'
import type { AgentNow, AgentSettings, QueueSettings } from '../routing/index.ts'

export type OpenNow = (calendarId: number, timeZone: string) => Promise<boolean>

/** What routing and flows need to know of queues and agents, of every agency: the platform's own reading, not a person's. */
export function createRoutingSettings(db: Database) {
  const { knex } = db
  return {
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
      return knex('queues').where({ agency_id: agencyId, code, active: true }).first('id', 'name')
    },
    async first(agencyId: number): Promise<{ id: number; name: string } | undefined> {
      return knex('queues').where({ agency_id: agencyId, active: true }).orderBy('id').first('id', 'name')
    },
    async topic(agencyId: number, name: string): Promise<{ id: number; queueId?: number } | undefined> {
      const row = await knex('topics').where({ agency_id: agencyId, name, active: true }).first('id', 'queue_id')
      return row && { id: row.id, ...(row.queue_id ? { queueId: row.queue_id } : {}) }
    },
    async backOffice(agencyId: number, name: string): Promise<number | undefined> {
      return (await knex('back_offices').where({ agency_id: agencyId, name, active: true }).first('id'))?.id
    },
    /** Who answers for a dialled number; of an unknown one, the first agency of all. */
    async agencyOf(number: string): Promise<{ id: number; name: string; known: boolean } | undefined> {
      const digits = number.replace(/\D/g, '')
      const owner = await knex('numbers')
        .join('agencies', 'agencies.id', 'numbers.agency_id')
        .whereIn('numbers.number', [number, digits, `+${digits}`])
        .first('agencies.id', 'agencies.name')
      if (owner) return { ...owner, known: true }
      const first = await knex('agencies').where({ active: true }).orderBy('id').first('id', 'name')
      return first && { ...first, known: false }
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

function list<T extends object | string>(json: string | null): T[] {
  try {
    const value = JSON.parse(json ?? '[]')
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}
