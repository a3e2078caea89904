import { waitOf } from './counting.ts'
import type { StayFact, TalkFact } from './facts.ts'
import { count, type Metric, quotient, sum, type Text } from './metric.ts'
import type { Slice } from './slice.ts'

const timing = (id: string, label: Text, definition: Text, of: (slice: Slice) => number | null): Metric => ({
  id,
  version: 1,
  unit: 'ms',
  label,
  definition,
  of,
})

const waits = (slice: Slice, outcome?: StayFact['outcome']): number[] =>
  slice.stays
    .filter((stay) => stay.outcome !== 'rejected' && (outcome === undefined || stay.outcome === outcome))
    .map(waitOf)
    .filter((wait) => wait !== undefined)

const total = (list: number[]) => sum(list, (one) => one)

/**
 * The smallest value that at least `share` (0..1] of the list does not exceed (nearest rank): always a wait that somebody
 * really had. No value for an empty list.
 */
export function percentile(list: readonly number[], share: number): number | null {
  if (list.length === 0) return null
  const ordered = Float64Array.from(list).sort()
  // Without rounding, 0.9 x 10 and the like land a hair above the whole number.
  const rank = Math.ceil(Number((share * ordered.length).toFixed(9)))
  return ordered[Math.max(0, rank - 1)] ?? null
}

export const waitAnswered = timing(
  'wait_answered',
  { es: 'Espera total de contestadas', en: 'Total wait of answered' },
  { es: 'Suma de la espera en cola de las contestadas.', en: 'Sum of the waits of answered stays.' },
  (slice) => total(waits(slice, 'answered')),
)

export const asa = timing(
  'asa',
  { es: 'Tiempo promedio de espera', en: 'Average speed of answer' },
  { es: 'Espera total de las contestadas ÷ contestadas.', en: 'Total wait of answered stays ÷ answered.' },
  (slice) => {
    const list = waits(slice, 'answered')
    return quotient(total(list), list.length)
  },
)

export const waitAbandonedTotal = timing(
  'wait_abandoned_total',
  { es: 'Espera total de perdidas', en: 'Total wait of abandoned' },
  { es: 'Suma de la espera en cola de las perdidas.', en: 'Sum of the waits of abandoned stays.' },
  (slice) => total(waits(slice, 'abandoned')),
)

export const waitAbandoned = timing(
  'wait_abandoned',
  { es: 'Espera promedio de abandonadas', en: 'Average wait of abandoned' },
  { es: 'Espera total de las perdidas ÷ perdidas.', en: 'Total wait of abandoned stays ÷ abandoned.' },
  (slice) => {
    const list = waits(slice, 'abandoned')
    return quotient(total(list), list.length)
  },
)

export const waitMax = timing(
  'wait_max',
  { es: 'Espera máxima', en: 'Longest wait' },
  { es: 'La espera más larga de las estadías que terminaron.', en: 'The longest wait of the stays that left.' },
  (slice) => {
    const list = waits(slice)
    return list.length === 0 ? null : list.reduce((most, one) => Math.max(most, one), 0)
  },
)

export const waitMedian = timing(
  'wait_p50',
  { es: 'Espera mediana', en: 'Median wait' },
  {
    es: 'La mitad de las estadías que terminaron esperó esto o menos.',
    en: 'Half of the stays that left waited this or less.',
  },
  (slice) => percentile(waits(slice), 0.5),
)

export const waitP90 = timing(
  'wait_p90',
  { es: 'Espera p90', en: 'Wait p90' },
  {
    es: 'Nueve de cada diez estadías que terminaron esperaron esto o menos.',
    en: 'Nine of ten stays that left waited this or less.',
  },
  (slice) => percentile(waits(slice), 0.9),
)

const lasted = (talk: TalkFact, now: number) => Math.max(0, (talk.endedAt ?? now) - talk.answeredAt)

export const talk = timing(
  'talk',
  { es: 'Conversación', en: 'Talk' },
  { es: 'Tiempo en conversación, sin la retención.', en: 'Time in conversation, hold excluded.' },
  (slice) => sum(slice.talks, (one) => Math.max(0, lasted(one, slice.now) - one.holdMs)),
)

export const hold = timing(
  'hold',
  { es: 'Retención', en: 'Hold' },
  {
    es: 'Tiempo en que el agente dejó a la persona en espera durante la conversación.',
    en: 'Time on hold within conversations.',
  },
  (slice) => sum(slice.talks, (one) => Math.min(one.holdMs, lasted(one, slice.now))),
)

export const wrap = timing(
  'wrap',
  { es: 'Trabajo posterior', en: 'Wrap-up' },
  { es: 'Tiempo del agente para cerrar la atención después de cortar.', en: "The agent's work after the call." },
  (slice) => sum(slice.wrapUps, (one) => Math.max(0, (one.endedAt ?? slice.now) - one.beganAt)),
)

const handling = (slice: Slice) => (talk.of(slice) ?? 0) + (hold.of(slice) ?? 0) + (wrap.of(slice) ?? 0)

export const aht = timing(
  'aht',
  { es: 'Tiempo medio de operación', en: 'Average handling time' },
  {
    es: '(Conversación + retención + trabajo posterior) ÷ contestadas.',
    en: '(Talk + hold + wrap-up) ÷ answered.',
  },
  (slice) =>
    quotient(
      handling(slice),
      count(slice.stays, (stay) => stay.outcome === 'answered'),
    ),
)

export const handlingAverage = timing(
  'handling_average',
  { es: 'Tiempo medio por atención', en: 'Average time per conversation' },
  {
    es: '(Conversación + retención + trabajo posterior) ÷ atenciones del agente.',
    en: "(Talk + hold + wrap-up) ÷ the agent's conversations.",
  },
  (slice) => quotient(handling(slice), slice.talks.length),
)

export const duration = timing(
  'duration',
  { es: 'Duración de la llamada', en: 'Call duration' },
  {
    es: 'Promedio de fin − atención del centro (con IVR) de las interacciones terminadas.',
    en: 'Mean of ended − answered by the centre (IVR included) of finished interactions.',
  },
  (slice) => {
    const done = slice.interactions.filter((one) => one.answeredAt !== null && one.endedAt !== null)
    return quotient(
      sum(done, (one) => Math.max(0, (one.endedAt as number) - (one.answeredAt as number))),
      done.length,
    )
  },
)
