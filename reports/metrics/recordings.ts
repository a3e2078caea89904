import { counted, type Metric, metric, timed } from './metric.ts'

export type RecordingFact = {
  state: string
  /** What the nightly verification of its hash said; null: not yet. */
  verifiedState: string | null
  held: boolean
  durationMs: number
  bytes: number
}

const gone = (one: RecordingFact) => !['present', 'missing', 'expected'].includes(one.state)

export const recordingMeasures = {
  recordings: () => 1,
  recordings_present: (one: RecordingFact) => one.state === 'present',
  recordings_missing: (one: RecordingFact) => one.state === 'missing',
  recordings_expected: (one: RecordingFact) => one.state === 'expected',
  recordings_expired: gone,
  recordings_changed: (one: RecordingFact) => one.verifiedState !== null && one.verifiedState !== 'ok',
  recordings_held: (one: RecordingFact) => one.held,
  recordings_length: (one: RecordingFact) => one.durationMs,
  recordings_megabytes: (one: RecordingFact) => (one.state === 'present' ? one.bytes / 1_000_000 : 0),
}

/** All of recordings begun in the interval. */
export const recordings: readonly Metric[] = [
  counted(
    'recordings',
    ['Grabaciones', 'Recordings'],
    [
      'Grabaciones empezadas en el intervalo, estén como estén.',
      'Recordings begun in the interval, in whatever state.',
    ],
  ),
  counted(
    'recordings_present',
    ['Grabaciones disponibles', 'Recordings present'],
    ['Grabaciones cuyo archivo está.', 'Recordings whose file is there.'],
  ),
  counted(
    'recordings_missing',
    ['Grabaciones que faltan', 'Recordings missing'],
    ['Debían estar y su archivo no está.', 'They should be there and their file is not.'],
  ),
  counted(
    'recordings_expected',
    ['Grabaciones por llegar', 'Recordings expected'],
    ['Todavía se graban o están por llegar.', 'Still being recorded or on their way.'],
  ),
  counted(
    'recordings_expired',
    ['Grabaciones vencidas', 'Recordings expired'],
    ['Borradas porque se cumplió su plazo de conservación.', 'Deleted because the time they are kept was over.'],
  ),
  counted(
    'recordings_changed',
    ['No pasaron la verificación', 'Failed verification'],
    [
      'Su archivo ya no es el que se guardó: la huella SHA-256 no coincide o no se pudo leer.',
      'Their file is no longer the one that was kept: the SHA-256 differs or could not be read.',
    ],
  ),
  counted(
    'recordings_held',
    ['Con reserva legal', 'On legal hold'],
    ['No se borran aunque venza su plazo.', 'Not deleted even when their time is over.'],
  ),
  timed(
    'recordings_length',
    ['Duración de las grabaciones', 'Length of recordings'],
    ['Suma de lo que duran.', 'How long they last, added up.'],
  ),
  metric(
    'recordings_megabytes',
    'decimal',
    ['Tamaño de las grabaciones (MB)', 'Size of recordings (MB)'],
    ['Lo que ocupan las disponibles, en millones de bytes.', 'What those present take, in millions of bytes.'],
    { kind: 'sum', of: ['recordings_megabytes'] },
  ),
]
