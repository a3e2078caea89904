import type { Database } from '../database/index.ts'
import type { AgentState } from '../interactions/index.ts'
import type { AgentNow } from '../routing/index.ts'
import { lastKnown } from './last-known.ts'

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
