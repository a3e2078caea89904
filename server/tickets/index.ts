// Tickets: what the back office owes a citizen.

export type { TicketRoutesPorts } from './filter.ts'
export { flowTickets } from './flow-port.ts'
export { ticketRoutes } from './routes.ts'
export { isOverdue, pendingStates, type TicketOrigin, type TicketPriority, type TicketState } from './states.ts'
export { createTickets } from './store.ts'
export type { NewTicket, Ticket, TicketChange, TicketEvent, TicketFilter, Tickets } from './types.ts'
