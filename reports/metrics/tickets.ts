import type { Interval } from './intervals.ts'
import { counted, type Metric, metric, timed } from './metric.ts'

/** A ticket as the store keeps it; instants UTC ms. */
export type TicketRow = { createdAt: number; dueAt: number | null; solvedAt: number | null }

/** What a period saw of a ticket: `pending` and `overdue` as it stood when the period ended (now, while it runs). */
export type TicketFact = {
  opened: boolean
  solved: boolean
  inTime: boolean
  /** From its opening to its solution, ms; 0 where it was not solved in the period. */
  toSolve: number
  pending: boolean
  overdue: boolean
}

export function ticketIn({ createdAt, dueAt, solvedAt }: TicketRow, { from, to }: Interval, now: number): TicketFact {
  const end = Math.min(to, Math.max(now, from))
  const solved = solvedAt !== null && solvedAt >= from && solvedAt < end
  // Solved later than the period ended: then it was still owed.
  const pending = createdAt < end && (solvedAt === null || solvedAt >= end)
  return {
    opened: createdAt >= from && createdAt < end,
    solved,
    inTime: solved && (dueAt === null || solvedAt <= dueAt),
    toSolve: solved ? Math.max(0, solvedAt - createdAt) : 0,
    pending,
    overdue: pending && dueAt !== null && dueAt < end,
  }
}

export const ticketMeasures = {
  tickets_opened: (one: TicketFact) => one.opened,
  tickets_solved: (one: TicketFact) => one.solved,
  tickets_in_time: (one: TicketFact) => one.inTime,
  tickets_to_solve: (one: TicketFact) => one.toSolve,
  tickets_pending: (one: TicketFact) => one.pending,
  tickets_overdue: (one: TicketFact) => one.overdue,
}

export const tickets: readonly Metric[] = [
  counted(
    'tickets_opened',
    ['Tickets abiertos', 'Tickets opened'],
    ['Tickets abiertos en el intervalo.', 'Tickets opened in the interval.'],
  ),
  counted(
    'tickets_solved',
    ['Tickets resueltos', 'Tickets solved'],
    [
      'Tickets resueltos en el intervalo, se hayan abierto cuando sea.',
      'Tickets solved in the interval, whenever they were opened.',
    ],
  ),
  counted(
    'tickets_in_time',
    ['Resueltos en término', 'Solved in time'],
    [
      'Resueltos en el intervalo a más tardar en su plazo; sin plazo, siempre en término.',
      'Solved in the interval no later than they were due; without a due date, always in time.',
    ],
  ),
  metric(
    'tickets_in_time_share',
    'ratio',
    ['% en término', '% in time'],
    ['Resueltos en término ÷ resueltos.', 'Solved in time ÷ solved.'],
    { kind: 'quotient', over: ['tickets_in_time'], under: ['tickets_solved'] },
  ),
  timed(
    'tickets_to_solve',
    ['Tiempo hasta resolver', 'Time to solve'],
    [
      'Suma del tiempo entre que se abrió y se resolvió cada ticket resuelto en el intervalo.',
      'Time between opening and solution of each ticket solved in the interval, added up.',
    ],
  ),
  metric(
    'tickets_to_solve_average',
    'ms',
    ['Promedio hasta resolver', 'Average time to solve'],
    ['Tiempo hasta resolver ÷ resueltos.', 'Time to solve ÷ solved.'],
    { kind: 'quotient', over: ['tickets_to_solve'], under: ['tickets_solved'] },
  ),
  counted(
    'tickets_pending',
    ['Tickets pendientes al cierre', 'Tickets pending at the end'],
    [
      'Tickets sin resolver cuando terminó el período (ahora, si todavía corre), se hayan abierto cuando sea.',
      'Tickets not solved when the period ended (now, while it runs), whenever they were opened.',
    ],
  ),
  counted(
    'tickets_overdue',
    ['Tickets vencidos al cierre', 'Tickets overdue at the end'],
    ['Pendientes al cierre cuyo plazo ya había pasado.', 'Pending at the end whose due date had passed.'],
  ),
]
