import { count, type Metric, quotient, sum, type Text } from './metric.ts'
import type { Slice, Span } from './slice.ts'

const length = (span: { from: number; to: number }) => span.to - span.from
const timeIn = (slice: Slice, when: (span: Span) => boolean) =>
  sum(slice.states, (span) => (when(span) ? length(span) : 0))
const isBusy = (span: Span) => span.state === 'talking' || span.state === 'wrap_up'
// While it rings at the desk the agent is still free: that time is idle.
const isIdle = (span: Span) => span.state === 'available' || span.state === 'offered'

const metric = (
  id: string,
  unit: Metric['unit'],
  label: Text,
  definition: Text,
  of: (slice: Slice) => number | null,
): Metric => ({ id, version: 1, unit, label, definition, of })

export const busyTime = metric(
  'busy',
  'ms',
  { es: 'Tiempo ocupado', en: 'Busy time' },
  {
    es: 'Conversación, retención y trabajo posterior dentro del intervalo.',
    en: 'Talk, hold and wrap-up inside the interval.',
  },
  (slice) => timeIn(slice, isBusy),
)

export const idleTime = metric(
  'idle',
  'ms',
  { es: 'Tiempo disponible', en: 'Idle time' },
  {
    es: 'Disponible y a la espera de trabajo, con el timbrado.',
    en: 'Available and waiting for work, ringing included.',
  },
  (slice) => timeIn(slice, isIdle),
)

export const loggedIn = metric(
  'logged_in',
  'ms',
  { es: 'Tiempo conectado', en: 'Logged-in time' },
  { es: 'Tiempo en cualquier estado salvo desconectado.', en: 'Time in any state but offline.' },
  (slice) => timeIn(slice, (span) => span.state !== 'offline'),
)

export const paused = metric(
  'paused',
  'ms',
  { es: 'Pausas', en: 'Breaks' },
  { es: 'Tiempo en pausa, por cualquier motivo.', en: 'Time in breaks of any reason.' },
  (slice) => timeIn(slice, (span) => span.state === 'break'),
)

/** Time in each break reason (id; null where none was given), ms. Adds up to `paused`. */
export function pausesByReason(slice: Slice): Map<number | null, number> {
  const times = new Map<number | null, number>()
  for (const span of slice.states) {
    if (span.state === 'break') times.set(span.breakReasonId, (times.get(span.breakReasonId) ?? 0) + length(span))
  }
  return times
}

export const occupancy = metric(
  'occupancy',
  'ratio',
  { es: 'Ocupación', en: 'Occupancy' },
  {
    es: 'Tiempo ocupado ÷ (tiempo ocupado + disponible). Las pausas no cuentan.',
    en: 'Busy ÷ (busy + available idle). Breaks do not count.',
  },
  (slice) => {
    const busy = timeIn(slice, isBusy)
    return quotient(busy, busy + timeIn(slice, isIdle))
  },
)

export const utilisation = metric(
  'utilisation',
  'ratio',
  { es: 'Utilización', en: 'Utilisation' },
  { es: 'Tiempo ocupado ÷ tiempo conectado.', en: 'Busy ÷ logged-in time.' },
  (slice) =>
    quotient(
      timeIn(slice, isBusy),
      timeIn(slice, (span) => span.state !== 'offline'),
    ),
)

export const asr = metric(
  'asr',
  'ratio',
  { es: 'ASR', en: 'ASR' },
  {
    es: 'Tomas salientes contestadas ÷ intentadas; un reintento es otro intento. Por ruta, filtrando por línea.',
    en: 'Answered outbound seizures ÷ attempted; a retry is another attempt. Per route by filtering.',
  },
  (slice) => {
    const attempts = slice.interactions.filter((one) => one.direction === 'outbound' && one.channel === 'voice')
    return quotient(
      count(attempts, (one) => one.answeredAt !== null),
      attempts.length,
    )
  },
)

export const linesBusy = metric(
  'lines_busy',
  'count',
  { es: 'Líneas ocupadas', en: 'Lines busy' },
  {
    es: 'Llamadas en curso en las líneas al final del intervalo (o ahora, si todavía corre).',
    en: 'Calls up on trunk lines at the end of the interval (or now, while it runs).',
  },
  (slice) => count(slice.lines, (line) => line.open),
)

export const linesPeak = metric(
  'lines_peak',
  'count',
  { es: 'Líneas ocupadas: pico', en: 'Lines busy: peak' },
  { es: 'La mayor cantidad de llamadas simultáneas del intervalo.', en: 'The most calls at once in the interval.' },
  (slice) => {
    const begins = Float64Array.from(slice.lines, (line) => line.from).sort()
    const ends = Float64Array.from(slice.lines, (line) => line.to).sort()
    let most = 0
    let gone = 0
    begins.forEach((begin, index) => {
      // A line freed at the very instant another is taken is the same line.
      while (gone < ends.length && (ends[gone] as number) <= begin) gone++
      most = Math.max(most, index + 1 - gone)
    })
    return most
  },
)

export const linesErlangs = metric(
  'lines_erlangs',
  'erlangs',
  { es: 'Líneas ocupadas: Erlangs', en: 'Lines busy: erlangs' },
  {
    es: 'Tiempo de línea del intervalo ÷ duración del intervalo: el promedio de líneas ocupadas.',
    en: 'Line time in the interval ÷ its length: the mean number of busy lines.',
  },
  (slice) => quotient(sum(slice.lines, length), Math.min(slice.to, slice.now) - slice.from),
)
