import { type Database, scopeOf } from '../database/index.ts'
import type { TicketData } from '../flows/index.ts'
import type { TicketOrigin, TicketPriority } from './states.ts'
import type { Ticket, Tickets } from './types.ts'

/** What flow nodes ask of tickets (TicketPort of nodes/kit/platform.ts). */
export function flowTickets(tickets: Tickets, db: Database) {
  const idOf = async (table: 'topics' | 'back_offices', agencyId: number, name: string | undefined) =>
    name ? (await db.knex(table).where({ agency_id: agencyId, name, active: true }).first('id'))?.id : undefined
  return {
    async create(
      agencyId: number,
      values: {
        subject: string
        description: string
        priority: TicketPriority
        origin: Exclude<TicketOrigin, 'agent'>
        interactionId: string
        citizenId?: number
        topic?: string
        backOffice?: string
      },
    ): Promise<TicketData> {
      const { topic, backOffice, ...rest } = values
      const [topicId, backOfficeId] = await Promise.all([
        idOf('topics', agencyId, topic),
        idOf('back_offices', agencyId, backOffice),
      ])
      const created = await tickets.create(scopeOf(agencyId), undefined, {
        ...rest,
        ...(topicId === undefined ? {} : { topicId }),
        ...(backOfficeId === undefined ? {} : { backOfficeId }),
      })
      return dataOf(created)
    },
    async byNumber(agencyId: number, number: number): Promise<TicketData | undefined> {
      const found = await tickets.byNumber(scopeOf(agencyId), number)
      return found && dataOf(found)
    },
    async latest(agencyId: number, citizenId: number): Promise<TicketData | undefined> {
      const found = await tickets.latestOf(scopeOf(agencyId), citizenId)
      return found && dataOf(found)
    },
  }
}

const dataOf = (ticket: Ticket): TicketData => ({
  id: ticket.id,
  number: ticket.number,
  subject: ticket.subject,
  state: ticket.state,
  ...(ticket.dueAt === undefined ? {} : { dueAt: ticket.dueAt }),
})
