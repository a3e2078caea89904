import type { DayRows, HistorySetup } from './history-types.ts'
import { ticketSubjects } from './organisation-plan.ts'
import type { Chance } from './random.ts'

const HOUR = 3_600_000
export type TicketRow = {
  agency_id: number
  number: number
  citizen_id: number | null
  interaction_id: string
  topic_id: number | null
  back_office_id: number | null
  subject: string
  description: string
  state: string
  priority: string
  due_at: number
  origin: string
  created_by: number | null
  created_at: number
  updated_at: number
  solved_at: number | null
  closed_at: number | null
}

/**
 * Tickets opened in some of a day's talks, numbered from `first` (at most 59). The older a ticket, the likelier it is over;
 * nothing about it is later than `now`.
 */
export function ticketsOf(
  rows: DayRows,
  setup: HistorySetup,
  backOffices: number[],
  codes: Map<number, string>,
  first: number,
  now: number,
  chance: Chance,
): TicketRow[] {
  const tickets: TicketRow[] = []
  const byId = new Map(rows.interactions.map((one) => [one.id, one]))
  for (const talk of rows.talk_segments) {
    const interaction = byId.get(talk.interaction_id)
    if (!interaction?.citizen_id || !chance.chance(0.045) || tickets.length >= 59) continue
    const created_at = (talk.ended_at ?? talk.answered_at) - chance.between(1_000, 12_000)
    const over = created_at + chance.exponential(60 * HOUR)
    const priority = chance.weighted([
      { item: 'normal', weight: 70 },
      { item: 'high', weight: 15 },
      { item: 'low', weight: 11 },
      { item: 'urgent', weight: 4 },
    ])
    const days = { low: 10, normal: 5, high: 2, urgent: 1 }[priority]!
    const solved = over < now ? Math.round(over) : null
    const closed = solved !== null && solved + 48 * HOUR < now ? solved + 48 * HOUR : null
    const waiting = chance.pick(['open', 'open', 'in_progress', 'in_progress', 'waiting'])
    tickets.push({
      agency_id: setup.agencyId,
      number: first + tickets.length,
      citizen_id: interaction.citizen_id,
      interaction_id: interaction.id,
      topic_id: interaction.topic_id,
      back_office_id: backOffices.length > 0 ? chance.pick(backOffices) : null,
      subject: chance.pick(ticketSubjects[codes.get(talk.queue_id) ?? 'general'] ?? ticketSubjects.general!),
      description: 'Tomado en la llamada (caso inventado para el centro de ejemplo).',
      state: closed ? 'closed' : solved ? 'solved' : waiting,
      priority,
      due_at: created_at + days * 24 * HOUR,
      origin: 'agent',
      created_by: talk.agent_id,
      created_at,
      updated_at: closed ?? solved ?? created_at,
      solved_at: solved,
      closed_at: closed,
    })
  }
  return tickets
}
