import { counted, type Metric, metric } from './metric.ts'

export const received = counted(
  'received',
  ['Recibidas', 'Received'],
  ['Interacciones entrantes creadas en el intervalo.', 'Inbound interactions created in the interval.'],
)

export const offered = counted(
  'offered',
  ['Ofrecidas a la cola', 'Offered'],
  [
    'Estadías en cola iniciadas en el intervalo. Siempre es contestadas + perdidas + desbordadas + devoluciones + en espera.',
    'Queue stays begun in the interval. Always answered + abandoned + overflowed + callbacks + waiting.',
  ],
)

export const answered = counted(
  'answered',
  ['Contestadas', 'Answered'],
  ['Estadías en cola que atendió un agente.', 'Queue stays taken by an agent.'],
)

const rejectedFor = (reason: 'closed' | 'blocked' | 'busy', es: string, en: string) =>
  counted(
    `rejected_${reason}`,
    [`Rechazadas: ${es}`, `Rejected: ${en}`],
    [`Interacciones rechazadas: ${es}.`, `Rejected interactions: ${en}.`],
  )

export const rejected: readonly Metric[] = [
  counted(
    'rejected',
    ['Rechazadas', 'Rejected'],
    [
      'Interacciones que el centro no aceptó: fuera de horario, bloqueadas por lista o sin línea.',
      'Interactions the centre did not accept: closed, blocked by list, or no line.',
    ],
  ),
  rejectedFor('closed', 'fuera de horario', 'closed'),
  rejectedFor('blocked', 'bloqueada por lista', 'blocked by list'),
  rejectedFor('busy', 'sin línea', 'no line'),
]

export const abandoned = counted(
  'abandoned',
  ['Perdidas (abandonadas)', 'Abandoned'],
  [
    'Estadías en que la persona cortó antes de ser atendida. Incluye los abandonos cortos.',
    'Stays in which the caller hung up before being answered. Includes the short ones.',
  ],
)

export const shortAbandoned = counted(
  'short_abandoned',
  ['Abandono corto', 'Short abandons'],
  [
    'Perdidas con una espera menor al umbral de abandono corto de la cola (5 s si no se cambió).',
    "Abandoned with a wait under the queue's short-abandon threshold (5 s by default).",
  ],
)

const overflowedFor = (reason: 'timeout' | 'full' | 'no_agents' | 'diverted', es: string, en: string) =>
  counted(
    `overflowed_${reason}`,
    [`Desbordadas: ${es}`, `Overflowed: ${en}`],
    [`Estadías desbordadas: ${es}.`, `Overflowed: ${en}.`],
  )

export const overflowed: readonly Metric[] = [
  counted(
    'overflowed',
    ['Desbordadas', 'Overflowed'],
    [
      'Estadías que salieron de la cola sin agente por espera máxima, cola llena, falta de agentes o desvío.',
      'Stays that left the queue without an agent: timeout, full, no agents or diverted.',
    ],
  ),
  overflowedFor('timeout', 'pasó la espera máxima', 'maximum wait passed'),
  overflowedFor('full', 'cola llena', 'queue full'),
  overflowedFor('no_agents', 'sin agentes conectados', 'no agents logged in'),
  overflowedFor('diverted', 'desviadas por regla o por la persona', 'diverted by rule or by the caller'),
]

export const callbacks = counted(
  'callbacks',
  ['Devolución solicitada', 'Callbacks asked'],
  [
    'Estadías que terminaron en un pedido de devolución de llamada; no son perdidas ni desbordadas.',
    'Stays that ended in a callback request; neither abandoned nor overflowed.',
  ],
)

export const leftOtherwise = metric(
  'left_otherwise',
  'count',
  ['Otras salidas de la cola', 'Left otherwise'],
  [
    'Estadías que salieron de la cola ni contestadas ni perdidas: desbordadas y devoluciones solicitadas.',
    'Stays that left the queue neither answered nor abandoned: overflowed and callbacks asked.',
  ],
  { kind: 'left_otherwise' },
)

export const waiting = counted(
  'waiting',
  ['En espera', 'Waiting'],
  ['Estadías que todavía no terminaron al momento del informe.', 'Stays not yet over at the time of reading.'],
)

export const contained = counted(
  'contained',
  ['Resueltas en el IVR', 'Contained in the IVR'],
  [
    'Interacciones que terminaron en el IVR después de dar lo que se pedía, sin pasar por una cola.',
    'Interactions that ended in the IVR after it gave what was asked, never queued.',
  ],
)

const notAccepted = (outcome: 'no_answer' | 'refused' | 'failed' | 'caller_gone', es: string, en: string) =>
  counted(
    `agent_rejected_${outcome}`,
    [`No atendidos: ${es}`, `Not accepted: ${en}`],
    [`Ofrecimientos no atendidos: ${es}.`, `Offers not accepted: ${en}.`],
  )

export const offers: readonly Metric[] = [
  counted(
    'offers',
    ['Ofrecimientos', 'Offers'],
    ['Veces que se ofreció una interacción a un agente.', 'Times an interaction was offered to an agent.'],
  ),
  counted(
    'agent_rejected',
    ['Ofrecimientos no atendidos', 'Offers not accepted'],
    [
      'Ofrecimientos a agentes que no fueron aceptados. Una llamada puede ofrecerse varias veces: puede superar a las llamadas.',
      'Offers to agents that were not accepted. A call may be offered several times, so this may exceed calls.',
    ],
  ),
  notAccepted('no_answer', 'sin respuesta', 'no answer'),
  notAccepted('refused', 'rechazado', 'refused'),
  notAccepted('failed', 'falló', 'failed'),
  notAccepted('caller_gone', 'la persona cortó', 'caller gone'),
]

export const handled = counted(
  'handled',
  ['Atenciones', 'Handled'],
  [
    'Conversaciones del agente, incluidas las transferidas y las salientes.',
    "The agent's conversations, transferred and outbound ones included.",
  ],
)

export const containment = metric(
  'containment',
  'ratio',
  ['Resolución en el IVR', 'Containment'],
  ['Resueltas en el IVR ÷ recibidas.', 'Contained in the IVR ÷ received.'],
  { kind: 'quotient', over: ['contained'], under: ['received'] },
)
