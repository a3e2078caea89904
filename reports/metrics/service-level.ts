import { counted, type Formula, metric } from './metric.ts'

export const answeredWithin = counted(
  'answered_within',
  ['Contestadas en plazo', 'Answered within target'],
  [
    'Contestadas con una espera de hasta el umbral T que tenía la cola cuando empezó la espera.',
    'Answered with a wait up to the threshold T that the queue had when the wait began.',
  ],
)

const level = (
  id: string,
  label: readonly [string, string],
  definition: readonly [string, string],
  formula: Omit<Extract<Formula, { kind: 'quotient' }>, 'kind'>,
) => metric(id, 'ratio', label, definition, { kind: 'quotient', ...formula })

export const serviceLevels = [
  level(
    'sl_offered',
    ['Nivel de servicio', 'Service level'],
    [
      'Contestadas en plazo ÷ (contestadas + perdidas − abandonos cortos).',
      'Answered within T ÷ (answered + abandoned − short abandons).',
    ],
    { over: ['answered_within'], under: ['answered', 'abandoned'], less: ['short_abandoned'] },
  ),
  level(
    'sl_answered',
    ['Nivel de servicio sobre contestadas', 'Service level of answered'],
    ['Contestadas en plazo ÷ contestadas.', 'Answered within T ÷ answered.'],
    { over: ['answered_within'], under: ['answered'] },
  ),
  level(
    'sl_late_abandons',
    ['Nivel de servicio con abandonos tardíos', 'Service level with late abandons'],
    [
      'Contestadas en plazo ÷ (contestadas + perdidas después de T).',
      'Answered within T ÷ (answered + abandoned after T).',
    ],
    { over: ['answered_within'], under: ['answered', 'abandoned_late'] },
  ),
  level(
    'sl_all',
    ['Nivel de servicio sobre ofrecidas', 'Service level of all offered'],
    ['Contestadas en plazo ÷ ofrecidas a la cola.', 'Answered within T ÷ offered.'],
    { over: ['answered_within'], under: ['offered'] },
  ),
  level(
    'sl_removed',
    ['Salidas de la cola en plazo', 'Left the queue in time'],
    [
      'Estadías que salieron de la cola dentro de T, por cualquier motivo ÷ ofrecidas.',
      'Stays that left the queue within T for any reason ÷ offered.',
    ],
    { over: ['left_within'], under: ['offered'] },
  ),
  level(
    'abandon_rate',
    ['Tasa de abandono', 'Abandon rate'],
    ['Perdidas ÷ ofrecidas a la cola.', 'Abandoned ÷ offered.'],
    {
      over: ['abandoned'],
      under: ['offered'],
    },
  ),
]
