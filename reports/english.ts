// The reports' own words in English, for those who read Vera so. Names that people gave (queues, topics) stay as they are.
import { catalogue } from './metrics/index.ts'
import type { Outcome, Report } from './report.ts'
import type { CellValue, Column, Table } from './workbook/index.ts'

const titles: Record<string, string> = {
  // Of calls in detail.
  ...{ Contestada: 'Answered', Perdida: 'Abandoned', Desbordada: 'Overflowed', Rechazada: 'Rejected' },
  ...{ 'Resuelta en el IVR': 'Contained in the IVR', 'Terminó en el IVR': 'Ended in the IVR' },
  ...{
    Atendieron: 'Picked up',
    'No atendieron': 'Not picked up',
    'Cola llena': 'Queue full',
    'Sin agentes': 'No agents',
  },
  ...{ Desvío: 'Diverted', 'Fuera de horario': 'Outside hours', Bloqueada: 'Blocked' },
  ...{ Ciudadano: 'Citizen', Centro: 'Centre', Conmutador: 'Switch' },
  ...{
    Qué: 'What',
    Cuánto: 'How much',
    Cuándo: 'When',
    'Qué pasó': 'What happened',
    Medida: 'Measure',
    Período: 'Period',
  },
  ...{
    'Semana anterior': 'Week before',
    Diferencia: 'Difference',
    Cambio: 'Change',
    Parte: 'Share',
    Acumulado: 'Cumulative',
  },
  ...{
    Cantidades: 'Counts',
    Niveles: 'Levels',
    Tiempos: 'Times',
    Resumen: 'Summary',
    Centro: 'Centre',
    Meta: 'Target',
  },
  ...{ 'Zona horaria': 'Time zone', Todas: 'All', Todos: 'All' },
  'Nombres por revisar en la planilla': 'Names to look at in the workbook',
  ...{ Cola: 'Queue', Agente: 'Agent', Agentes: 'Agents', Temática: 'Topic', Campaña: 'Campaign', Área: 'Back office' },
  ...{ Formulario: 'Form', Sección: 'Section', Paso: 'Step', Respuesta: 'Answer', De: 'From', A: 'To', Línea: 'Line' },
  ...{
    Sentido: 'Direction',
    Canal: 'Channel',
    Hacia: 'To',
    Desde: 'From',
    Hasta: 'Until',
    Inicio: 'Begun',
    Duración: 'Duration',
  },
  ...{
    Resultado: 'Result',
    Detalle: 'Detail',
    Cortó: 'Hung up',
    Interacción: 'Interaction',
    Llamadas: 'Calls',
    Espera: 'Wait',
  },
  ...{
    Interacciones: 'Interactions',
    'Espera en cola': 'Wait in queue',
    Ofrecimientos: 'Offers',
    Tipificación: 'Disposition',
  },
  ...{
    '¿Resuelta?': 'Resolved?',
    'Motivo de pausa': 'Break reason',
    Día: 'Day',
    Hora: 'Hour',
    'Media hora': 'Half hour',
  },
  ...{
    Intervalo: 'Interval',
    'Por intervalo': 'By interval',
    'Por media hora': 'By half hour',
    'Por cola': 'By queue',
  },
  ...{
    'Por agente': 'By agent',
    'Por temática': 'By topic',
    'Por tipificación': 'By disposition',
    'Por ruta': 'By route',
  },
  ...{
    'Por campaña': 'By campaign',
    'Por área': 'By back office',
    Organismo: 'Agency',
    'Llamadas y contactos': 'Calls and contacts',
    'Tickets, de todos los canales': 'Tickets, of all channels',
    'Pendientes y vencidos': 'Pending and overdue',
    'Por formulario': 'By form',
    'Por sección': 'By section',
  },
  ...{ 'Cola e intervalo': 'Queue and interval', 'Agente e intervalo': 'Agent and interval', Valor: 'Value' },
  ...{ 'Temática e intervalo': 'Topic and interval', 'Hora por hora': 'Hour by hour', 'Día por día': 'Day by day' },
  ...{
    Esperadas: 'Expected',
    Entraron: 'Came',
    'En línea': 'At their desks',
    Necesarios: 'Needed',
    Planificados: 'Planned',
  },
  ...{
    Cortan: 'Hang up',
    'Espera media': 'Mean wait',
    'Nivel previsto': 'Level foreseen',
    'Nivel visto': 'Level seen',
  },
  'Costo necesario ($)': 'Cost needed ($)',
  'Costo planificado ($)': 'Cost planned ($)',
  'Agentes presentes': 'Agents there',
  'Diferencia (puntos)': 'Difference (points)',
  'Agentes: diferencia': 'Agents: difference',
  'Llamadas: diferencia': 'Calls: difference',
  'Ofrecidas, semana anterior': 'Offered, week before',
  'Contra el plan, por media hora': 'Beside the plan, by half hour',
  'Contra el plan, día por día': 'Beside the plan, day by day',
  'Tiempo de agentes: planificado y conectado': 'Agents’ time: scheduled and logged in',
  'Agentes: planificados y conectados': 'Agents: planned and logged in',
  'Llamadas: esperadas y ofrecidas': 'Calls: expected and offered',
  'Ofrecidas, y una semana antes': 'Offered, and a week before',
  'Nivel de servicio por cola, y una semana antes': 'Service level by queue, and a week before',
  'Qué pasó con las ofrecidas': 'What became of those offered',
  'Qué pasó con lo que llegó': 'What became of all that came',
  'Rechazadas por motivo': 'Rejected by reason',
  'Perdidas y desbordadas': 'Abandoned and overflowed',
  'Desbordadas por motivo': 'Overflowed by reason',
  'Objetivos que rigieron': 'Targets that were in force',
  'Atender en (T)': 'Answer within (T)',
  'Nivel de servicio, por intervalo': 'Service level by interval',
  'Nivel de servicio, por cola': 'Service level by queue',
  'Distribución de la espera': 'Distribution of waits',
  'Cuánto esperaron': 'How long they waited',
  'Espera por intervalo': 'Waits by interval',
  'Pausas por motivo': 'Breaks by reason',
  'Pausas por motivo e intervalo': 'Breaks by reason and interval',
  'Turnos planificados y cumplidos': 'Shifts scheduled and kept',
  'Atenciones por temática': 'Handled by topic',
  'Atenciones por agente': 'Handled by agent',
  'En qué se fue el tiempo': 'Where the time went',
  'Primer contacto, día por día': 'First contacts, day by day',
  'Recibidas por temática': 'Received by topic',
  'Contestadas por temática': 'Answered by topic',
  'Cómo terminaron': 'How they ended',
  'Por paso del flujo': 'By step of the flow',
  'Qué eligieron o respondieron': 'What they chose or answered',
  'De dónde a dónde': 'From where to where',
  'Dónde cortan y dónde se resuelve': 'Where people hang up and where they are served',
  'Cómo salieron del IVR': 'How they left the IVR',
  'Líneas ocupadas: pico y promedio (Erlangs)': 'Lines busy: peak and mean (erlangs)',
  'ASR por ruta': 'ASR by route',
  'Listas al fin del período': 'Lists at the end of the period',
  'Intentos y contactos': 'Attempts and contacts',
  'Avance de las listas': 'Progress of the lists',
  'Abiertos y resueltos': 'Opened and solved',
  'Pendientes y vencidos por temática': 'Pending and overdue by topic',
  'Disponibles y faltantes': 'Present and missing',
  'Puntaje promedio por agente': 'Average score by agent',
  'Puntaje por sección': 'Score by section',
  'Evaluaciones, aprobadas y con falla crítica': 'Evaluations, passed and with a critical fail',
  'Llamadas esperadas': 'Calls expected',
  'Horas de agente necesarias': 'Agent-hours needed',
  'Horas planificadas (editar)': 'Hours planned (edit)',
  'Con dos agentes más': 'With two more agents',
  'Error de este nivel, último día (±)': 'Error of this level, last day (±)',
  'Error del pronóstico': 'Error of the forecast',
  'Paciencia de quienes llaman': 'Patience of callers',
  'Siguen esperando (visto)': 'Still waiting (seen)',
  'Según el modelo': 'By the model',
  'Cómo se calculó': 'How it was computed',
  'Llamadas que entraron y esperadas': 'Calls that came and expected',
  'Agentes: necesarios y planificados': 'Agents: needed and planned',
  'Agentes necesarios': 'Agents needed',
  'Nivel de servicio según cuántos agentes': 'Service level by how many agents',
  'Cuántos siguen esperando (Kaplan-Meier)': 'How many still wait (Kaplan-Meier)',
  'Qué pasaría con más o menos agentes (esta media hora)': 'What more or fewer agents would change (this half hour)',
  'Qué pasaría con más o menos agentes (la media hora más cargada)':
    'What more or fewer agents would change (the busiest half hour)',
  'Nivel con dos más que sepan todo': 'Level with two more who can do everything',
  'Todavía no hay campañas en este organismo.': 'There are no campaigns in this agency yet.',
  'No se publicaron evaluaciones en este período. Se evalúa desde una grabación o desde la llamada.':
    'No evaluations were published in this period. They are made from a recording or from the call.',
}
/** In cells of tables: what stands where a name would, and what the reports themselves say. */
const cells: Record<string, string> = {
  ...{ 'Sin temática': 'No topic', 'Sin cola': 'No queue', 'Sin área': 'No back office', 'Sin motivo': 'No reason' },
  ...{
    'Sin línea': 'No line',
    'Pasó por otra cola': 'Went through another queue',
    'Sin agente': 'No agent',
    'Sin nombre': 'No name',
    'Todo el centro': 'The whole centre',
  },
  ...{ Entrante: 'Inbound', Saliente: 'Outbound', Sí: 'Yes', No: 'No', Voz: 'Voice', Redes: 'Social', Total: 'Total' },
  ...{
    'Más llamadas': 'Most calls',
    'Peor nivel de servicio': 'Worst service level',
    'Espera más larga': 'Longest wait',
  },
  ...{
    'Más perdidas': 'Most abandoned',
    'Tickets abiertos': 'Tickets opened',
    Comienzo: 'Beginning',
    Cortó: 'Hung up',
  },
  ...{
    'Pasó a una cola': 'Went to a queue',
    'Resuelta por el IVR': 'Contained by the IVR',
    'No se atendió': 'Not taken',
  },
  'Sigue en el IVR': 'Still in the IVR',
  'Otros, juntos': 'Others, together',
  // Choices at steps, as the nodes tell them.
  ...{
    'sin respuesta': 'no answer',
    'no válido': 'not valid',
    respondió: 'answered',
    'no se entendió': 'not understood',
    'sin reconocimiento de voz': 'no speech recognition',
    encontrado: 'found',
    'no encontrado': 'not found',
    guardado: 'saved',
    'no se guardó': 'not saved',
    creado: 'created',
  },
  ...{ abierto: 'open', cerrado: 'closed', feriado: 'holiday', resuelto: 'solved', reabierto: 'reopened' },
  ...{ 'en curso': 'in progress', 'en espera': 'waiting', pedida: 'asked', 'sin número': 'no number' },
  ...{
    habló: 'talked',
    ocupado: 'busy',
    'no atendió': 'did not answer',
    falló: 'failed',
    'cortó antes': 'hung up before',
  },
  ...{ 'sin destino': 'no destination', silenciada: 'masked', 'se oye de nuevo': 'heard again' },
  ...{ 'dejó un mensaje': 'left a message', 'sin mensaje': 'no message', atendida: 'answered', desviada: 'diverted' },
  ...{
    'colgó mientras esperaba': 'hung up while waiting',
    'se cumplió el tiempo máximo de espera': 'maximum wait passed',
    'la cola estaba llena': 'queue full',
    'no había agentes': 'no agents',
    'la cola estaba cerrada': 'queue closed',
    'número bloqueado': 'number blocked',
    'pidió que la llamen': 'asked to be called back',
    'otra salida': 'another exit',
  },
  'Atendidas por el respaldo porque falló su flujo': 'Served by the fallback because their flow failed',
  'hasta el': 'until',
  'Interacciones terminadas': 'Interactions over',
  'Duración total': 'Total duration',
  'Perdidas después de T': 'Abandoned after T',
  'Salieron de la cola en plazo': 'Left the queue within T',
  'Tiempo conectado': 'Logged-in time',
  'Duración del intervalo': 'Length of the interval',
  'Veces en el paso': 'Times at the step',
  ...{
    '15 minutos': '15 minutes',
    '30 minutos': '30 minutes',
    '1 hora': '1 hour',
    Teléfono: 'Telephone',
    Correo: 'E-mail',
  },
  'Redes sociales': 'Social media',
  'Datos con diferencias: ver el sello': 'Data that do not agree: see the seal',
  'Días de historia': 'Days of history',
  'El pronóstico tiene en cuenta': 'The forecast takes into account',
  'Semanas apartadas para medir el error': 'Weeks held out to measure the error',
  'Error por media hora (WAPE); repetir la semana anterior': 'Error by half hour (WAPE); repeating the week before',
  'Error por día (WAPE); repetir la semana anterior': 'Error by day (WAPE); repeating the week before',
  'MASE; repetir la semana anterior': 'MASE; repeating the week before',
  'Tiempo medio de operación, cuatro semanas': 'Average handling time, four weeks',
  'Paciencia media': 'Mean patience',
  'Piso de esos errores, por media hora y por día (Poisson)':
    'Floor of these errors, by half hour and by day (Poisson)',
  Fórmula: 'Formula',
  Objetivo: 'Target',
  'Reductores (pausas, capacitación, ausencias)': 'Shrinkage (breaks, training, absence)',
  'Costo de la hora': 'Cost of an hour',
}
const unforeseen = {
  'Todavía no hay historia para prever llamadas': 'There is no history yet to foresee calls',
  'De los días en que todavía no había historia': 'Of days before which there was no history',
} as Record<string, string>
const patterns: [RegExp, (...parts: string[]) => string][] = [
  [/^marcó ([0-9*#])$/, (key) => `pressed ${key}`],
  [
    /^(.+) \(las primeras (\d+); el Excel las trae todas\)$/,
    (title, count) => `${english(title)} (the first ${count}; the Excel has them all)`,
  ],
  [/^(.+), semana anterior$/, (title) => `${english(title)}, week before`],
  [/^Nivel con ([\d,]+) agentes$/, (count) => `Level with ${count.replace(',', '.')} agents`],
  [/^Contestadas en (\d+) s$/, (seconds) => `Answered within ${seconds} s`],
  [/^Nivel con los (\d+) de entonces$/, (count) => `Level with the ${count} of then`],
  [
    /^Colas que comparten agentes \(simulado (.+)\)$/,
    (when) => `Queues that share agents (simulated ${englishDay(when)})`,
  ],
  [/^Previsto y visto el (.+)$/, (day) => `Foreseen and seen on ${englishDay(day)}`],
  [
    /^Error del pronóstico \(repetir la semana: (.+)\)$/,
    (error) => `Error of the forecast (repeating the week: ${error})`,
  ],
  [/^Temática más consultada: (.+)$/, (topic) => `Most frequent topic: ${topic}`],
  [/^([\d:]+ (?:s|min)) a ([\d:]+ (?:s|min))$/, (from, to) => `${from} to ${to}`],
  [/^([\d:]+ (?:s|min)) o más$/, (from) => `${from} or more`],
  [/^desde (\d+) s de espera$/, (from) => `waited ${from} s or more`],
  [/^de (\d+) s a menos de (\d+) s de espera$/, (from, to) => `waited ${from} s to less than ${to} s`],
  [/^objetivo (.+)$/, (target) => `target ${target}`],
  [/^(\d+),(\d)( \([+−]\d\))?$/, (whole, tenth, more = '') => `${whole}.${tenth}${more}`],
  [/^([\d,]+) \(ahora\)$/, (count) => `${count.replace(',', '.')} (now)`],
  [
    /^No se llevan por cola y quedan sin valor: (.+?)\. Para verlas, pedí el informe sin elegir cola\.(?: (.+))?$/,
    (titles, more) => {
      const named = titles.replace(/«(.+?)»/g, (_all, title) => `«${english(title)}»`).replace(/ [ye] «/, ' and «')
      return `Not kept by queue, so without a value: ${named}. To see them, ask without a queue.${more ? ` ${english(more)}` : ''}`
    },
  ],
  [
    /^(?:(El período tiene más de) (\d+) días: de los que ya pasaron|(.+?))[:,] «Esperadas» y lo que sale de ella quedan sin valor\.(?: (.+))?$/,
    (_long, days, other, more) => {
      const when = days
        ? `The period has more than ${days} days: of those that are over`
        : (unforeseen[other ?? ''] ?? other)
      return `${when}, «Expected» and what follows from it have no value.${more ? ` ${english(more)}` : ''}`
    },
  ],
  [
    /^«Resuelto en el primer contacto» espera 7 días a que la persona vuelva: lo que llegó desde el (.+) todavía no se sabe y no entra\.$/,
    (day) =>
      `First contact resolution waits 7 days for the citizen to come back: what came since ${englishDay(day)} is not known yet and does not count.`,
  ],
  [
    /^«Resuelto en el primer contacto» no se calcula/,
    () => 'First contact resolution is not computed over so many interactions: choose a shorter period to see it.',
  ],
]
const labels = new Map(catalogue.map(({ label }) => [label.es, label.en]))

/** A title, label or note of the reports in English; what is not one stays as it is. */
export function english(text: string): string {
  const known = titles[text] ?? labels.get(text) ?? cells[text]
  if (known !== undefined) return known
  for (const [pattern, say] of patterns) {
    const found = pattern.exec(text)
    if (found) return say(...found.slice(1))
  }
  return text
}

/** Columns that hold the reports' own words; in the others only what stands where a name would is said in English. */
const own = new Set(['result', 'reason', 'side', 'measure', 'what', 'wait', 'resolved', 'direction', 'agents'])

const inCell = (text: string, { id }: Column) => {
  if (id === 'when') return englishDay(text)
  // Figures that stand as text among others of another kind.
  if (id === 'figure')
    return /^[\d.]+(,\d+)?( %)?$/.test(text) ? text.replace(/[.,]/g, (mark) => (mark === ',' ? '.' : ',')) : text
  return own.has(id) ? english(text) : Object.hasOwn(cells, text) ? cells[text]! : text
}

/** 27/11/2026 -> 11/27/2026. */
export const englishDay = (text: string) => text.replace(/\b(\d\d)\/(\d\d)\/(?=\d{4})/g, '$2/$1/')

export const englishTable = (table: Table): Table => ({
  ...table,
  title: english(table.title),
  columns: table.columns.map((column) => ({ ...column, title: english(column.title) })),
  rows: table.rows.map((row) => englishRow(row, table.columns)),
})

/** A table, and the rows of a long one as they come, in the language of whoever reads them. */
export const saidTable = (table: Table, language: string) => (language === 'en-US' ? englishTable(table) : table)
export async function* saidRows(
  columns: readonly Column[],
  batches: AsyncIterable<CellValue[][]>,
  language: string,
): AsyncGenerator<CellValue[][]> {
  for await (const rows of batches) yield language === 'en-US' ? rows.map((row) => englishRow(row, columns)) : rows
}
const englishRow = (row: readonly CellValue[], columns: readonly Column[]) =>
  row.map((value, at) => (typeof value === 'string' ? inCell(value, columns[at]!) : value))

/** What a report found, in the language of whoever reads it. */
export function said(outcome: Outcome, language: string): Outcome {
  if (language !== 'en-US') return outcome
  return {
    ...outcome,
    ...(outcome.note ? { note: english(outcome.note) } : {}),
    highlights: outcome.highlights.map((one) => ({ ...one, label: english(one.label) })),
    tables: outcome.tables.map(englishTable),
    charts: outcome.charts.map((chart) => ({ ...chart, title: english(chart.title) })),
  }
}

export const titleOf = (report: Report, language: string) => report.title[language === 'en-US' ? 'en' : 'es']
