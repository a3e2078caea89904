export {
  type Origin,
  type Priority,
  pendingStates,
  priorities,
  type TicketState,
  ticketStates,
  transitions,
} from './states.ts'
export {
  createTickets,
  moveTickets,
  type NewTicket,
  type Ticket,
  type TicketChanges,
  type TicketFilter,
  type Tickets,
} from './store.ts'
