// The rules of a ticket's life, pure. Instants UTC ms.

export const states = ['open', 'in_progress', 'waiting', 'solved', 'closed', 'reopened'] as const
export type TicketState = (typeof states)[number]
export const priorities = ['urgent', 'high', 'normal', 'low'] as const
export type TicketPriority = (typeof priorities)[number]
export const origins = ['agent', 'flow', 'voicemail'] as const
export type TicketOrigin = (typeof origins)[number]

/** Where each state may go. */
export const transitions: Record<TicketState, readonly TicketState[]> = {
  open: ['in_progress', 'waiting', 'solved', 'closed'],
  in_progress: ['waiting', 'solved', 'closed'],
  waiting: ['in_progress', 'solved', 'closed'],
  solved: ['closed', 'reopened'],
  closed: ['reopened'],
  reopened: ['in_progress', 'waiting', 'solved', 'closed'],
}
export const mayBecome = (from: TicketState, to: TicketState): boolean => from === to || transitions[from].includes(to)

/** Somebody still owes something. */
export const pendingStates: readonly TicketState[] = ['open', 'in_progress', 'waiting', 'reopened']
export const isPending = (state: TicketState): boolean => pendingStates.includes(state)

const hours: Record<TicketPriority, number> = { urgent: 4, high: 24, normal: 72, low: 120 }
/** By when it should be solved: hours on the clock, not of the office. */
export const dueAt = (priority: TicketPriority, since: number): number => since + hours[priority] * 3_600_000

export const isOverdue = (ticket: { state: TicketState; dueAt?: number | undefined }, now: number): boolean =>
  isPending(ticket.state) && ticket.dueAt !== undefined && ticket.dueAt < now

export type Times = { dueAt: number; solvedAt: number | null; closedAt: number | null }

/** The times of a ticket after it becomes `to`; a reopened one begins its time anew. */
export function timesAfter(
  ticket: Times & { state: TicketState; priority: TicketPriority; createdAt: number; reopenedAt?: number | undefined },
  to: { state: TicketState; priority: TicketPriority },
  now: number,
): Times {
  const reopened = to.state === 'reopened' && ticket.state !== 'reopened'
  const since = reopened ? now : (ticket.reopenedAt ?? ticket.createdAt)
  return {
    dueAt: reopened || to.priority !== ticket.priority ? dueAt(to.priority, since) : ticket.dueAt,
    solvedAt: isPending(to.state) ? null : (ticket.solvedAt ?? now),
    closedAt: to.state === 'closed' ? (ticket.closedAt ?? now) : null,
  }
}
