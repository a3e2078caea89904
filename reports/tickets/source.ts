import { setImmediate } from 'node:timers/promises'
import type { Database, Scope } from '../../server/database/index.ts'
import type { Where } from '../explain/figure.ts'
import type { Source } from '../explain/source.ts'
import { type Interval, type TicketFact, type TicketRow, ticketIn } from '../metrics/index.ts'
import { ticketsOf } from './count.ts'

const batch = 10_000

export type Ticket = TicketRow & {
  number: number
  subject: string
  topicId: number | null
  officeId: number | null
  assigneeId: number | null
}

/** Tickets opened, solved or owed in the period, in pieces. */
export async function* eachTicket(
  db: Database,
  scope: Scope,
  { period, now, where }: { period: Interval; now: number; where: Where },
): AsyncGenerator<Ticket> {
  let after = 0
  for (;;) {
    const rows = await ticketsOf(db, { agencyIds: [scope.agencyId], period, now, where })
      .where('id', '>', after)
      .orderBy('id')
      .limit(batch)
      .select(
        ...['id', 'number', 'subject', 'topic_id', 'back_office_id', 'assignee_id'],
        ...['created_at', 'due_at', 'solved_at'],
      )
    for (const row of rows)
      yield {
        number: row.number,
        subject: row.subject,
        topicId: row.topic_id,
        officeId: row.back_office_id,
        assigneeId: row.assignee_id,
        createdAt: Number(row.created_at),
        dueAt: time(row.due_at),
        solvedAt: time(row.solved_at),
      }
    if (rows.length < batch) return
    after = rows.at(-1).id
    await setImmediate()
  }
}

const time = (value: number | string | null) => (value === null ? null : Number(value))

export const ticketSource: Source = async function* (db, scope, { where, period, now }) {
  for await (const ticket of eachTicket(db, scope, { period, now, where })) {
    const fact = ticketIn(ticket, period, now)
    yield {
      kind: 'tickets',
      fact,
      told: {
        at: ticket.createdAt,
        href: `/tickets/${ticket.number}`,
        title: `#${ticket.number} ${ticket.subject}`,
        ...(ticket.assigneeId ? { agentId: ticket.assigneeId } : {}),
        ...(fact.solved ? { ms: fact.toSolve } : {}),
        why: whyOf(fact),
      },
    }
  }
}

function whyOf({ inTime, solved, overdue }: TicketFact): string {
  if (solved) return inTime ? 'ticket_solved_in_time' : 'ticket_solved_late'
  return overdue ? 'ticket_overdue' : 'ticket_pending'
}
