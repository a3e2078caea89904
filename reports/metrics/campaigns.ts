import { counted, type Metric, metric, timed } from './metric.ts'

const hourMs = 3_600_000
type Two = readonly [string, string]
const share = (
  id: string,
  label: Two,
  definition: Two,
  over: 'contacted' | 'dropped',
  under: 'attempts' | 'contacted',
) => metric(id, 'ratio', label, definition, { kind: 'quotient', over: [over], under: [under] })
const anHour = (id: string, label: Two, definition: Two, over: 'contacted' | 'records_succeeded') =>
  metric(id, 'decimal', label, definition, { kind: 'quotient', over: [over], under: ['campaign_time'], times: hourMs })

/** Campaigns. The list's own (penetration, completion) are read over its life, from the first record loaded to the end of the period. */
export const campaigns: readonly Metric[] = [
  counted(
    'attempts',
    ['Intentos', 'Attempts'],
    [
      'Llamadas de campaña iniciadas en el intervalo. Un reintento es otro intento.',
      'Campaign calls begun in the interval. A retry is another attempt.',
    ],
  ),
  counted(
    'contacted',
    ['Contactos', 'Contacted'],
    ['Intentos que atendió una persona (no un contestador).', 'Attempts that a human answered (no machine).'],
  ),
  share(
    'contact_rate',
    ['Tasa de contacto', 'Contact rate'],
    ['Contactos ÷ intentos.', 'Contacted ÷ attempts.'],
    'contacted',
    'attempts',
  ),
  counted(
    'dropped',
    ['Sin agente en 2 s', 'Dropped'],
    [
      'Contactos en que ningún agente estuvo en línea dentro de los 2 segundos (2 s justos todavía es a tiempo).',
      'Contacted with no agent on the line within 2 seconds (exactly 2 s is still in time).',
    ],
  ),
  share(
    'drop_rate',
    ['Tasa de abandono de campaña', 'Drop rate'],
    ['Sin agente en 2 s ÷ contactos.', 'Dropped ÷ contacted.'],
    'dropped',
    'contacted',
  ),
  counted(
    'records_loaded',
    ['Registros cargados', 'Records loaded'],
    ['Registros agregados a la lista.', 'Records added to the list.'],
  ),
  counted(
    'records_tried',
    ['Registros llamados', 'Records attempted'],
    ['Registros distintos que se llamaron por primera vez.', 'Distinct records called for the first time.'],
  ),
  metric(
    'list_penetration',
    'ratio',
    ['Penetración de la lista', 'List penetration'],
    ['Registros distintos llamados ÷ registros de la lista.', 'Distinct records attempted ÷ records in the list.'],
    { kind: 'quotient', over: ['records_tried'], under: ['records_loaded'] },
  ),
  metric(
    'attempts_per_record',
    'decimal',
    ['Intentos por registro', 'Attempts per record'],
    ['Intentos ÷ registros distintos llamados.', 'Attempts ÷ distinct records attempted.'],
    { kind: 'quotient', over: ['attempts'], under: ['records_tried'] },
  ),
  counted(
    'records_completed',
    ['Completados', 'Completed'],
    ['Registros con tipificación final.', 'Records with a final disposition.'],
  ),
  counted(
    'records_succeeded',
    ['Exitosos', 'Success'],
    ['Registros con tipificación final de éxito.', 'Records with a success disposition.'],
  ),
  timed(
    'campaign_time',
    ['Horas de agente', 'Agent-hours'],
    ['Tiempo que los agentes estuvieron asignados a la campaña.', 'Time that agents were assigned to the campaign.'],
  ),
  anHour(
    'contacts_per_hour',
    ['Contactos por hora de agente', 'Contacts per agent-hour'],
    ['Contactos ÷ horas de agente.', 'Contacted ÷ agent-hours.'],
    'contacted',
  ),
  anHour(
    'successes_per_hour',
    ['Éxitos por hora de agente', 'Successes per agent-hour'],
    ['Exitosos ÷ horas de agente.', 'Success ÷ agent-hours.'],
    'records_succeeded',
  ),
]
