// What the API and the pages of tickets share.
import type { Scope } from '../database/index.ts'
import type { TicketState } from './states.ts'
import type { TicketFilter } from './types.ts'

export type TicketRoutesPorts = {
  citizen(id: number): Promise<{ id: number; name: string; phones: string[] } | undefined>
  /** Whether the interaction is the agency's own. */
  hasInteraction(scope: Scope, interactionId: string): Promise<boolean>
}

/** Without a state: what is pending, which is what people come for; `all` for every state. */
export function filterOf(
  query: {
    state?: string
    backOffice?: number
    assignee?: number
    citizen?: number
    interaction?: string
    overdue?: boolean
    mine?: boolean
    q?: string
  },
  userId: number,
): TicketFilter {
  const assigneeId = query.mine ? userId : query.assignee
  return {
    ...(query.state && query.state !== 'all' ? { state: query.state as TicketState | 'pending' } : {}),
    ...(query.backOffice === undefined ? {} : { backOfficeId: query.backOffice }),
    ...(assigneeId === undefined ? {} : { assigneeId }),
    ...(query.citizen === undefined ? {} : { citizenId: query.citizen }),
    ...(query.interaction === undefined ? {} : { interactionId: query.interaction }),
    ...(query.overdue ? { overdue: true } : {}),
    ...(query.q ? { text: query.q } : {}),
  }
}
