import { Readable } from 'node:stream'
import type { Database, Scope } from '../server/database/index.ts'
import { AppError } from '../server/http/types.ts'
import { compareAgencies } from './agencies/seal.ts'
import { english, said, saidRows, saidTable, titleOf } from './english.ts'
import { sealOf } from './health/health.ts'
import { localDay, metricOf, startOfDay, type Text } from './metrics/index.ts'
import { readParameters } from './parameters.ts'
import { mostPdfRows, pdfType, writePdf } from './pdf/pdf.ts'
import { type Asked, type Context, channelWords, type Outcome, type Report } from './report.ts'
import { readAgency, readNames } from './store.ts'
import { hasFigures, shown } from './view.ts'
import {
  type Book,
  csvText,
  csvType,
  type Definition,
  type Language,
  maxSheetRows,
  streamBook,
  streamCsv,
  type Table,
  wordsIn,
  writeBook,
  xlsxType,
} from './workbook/index.ts'

export const formats = ['xlsx', 'csv', 'pdf'] as const
export type Format = (typeof formats)[number]
export const isFormat = (text: unknown): text is Format => formats.some((one) => one === text)
export type File = {
  name: string
  type: string
  content: Readable /** Rows, where they were counted first. */
  rows?: number
}
export type Prepared = Context & { agency: string; report: Report }

/** Reads the parameters of a report in the name of an agency. Throws `AppError` for what the caller did wrong. */
export async function prepare(
  db: Database,
  scope: Scope,
  report: Report,
  query: Record<string, unknown>,
  now: number,
  language: Language = 'es',
): Promise<Prepared> {
  const agency = await readAgency(db, scope)
  const names = await readNames(db, scope)
  const asked = readParameters(query, report, { timeZone: agency.timeZone, now, names })
  return {
    db,
    scope,
    asked,
    names,
    timeZone: agency.timeZone,
    now,
    language,
    agency: report.platform ? (language === 'en-US' ? 'All agencies' : 'Todos los organismos') : agency.name,
    report,
  }
}

const units: Record<string, Text> = {
  count: { es: 'cantidad', en: 'count' },
  ms: { es: 'h:mm:ss', en: 'h:mm:ss' },
  ratio: { es: 'porcentaje', en: 'percent' },
  erlangs: { es: 'Erlangs', en: 'erlangs' },
  decimal: { es: 'número', en: 'number' },
}

export function definitionsOf(ids: readonly string[], language: string = 'es'): Definition[] {
  const said = language === 'en-US' ? 'en' : 'es'
  return ids.map((id) => {
    const metric = metricOf(id)
    return {
      label: metric.label[said],
      definition: metric.definition[said],
      unit: units[metric.unit]![said],
      version: metric.version,
    }
  })
}

export const intervalWords = { '15m': '15 minutos', '30m': '30 minutos', '1h': '1 hora', day: 'Día' }

/** Of whole local days their dates, like the screen's; else the instants. */
export function periodText(
  { asked, timeZone }: { asked: Pick<Asked, 'period'>; timeZone: string },
  language = 'es',
): string {
  const isMidnight = (instant: number) => instant === startOfDay(localDay(instant, timeZone), timeZone)
  if (isMidnight(asked.period.from) && isMidnight(asked.period.to)) return daysText(asked.period, timeZone, language)
  const at = (instant: number) => shown(instant, 'interval', timeZone, language)
  return `${at(asked.period.from)} ${language === 'en-US' ? 'to' : 'a'} ${at(asked.period.to)}`
}

/** Whole local days: the first and the last, both inside. */
export function daysText({ from, to }: { from: number; to: number }, timeZone: string, language = 'es'): string {
  const [first, last] = [from, to - 1].map((at) => shown(at, 'day', timeZone, language)) as [string, string]
  return first === last ? first : `${first} ${language === 'en-US' ? 'to' : 'al'} ${last}`
}

/** The parameters in words, for the cover, the screen and the mail. */
export function parameterTexts(context: Prepared): { label: string; value: string }[] {
  const { asked, names, report, timeZone, now, language } = context
  const { agency, generated } = wordsIn(language)
  const say = (text: string) => (language === 'en-US' ? english(text) : text)
  const named = (label: string, name: string | undefined, all: string) => ({
    label: say(label),
    value: name ?? say(all),
  })
  const wants = (name: Report['parameters'][number]) => report.parameters.includes(name)
  return [
    { label: agency, value: context.agency },
    { label: say('Período'), value: periodText(context, language) },
    ...(wants('interval') ? [{ label: say('Intervalo'), value: say(intervalWords[asked.interval]) }] : []),
    ...(wants('queue') ? [named('Cola', names.queues.get(asked.queueId ?? 0), 'Todas')] : []),
    ...(wants('agent') ? [named('Agente', names.agents.get(asked.agentId ?? 0), 'Todos')] : []),
    ...(wants('topic') ? [named('Temática', names.topics.get(asked.topicId ?? 0), 'Todas')] : []),
    ...(wants('channel') ? [named('Canal', undefined, asked.channel ? channelWords[asked.channel] : 'Todos')] : []),
    ...(wants('campaign') ? [named('Campaña', names.campaigns.get(asked.campaignId ?? 0), 'Todas')] : []),
    ...(wants('form') ? [named('Formulario', names.forms.get(asked.formId ?? 0), 'Todos')] : []),
    { label: generated, value: csvText(now, 'interval', timeZone, language) },
    { label: say('Zona horaria'), value: timeZone.replaceAll('_', ' ') },
  ]
}

