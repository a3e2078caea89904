import { counted, metric, timed } from './metric.ts'

export const busyTime = timed(
  'busy',
  ['Tiempo ocupado', 'Busy time'],
  ['Conversación, retención y trabajo posterior dentro del intervalo.', 'Talk, hold and wrap-up inside the interval.'],
)

export const idleTime = timed(
  'idle',
  ['Tiempo disponible', 'Idle time'],
  ['Disponible y a la espera de trabajo, con el timbrado.', 'Available and waiting for work, ringing included.'],
)

export const loggedIn = timed(
  'logged_in',
  ['Tiempo conectado', 'Logged-in time'],
  ['Tiempo en cualquier estado salvo desconectado.', 'Time in any state but offline.'],
)

export const paused = timed(
  'paused',
  ['Pausas', 'Breaks'],
  ['Tiempo en pausa, por cualquier motivo.', 'Time in breaks of any reason.'],
)

export const occupancy = metric(
  'occupancy',
  'ratio',
  ['Ocupación', 'Occupancy'],
  [
    'Tiempo ocupado ÷ (tiempo ocupado + disponible). Las pausas no cuentan.',
    'Busy ÷ (busy + available idle). Breaks do not count.',
  ],
  { kind: 'quotient', over: ['busy'], under: ['busy', 'idle'] },
)

export const utilisation = metric(
  'utilisation',
  'ratio',
  ['Utilización', 'Utilisation'],
  ['Tiempo ocupado ÷ tiempo conectado.', 'Busy ÷ logged-in time.'],
  { kind: 'quotient', over: ['busy'], under: ['logged_in'] },
)

export const dialled = counted(
  'dialled',
  ['Salidas dentro de una llamada', 'Dialled within a call'],
  [
    'Devoluciones y transferencias a un número que Vera marcó por una línea; se cuentan cuando terminan.',
    'Callbacks and transfers to a number that Vera dialled by a line; counted when they are over.',
  ],
)

export const dialledAnswered = counted(
  'dialled_answered',
  ['Salidas dentro de una llamada, contestadas', 'Dialled within a call, answered'],
  [
    'De las salidas dentro de una llamada, las que alguien atendió.',
    'Of those dialled within a call, the answered ones.',
  ],
)

export const seizures = metric(
  'seizures',
  'count',
  ['Tomas de línea', 'Seizures'],
  [
    'Salidas intentadas por una línea: llamadas salientes, devoluciones y transferencias a un número. Un reintento es otro intento.',
    'Attempts to go out by a line: outbound calls, callbacks and transfers to a number. A retry is another attempt.',
  ],
  { kind: 'sum', of: ['seizures', 'dialled'] },
  2,
)

export const seizuresAnswered = metric(
  'seizures_answered',
  'count',
  ['Tomas contestadas', 'Seizures answered'],
  ['Tomas de línea que alguien atendió.', 'Seizures that somebody answered.'],
  { kind: 'sum', of: ['seizures_answered', 'dialled_answered'] },
  2,
)

export const asr = metric(
  'asr',
  'ratio',
  ['ASR', 'ASR'],
  [
    'Tomas salientes contestadas ÷ intentadas; un reintento es otro intento. Por ruta, filtrando por línea.',
    'Answered outbound seizures ÷ attempted; a retry is another attempt. Per route by filtering.',
  ],
  { kind: 'quotient', over: ['seizures_answered', 'dialled_answered'], under: ['seizures', 'dialled'] },
  2,
)

export const lineTime = timed(
  'line_time',
  ['Tiempo de línea', 'Line time'],
  ['Suma del tiempo en que hubo líneas ocupadas en el intervalo.', 'Time that lines were busy in the interval.'],
)

export const linesBusy = metric(
  'lines_busy',
  'count',
  ['Líneas ocupadas', 'Lines busy'],
  [
    'Llamadas en curso en las líneas al final del intervalo (o ahora, si todavía corre). Las salidas dentro de una llamada se suman cuando terminan.',
    'Calls up on trunk lines at the end of the interval (or now, while it runs). Those dialled within a call are added when they are over.',
  ],
  { kind: 'lines', what: 'open' },
)

export const linesPeak = metric(
  'lines_peak',
  'count',
  ['Líneas ocupadas: pico', 'Lines busy: peak'],
  [
    'La mayor cantidad de llamadas simultáneas del intervalo. Las salidas dentro de una llamada se suman cuando terminan.',
    'The most calls at once in the interval. Those dialled within a call are added when they are over.',
  ],
  { kind: 'lines', what: 'peak' },
)

export const linesErlangs = metric(
  'lines_erlangs',
  'erlangs',
  ['Líneas ocupadas: Erlangs', 'Lines busy: erlangs'],
  [
    'Tiempo de línea del intervalo ÷ duración del intervalo: el promedio de líneas ocupadas.',
    'Line time in the interval ÷ its length: the mean number of busy lines.',
  ],
  { kind: 'lines', what: 'erlangs' },
)
