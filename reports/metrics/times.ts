import { metric, timed } from './metric.ts'

export const waitAnswered = timed(
  'wait_answered',
  ['Espera total de contestadas', 'Total wait of answered'],
  ['Suma de la espera en cola de las contestadas.', 'Sum of the waits of answered stays.'],
)

export const asa = metric(
  'asa',
  'ms',
  ['Tiempo promedio de espera', 'Average speed of answer'],
  ['Espera total de las contestadas ÷ contestadas.', 'Total wait of answered stays ÷ answered.'],
  { kind: 'quotient', over: ['wait_answered'], under: ['answered'] },
)

export const waitAbandonedTotal = timed(
  'wait_abandoned_total',
  ['Espera total de perdidas', 'Total wait of abandoned'],
  ['Suma de la espera en cola de las perdidas.', 'Sum of the waits of abandoned stays.'],
)

export const waitAbandoned = metric(
  'wait_abandoned',
  'ms',
  ['Espera promedio de abandonadas', 'Average wait of abandoned'],
  ['Espera total de las perdidas ÷ perdidas.', 'Total wait of abandoned stays ÷ abandoned.'],
  { kind: 'quotient', over: ['wait_abandoned_total'], under: ['abandoned'] },
)

export const waitMax = metric(
  'wait_max',
  'ms',
  ['Espera máxima', 'Longest wait'],
  ['La espera más larga de las estadías que terminaron.', 'The longest wait of the stays that left.'],
  { kind: 'longest_wait' },
)

// Version 2: in whole seconds, so that intervals can be put together without keeping every wait.
export const waitMedian = metric(
  'wait_p50',
  'ms',
  ['Espera mediana', 'Median wait'],
  [
    'La mitad de las estadías que terminaron esperó esto o menos, en segundos cumplidos.',
    'Half of the stays that left waited this or less, in whole seconds.',
  ],
  { kind: 'wait_percentile', share: 0.5 },
  2,
)

export const waitP90 = metric(
  'wait_p90',
  'ms',
  ['Espera p90', 'Wait p90'],
  [
    'Nueve de cada diez estadías que terminaron esperaron esto o menos, en segundos cumplidos.',
    'Nine of ten stays that left waited this or less, in whole seconds.',
  ],
  { kind: 'wait_percentile', share: 0.9 },
  2,
)

export const talk = timed(
  'talk',
  ['Conversación', 'Talk'],
  ['Tiempo en conversación, sin la retención.', 'Time in conversation, hold excluded.'],
)

export const hold = timed(
  'hold',
  ['Retención', 'Hold'],
  [
    'Tiempo en que el agente dejó a la persona en espera durante la conversación.',
    'Time on hold within conversations.',
  ],
)

export const wrap = timed(
  'wrap',
  ['Trabajo posterior', 'Wrap-up'],
  ['Tiempo del agente para cerrar la atención después de cortar.', "The agent's work after the call."],
)

export const aht = metric(
  'aht',
  'ms',
  ['Tiempo medio de operación', 'Average handling time'],
  ['(Conversación + retención + trabajo posterior) ÷ contestadas.', '(Talk + hold + wrap-up) ÷ answered.'],
  { kind: 'quotient', over: ['talk', 'hold', 'wrap'], under: ['answered'] },
)

export const handlingAverage = metric(
  'handling_average',
  'ms',
  ['Tiempo medio por atención', 'Average time per conversation'],
  [
    '(Conversación + retención + trabajo posterior) ÷ atenciones del agente.',
    "(Talk + hold + wrap-up) ÷ the agent's conversations.",
  ],
  { kind: 'quotient', over: ['talk', 'hold', 'wrap'], under: ['handled'] },
)

export const duration = metric(
  'duration',
  'ms',
  ['Duración de la llamada', 'Call duration'],
  [
    'Promedio de fin − atención del centro (con IVR) de las interacciones terminadas.',
    'Mean of ended − answered by the centre (IVR included) of finished interactions.',
  ],
  { kind: 'quotient', over: ['duration_total'], under: ['finished'] },
)
