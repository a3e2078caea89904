export const ticketStates = ['open', 'in_progress', 'waiting', 'solved', 'closed', 'reopened'] as const
export type TicketState = (typeof ticketStates)[number]
export const priorities = ['low', 'normal', 'high', 'urgent'] as const
export type Priority = (typeof priorities)[number]
export const origins = ['agent', 'flow', 'voicemail'] as const
export type Origin = (typeof origins)[number]

/** Where a ticket may go from each state. */
export const transitions: Record<TicketState, readonly TicketState[]> = {
  open: ['in_progress', 'waiting', 'solved', 'closed'],
  in_progress: ['waiting', 'solved', 'closed'],
  waiting: ['in_progress', 'solved', 'closed'],
  solved: ['reopened', 'closed'],
  closed: ['reopened'],
  reopened: ['in_progress', 'waiting', 'solved', 'closed'],
}
/** Somebody still has to do something. */
export const pendingStates: readonly TicketState[] = ['open', 'in_progress', 'waiting', 'reopened']

export const mayGo = (from: TicketState, to: TicketState): boolean => from === to || transitions[from].includes(to)

const HOUR = 3_600_000
const hours: Record<Priority, number> = { urgent: 24, high: 48, normal: 120, low: 240 }
/** When it is due, UTC ms. Plain hours for now, not those of a calendar. */
export const dueAt = (priority: Priority, createdAt: number): number => createdAt + hours[priority] * HOUR