/** Of the same report, with the same parameters, on the screen. */
function addressOf({ report, asked }: Prepared): string {
  const { period, interval, queueId, agentId, topicId, channel, campaignId, formId } = asked
  const query = new URLSearchParams({ from: iso(period.from), to: iso(period.to), interval })
  for (const [name, id] of Object.entries({
    queue: queueId,
    agent: agentId,
    topic: topicId,
    channel,
    campaign: campaignId,
    form: formId,
  }))
    if (id !== undefined) query.set(name, String(id))
  return `/reports/${report.id}?${query}`
}

async function bookOf(context: Prepared, found: Outcome, publicUrl: string | undefined): Promise<Book> {
  const { db, scope, asked, now, report, language } = context
  const outcome = said(found, language)
  const seal = await (report.platform
    ? compareAgencies(db, asked.period, now, language).seal
    : sealOf(db, scope, asked.period, context))
  return {
    title: titleOf(context.report, context.language),
    language: context.language,
    agency: context.agency,
    subtitle: periodText(context, context.language),
    parameters: parameterTexts(context),
    ...(outcome.note ? { note: outcome.note } : {}),
    seal,
    highlights: outcome.highlights,
    tables: outcome.tables,
    charts: outcome.charts.filter((chart) => hasFigures(chart, outcome.tables)),
    definitions: definitionsOf(outcome.metrics, context.language),
    timeZone: context.timeZone,
    generatedAt: context.now,
    ...(publicUrl ? { publicUrl, address: addressOf(context) } : {}),
  }
}

function fileName(context: Prepared, format: Format): string {
  const day = (instant: number) => csvText(instant, 'day', context.timeZone).split('/').reverse().join('-')
  const from = day(context.asked.period.from)
  const to = day(context.asked.period.to - 1)
  return `vera-${context.report.id}-${from}${to === from ? '' : `_${to}`}.${format}`
}

/**
 * A report as a file, streamed at the reader's pace. `table` chooses the table of a csv (default: the finest). Throws
 * `AppError` when the rows do not fit a sheet.
 */
export async function makeFile(
  context: Prepared,
  format: Format,
  options: { table?: string; outcome?: Outcome; publicUrl?: string } = {},
): Promise<File> {
  const { report, timeZone, language } = context
  const name = fileName(context, format)
  const bytes = (source: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array>) =>
    Readable.from(source, { objectMode: false, highWaterMark: 65_536 })
  if (format === 'pdf') {
    const outcome =
      report.kind === 'summary' ? (options.outcome ?? (await report.run(context))) : await someRows(context)
    return { name, type: pdfType, content: bytes([await writePdf(await bookOf(context, outcome, options.publicUrl))]) }
  }
  if (report.kind === 'detail') {
    const { detail } = report
    const { columns } = saidTable({ id: report.id, title: detail.title, columns: detail.columns, rows: [] }, language)
    if (format === 'csv')
      return {
        ...{ name, type: csvType },
        content: bytes(
          streamCsv(columns, saidRows(detail.columns, detail.rows(context), language), timeZone, language),
        ),
      }
    const rows = await detail.count(context)
    // New calls may still arrive while the file is written: leave them room.
    if (rows > maxSheetRows - 1000) throw new AppError('report.too_many_rows', 400, { rows, most: maxSheetRows - 1000 })
    const table: Table = { id: report.id, title: detail.title, columns: detail.columns, rows: [] }
    const outcome: Outcome = {
      highlights: [{ label: 'Interacciones', kind: 'count', value: rows }],
      tables: [table],
      charts: [],
      metrics: detail.metrics,
    }
    return {
      name,
      type: xlsxType,
      rows,
      content: bytes(
        streamBook(
          await bookOf(context, outcome, options.publicUrl),
          saidRows(detail.columns, detail.rows(context), language),
        ),
      ),
    }
  }
  const outcome = options.outcome ?? (await report.run(context))
  if (format === 'xlsx')
    return {
      name,
      type: xlsxType,
      content: Readable.from([Buffer.from(await writeBook(await bookOf(context, outcome, options.publicUrl)))]),
    }
  const wanted = options.table ?? outcome.csv
  const found = wanted ? outcome.tables.find((one) => one.id === wanted) : outcome.tables.at(-1)
  if (!found) throw new AppError('report.bad_parameters', 400, {}, { table: 'reports.invalid.table' })
  const table = saidTable(found, language)
  return { name, type: csvType, content: bytes(streamCsv(table.columns, [table.rows], timeZone, language)) }
}

/** The first calls of a detail, for paper. */
async function someRows(context: Prepared): Promise<Outcome> {
  const { report } = context
  if (report.kind !== 'detail') throw new Error(`${report.id} is no detail`)
  const { detail } = report
  const { rows } = await detail.page(context, mostPdfRows)
  const value = await detail.count(context)
  const more = value > rows.length ? ` (las primeras ${rows.length}; el Excel las trae todas)` : ''
  return {
    highlights: [{ label: 'Interacciones', kind: 'count', value }],
    tables: [{ id: report.id, title: `${detail.title}${more}`, columns: detail.columns, rows }],
    charts: [],
    metrics: [],
  }
}

const iso = (instant: number) => new Date(instant).toISOString()
