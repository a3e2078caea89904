import type { OfferFact, StayFact } from './facts.ts'
import { count, type Metric, type Text } from './metric.ts'
import type { Slice } from './slice.ts'

/** How long a stay waited, ms; undefined while it waits. */
export function waitOf(stay: StayFact): number | undefined {
  return stay.leftAt === null ? undefined : Math.max(0, stay.leftAt - stay.enqueuedAt)
}

export function isShortAbandon(stay: StayFact): boolean {
  return stay.outcome === 'abandoned' && (waitOf(stay) ?? 0) < stay.shortAbandonSeconds * 1000
}

/** Stays refused at the door never entered the line: they are counted in `rejected` only. */
export function isOffered(stay: StayFact): boolean {
  return stay.outcome !== 'rejected'
}

const counting = (id: string, label: Text, definition: Text, of: (slice: Slice) => number): Metric => ({
  id,
  version: 1,
  unit: 'count',
  label,
  definition,
  of,
})

export const received = counting(
  'received',
  { es: 'Recibidas', en: 'Received' },
  { es: 'Interacciones entrantes creadas en el intervalo.', en: 'Inbound interactions created in the interval.' },
  (slice) => count(slice.interactions, (one) => one.direction === 'inbound'),
)

export const offered = counting(
  'offered',
  { es: 'Ofrecidas a la cola', en: 'Offered' },
  {
    es: 'Estadías en cola iniciadas en el intervalo. Siempre es contestadas + perdidas + desbordadas + devoluciones + en espera.',
    en: 'Queue stays begun in the interval. Always answered + abandoned + overflowed + callbacks + waiting.',
  },
  (slice) => count(slice.stays, isOffered),
)

export const answered = counting(
  'answered',
  { es: 'Contestadas', en: 'Answered' },
  { es: 'Estadías en cola que atendió un agente.', en: 'Queue stays taken by an agent.' },
  (slice) => count(slice.stays, (stay) => stay.outcome === 'answered'),
)

export const rejected = counting(
  'rejected',
  { es: 'Rechazadas', en: 'Rejected' },
  {
    es: 'Interacciones que el centro no aceptó: fuera de horario, bloqueadas por lista o sin línea.',
    en: 'Interactions the centre did not accept: closed, blocked by list, or no line.',
  },
  (slice) => {
    const ids = new Set<string>()
    for (const one of slice.interactions) if (one.rejectedReason !== null) ids.add(one.id)
    for (const stay of slice.stays) if (stay.outcome === 'rejected') ids.add(stay.interactionId)
    return ids.size
  },
)

export const abandoned = counting(
  'abandoned',
  { es: 'Perdidas (abandonadas)', en: 'Abandoned' },
  {
    es: 'Estadías en que la persona cortó antes de ser atendida. Incluye los abandonos cortos.',
    en: 'Stays in which the caller hung up before being answered. Includes the short ones.',
  },
  (slice) => count(slice.stays, (stay) => stay.outcome === 'abandoned'),
)

export const shortAbandoned = counting(
  'short_abandoned',
  { es: 'Abandono corto', en: 'Short abandons' },
  {
    es: 'Perdidas con una espera menor al umbral de abandono corto de la cola (5 s si no se cambió).',
    en: "Abandoned with a wait under the queue's short-abandon threshold (5 s by default).",
  },
  (slice) => count(slice.stays, isShortAbandon),
)

export const overflowed = counting(
  'overflowed',
  { es: 'Desbordadas', en: 'Overflowed' },
  {
    es: 'Estadías que salieron de la cola sin agente por espera máxima, cola llena, falta de agentes o desvío.',
    en: 'Stays that left the queue without an agent: timeout, full, no agents or diverted.',
  },
  (slice) => count(slice.stays, (stay) => stay.outcome === 'overflowed'),
)

const overflowedFor = (reason: string, es: string, en: string): Metric =>
  counting(
    `overflowed_${reason}`,
    { es: `Desbordadas: ${es}`, en: `Overflowed: ${en}` },
    { es: `Desbordadas por ${es}.`, en: `Overflowed: ${en}.` },
    (slice) => count(slice.stays, (stay) => stay.outcome === 'overflowed' && stay.overflowReason === reason),
  )

export const overflowReasons = [
  overflowedFor('timeout', 'espera máxima', 'maximum wait'),
  overflowedFor('full', 'cola llena', 'queue full'),
  overflowedFor('no_agents', 'sin agentes', 'no agents'),
  overflowedFor('diverted', 'desvío', 'diverted'),
]

export const callbacks = counting(
  'callbacks',
  { es: 'Devolución solicitada', en: 'Callbacks asked' },
  {
    es: 'Estadías que terminaron en un pedido de devolución de llamada; no son perdidas ni desbordadas.',
    en: 'Stays that ended in a callback request; neither abandoned nor overflowed.',
  },
  (slice) => count(slice.stays, (stay) => stay.outcome === 'callback'),
)

export const waiting = counting(
  'waiting',
  { es: 'En espera', en: 'Waiting' },
  {
    es: 'Estadías que todavía no terminaron al momento del informe.',
    en: 'Stays not yet over at the time of reading.',
  },
  (slice) => count(slice.stays, (stay) => stay.outcome === null),
)

export const contained = counting(
  'contained',
  { es: 'Resueltas en el IVR', en: 'Contained in the IVR' },
  {
    es: 'Interacciones que terminaron en el IVR después de dar lo que se pedía, sin pasar por una cola.',
    en: 'Interactions that ended in the IVR after it gave what was asked, never queued.',
  },
  (slice) => count(slice.interactions, (one) => one.contained),
)

const notAccepted = (offer: OfferFact) => offer.outcome !== null && offer.outcome !== 'accepted'

export const agentRejected = counting(
  'agent_rejected',
  { es: 'Ofrecimientos no atendidos', en: 'Offers not accepted' },
  {
    es: 'Ofrecimientos a agentes que no fueron aceptados. Una llamada puede ofrecerse varias veces: puede superar a las llamadas.',
    en: 'Offers to agents that were not accepted. A call may be offered several times, so this may exceed calls.',
  },
  (slice) => count(slice.offers, notAccepted),
)

const rejectedAs = (outcome: string, es: string, en: string): Metric =>
  counting(
    `agent_rejected_${outcome}`,
    { es: `No atendidos: ${es}`, en: `Not accepted: ${en}` },
    { es: `Ofrecimientos no atendidos: ${es}.`, en: `Offers not accepted: ${en}.` },
    (slice) => count(slice.offers, (offer) => offer.outcome === outcome),
  )

export const agentRejections = [
  rejectedAs('no_answer', 'sin respuesta', 'no answer'),
  rejectedAs('refused', 'rechazado', 'refused'),
  rejectedAs('failed', 'falló', 'failed'),
  rejectedAs('caller_gone', 'la persona cortó', 'caller gone'),
]

export const handled = counting(
  'handled',
  { es: 'Atenciones', en: 'Handled' },
  {
    es: 'Conversaciones del agente, incluidas las transferidas y las salientes.',
    en: "The agent's conversations, transferred and outbound ones included.",
  },
  (slice) => slice.talks.length,
)
