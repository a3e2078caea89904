import { isOffered, isShortAbandon, waitOf } from './counting.ts'
import type { StayFact } from './facts.ts'
import { count, type Metric, quotient, type Text } from './metric.ts'
import type { Slice } from './slice.ts'

// Within T means up to and including T; each stay brings the T that was in force when it began.
const withinTarget = (stay: StayFact): boolean => {
  const wait = waitOf(stay)
  return wait !== undefined && wait <= stay.targetSeconds * 1000
}
const within = (slice: Slice) => count(slice.stays, (stay) => stay.outcome === 'answered' && withinTarget(stay))
const outcome = (slice: Slice, wanted: StayFact['outcome']) => count(slice.stays, (stay) => stay.outcome === wanted)
const late = (slice: Slice) => count(slice.stays, (stay) => stay.outcome === 'abandoned' && !withinTarget(stay))
const offered = (slice: Slice) => count(slice.stays, isOffered)

export const answeredWithin: Metric = {
  id: 'answered_within',
  version: 1,
  unit: 'count',
  label: { es: 'Contestadas en plazo', en: 'Answered within target' },
  definition: {
    es: 'Contestadas con una espera de hasta el umbral T que tenía la cola cuando empezó la espera.',
    en: 'Answered with a wait up to the threshold T that the queue had when the wait began.',
  },
  of: within,
}

const level = (id: string, label: Text, definition: Text, of: (slice: Slice) => number | null): Metric => ({
  id,
  version: 1,
  unit: 'ratio',
  label,
  definition,
  of,
})

export const serviceLevel = level(
  'sl_offered',
  { es: 'Nivel de servicio', en: 'Service level' },
  {
    es: 'Contestadas en plazo ÷ (contestadas + perdidas − abandonos cortos).',
    en: 'Answered within T ÷ (answered + abandoned − short abandons).',
  },
  (slice) =>
    quotient(
      within(slice),
      outcome(slice, 'answered') + outcome(slice, 'abandoned') - count(slice.stays, isShortAbandon),
    ),
)

export const serviceLevelAnswered = level(
  'sl_answered',
  { es: 'Nivel de servicio sobre contestadas', en: 'Service level of answered' },
  { es: 'Contestadas en plazo ÷ contestadas.', en: 'Answered within T ÷ answered.' },
  (slice) => quotient(within(slice), outcome(slice, 'answered')),
)

export const serviceLevelLate = level(
  'sl_late_abandons',
  { es: 'Nivel de servicio con abandonos tardíos', en: 'Service level with late abandons' },
  {
    es: 'Contestadas en plazo ÷ (contestadas + perdidas después de T).',
    en: 'Answered within T ÷ (answered + abandoned after T).',
  },
  (slice) => quotient(within(slice), outcome(slice, 'answered') + late(slice)),
)

export const serviceLevelAll = level(
  'sl_all',
  { es: 'Nivel de servicio sobre ofrecidas', en: 'Service level of all offered' },
  { es: 'Contestadas en plazo ÷ ofrecidas a la cola.', en: 'Answered within T ÷ offered.' },
  (slice) => quotient(within(slice), offered(slice)),
)

export const serviceLevelRemoved = level(
  'sl_removed',
  { es: 'Salidas de la cola en plazo', en: 'Left the queue in time' },
  {
    es: 'Estadías que salieron de la cola dentro de T, por cualquier motivo ÷ ofrecidas.',
    en: 'Stays that left the queue within T for any reason ÷ offered.',
  },
  (slice) =>
    quotient(
      count(slice.stays, (stay) => isOffered(stay) && withinTarget(stay)),
      offered(slice),
    ),
)

export const abandonRate = level(
  'abandon_rate',
  { es: 'Tasa de abandono', en: 'Abandon rate' },
  { es: 'Perdidas ÷ ofrecidas a la cola.', en: 'Abandoned ÷ offered.' },
  (slice) => quotient(outcome(slice, 'abandoned'), offered(slice)),
)
