// The reports' own words in English, for those who read Vera so. Names that people gave (queues, topics) stay as they are.
import { cells, titles } from './english-words.ts'
import { catalogue } from './metrics/index.ts'
import type { Outcome, Report } from './report.ts'
import type { CellValue, Column, Table } from './workbook/index.ts'

const unforeseen = {
  'Todavía no hay historia para prever llamadas': 'There is no history yet to foresee calls',
  'De los días en que todavía no había historia': 'Of days before which there was no history',
} as Record<string, string>
const point = (figure = '') => figure.replace(',', '.')
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
    /^Error del pronóstico \(piso: (.+); repetir la semana: (.+)\)$/,
    (floor, error) => `Error of the forecast (floor: ${point(floor)}; repeating the week: ${point(error)})`,
  ],
  [/^([\d,]+ %|—|[\d,]+); ([\d,]+ %|—|[\d,]+)$/, (first, second) => `${point(first)}; ${point(second)}`],
  [/^(\d+) s \((\d+) cortaron, (\d+) no\)$/, (mean, gone, stayed) => `${mean} s (${gone} hung up, ${stayed} did not)`],
  [/^([\d,]+ %) en (\d+) s, sobre ofrecidas$/, (level, seconds) => `${point(level)} within ${seconds} s, of offered`],
  [
    /^día y semana(, mes)?, feriados(, tendencia)?$/,
    (month, trend) => `day and week${month ? ', month' : ''}, holidays${trend ? ', trend' : ''}`,
  ],
  [/^(.+) a las (\d+:\d\d)$/, (days, time) => `${english(days)} at ${time}`],
  [/^Mi planilla: (.+)$/s, (name) => `My workbook: ${name}`],
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
const own = new Set(['result', 'reason', 'side', 'measure', 'what', 'wait', 'resolved', 'direction', 'agents', 'value'])

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
