// A table of a report into a table or a named range of somebody's workbook.
import { catalogue } from '../metrics/index.ts'
import { type CellKind, type CellValue, type Column, storedValue } from '../workbook/index.ts'
import type { Moved } from './follow.ts'
import { slug } from './names.ts'
import type { Place } from './places.ts'
import {
  type Area,
  isFilled,
  isFormula,
  lastRow,
  mergesOf,
  moveCell,
  overlap,
  type Sheet,
  setCell,
  styleAt,
  textAt,
} from './sheet.ts'

export type TableAnswer = { columns: readonly Column[]; rows: readonly CellValue[][] }
export type TableSaid =
  | {
      fault: 'no_columns' | 'merged' | 'formulas' | 'no_room'
      columns: string[]
      kept: string[]
      rows: number
      fit: number
    }
  | { columns: string[]; kept: string[]; rows: number; area: Area; moved: Moved }

const metrics = new Map(catalogue.map((metric) => [metric.id, metric]))
/** All that a column may be called in the first row: its title, its id, the metric's label in either language. */
const calls = ({ id, title }: Column) => {
  const label = metrics.get(id)?.label
  return new Set([title, id, `vera.${id}`, ...(label ? [label.es, label.en] : [])].map(slug))
}

/** Fills the rows below the header; `others` are areas that must not be run over. Nothing is written where a fault is told. */
export function fillTable(
  sheet: Sheet,
  place: Place & { area: Area },
  answer: TableAnswer,
  about: {
    timeZone: string
    style(kind: CellKind): number | undefined
    shared(): readonly string[]
    others: readonly Area[]
  },
): TableSaid {
  const { area, table } = place
  const header = area.top
  const first = header + 1
  const totals = table?.totals ? 1 : 0
  const last = Math.max(header, area.bottom - totals)
  const places = Array.from({ length: area.right - area.left + 1 }, (_, at) => area.left + at)
  const heads = places.map((column, at) => table?.headers[at] ?? textAt(sheet, header, column, about.shared))
  const named = answer.columns.map(calls)
  const matched = heads.map((head) => (head ? named.findIndex((names) => names.has(slug(head))) : -1))
  const columns = heads.filter((_, at) => matched[at]! >= 0)
  const kept = heads.filter((head, at) => head && matched[at]! < 0)
  const need = Math.max(1, answer.rows.length)
  const next = first + need - 1
  const said = { columns, kept, rows: answer.rows.length }
  const room = roomFrom(sheet, area, last + totals, about.others)
  const fit = room - totals - header
  if (columns.length === 0) return { fault: 'no_columns', ...said, fit }
  if (
    mergesOf(sheet).some(
      (merge) => overlap(merge, { ...area, bottom: Math.min(area.bottom, next) }) && merge.bottom > header,
    )
  )
    return { fault: 'merged', ...said, fit }
  const own = places.filter((_, at) => matched[at]! >= 0)
  for (let row = first; row <= last; row++)
    if (own.some((column) => isFormula(sheet, row, column))) return { fault: 'formulas', ...said, fit }
  const grows = next > last
  if (grows && next + totals > room) {
    // Old figures under today's date would be worse than none.
    for (let row = first; row <= last; row++) for (const column of own) setCell(sheet, row, column, null)
    return { fault: 'no_room', ...said, fit }
  }
  const end = table ? next : Math.max(next, last)
  if (totals && end !== last) for (const column of places) moveCell(sheet, last + 1, end + 1, column)
  const stored = (value: CellValue | undefined, kind: CellKind) => storedValue(value ?? null, kind, about.timeZone)
  for (const [at, column] of places.entries()) {
    const from = matched[at] as number
    const formula = table?.formulas[at]
    // New rows look like the first.
    const model = styleAt(sheet, first, column)
    if (from < 0) {
      if (!formula) continue
      for (let row = last + 1; row <= end; row++) setCell(sheet, row, column, { formula }, () => model)
      for (let row = end + 1; row <= last; row++) setCell(sheet, row, column, null)
      continue
    }
    const { kind } = answer.columns[from] as Column
    const style = () => model || about.style(kind)
    for (let row = first; row <= next; row++)
      setCell(sheet, row, column, stored(answer.rows[row - first]?.[from], kind), style)
    // What an earlier, longer filling left behind; a totals row that moved up stands there already.
    for (let row = next + 1; row <= last; row++) if (!(totals && row === end + 1)) setCell(sheet, row, column, null)
  }
  return {
    ...said,
    area: { ...area, bottom: end + totals },
    moved: { sheet: place.sheet, area, header, last, next: end },
  }
}

/** The last row down to which nothing stands below the area, in its columns. */
function roomFrom(sheet: Sheet, area: Area, from: number, others: readonly Area[]): number {
  const below = (one: Area) => one.top > from && one.left <= area.right && one.right >= area.left
  let room = Math.min(lastRow, ...[...others, ...mergesOf(sheet)].filter(below).map(({ top }) => top - 1))
  for (const row of sheet.rows) {
    if (row.at <= from) continue
    if (row.at > room) break
    for (let column = area.left; column <= area.right; column++)
      if (isFilled(sheet, row.at, column)) {
        room = row.at - 1
        break
      }
  }
  return room
}
