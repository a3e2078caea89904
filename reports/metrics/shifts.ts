import { type Metric, metric, timed } from './metric.ts'

/** A quarter of an hour of the roster: agents' time planned in it and logged in, ms, and how long it is (up to now while it runs). */
export type ShiftFact = { planned: number; there: number; length: number }

export const shiftMeasures = {
  scheduled: (one: ShiftFact) => one.planned,
  // Who is there beyond the plan does not make up for who was missing at another time.
  adhered: (one: ShiftFact) => Math.min(one.planned, one.there),
  present: (one: ShiftFact) => one.there,
  shift_time: (one: ShiftFact) => one.length,
}

export const shifts: readonly Metric[] = [
  timed(
    'scheduled',
    ['Tiempo planificado', 'Scheduled time'],
    [
      'Tiempo de agente según los turnos planificados en Dotación, con sus pausas. Sin turnos no hay valor.',
      'Agents’ time by the roster planned in Staffing, breaks included. Without a roster there is no value.',
    ],
  ),
  timed(
    'adhered',
    ['Planificado y cumplido', 'Scheduled and there'],
    [
      'De cada cuarto de hora, el tiempo conectado que cabe en lo planificado: quien está de más no compensa a quien faltó en otro momento.',
      'Of each quarter of an hour, the logged-in time that fits into what was planned: who is there beyond it makes up for nobody missing at another time.',
    ],
  ),
  timed(
    'present',
    ['Tiempo conectado en los turnos', 'Logged-in time beside the roster'],
    [
      'Tiempo conectado de quienes pueden atender, en pausa o no, mientras rigen turnos planificados en Dotación; también fuera de ellos.',
      'Logged-in time of those who may serve, on a break or not, while a roster planned in Staffing holds; also beyond its shifts.',
    ],
  ),
  metric(
    'adherence',
    'ratio',
    ['Adherencia', 'Adherence'],
    [
      'Planificado y cumplido ÷ tiempo planificado, de todos los agentes juntos: los turnos dicen cuántos, no quiénes.',
      'Scheduled and there ÷ scheduled time, of all agents together: the roster says how many, not who.',
    ],
    { kind: 'quotient', over: ['adhered'], under: ['scheduled'] },
  ),
  metric(
    'planned_agents',
    'decimal',
    ['Agentes planificados', 'Agents planned'],
    ['Tiempo planificado ÷ duración: cuántos agentes en promedio.', 'Scheduled time ÷ length: agents on average.'],
    { kind: 'quotient', over: ['scheduled'], under: ['shift_time'] },
  ),
  metric(
    'present_agents',
    'decimal',
    ['Agentes conectados', 'Agents logged in'],
    [
      'Tiempo conectado de quienes pueden atender ÷ duración: cuántos agentes en promedio, en pausa o no.',
      'Logged-in time of those who may serve ÷ length: agents on average, on a break or not.',
    ],
    { kind: 'quotient', over: ['present'], under: ['shift_time'] },
  ),
]
