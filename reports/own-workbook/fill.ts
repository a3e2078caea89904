// Fills somebody's own workbook: only the cells that are named after figures change.
import { type CellKind, type CellValue, storedValue } from '../workbook/index.ts'
import { type Parts, xmlOf } from './archive.ts'
import { follow, type Moved, recalculate } from './follow.ts'
import { allNames, type Known, nearest, readName, type Wanted } from './names.ts'
import { type Place, readStructure, type Structure, sharedTexts, writeReference } from './places.ts'
import {
  type Area,
  areaText,
  escaped,
  isFormula,
  mergesOf,
  overlap,
  readSheet,
  type Sheet,
  setCell,
  writeSheet,
} from './sheet.ts'
import { createStyles } from './styles.ts'
import { fillTable, type TableAnswer } from './table.ts'

/** What is said of one name: what it got, or why it got nothing. */
export type Note = {
  name: string
  /** «Hoja!A1:D9»; empty when it leads nowhere. */
  where: string
  state: 'good' | 'bad'
  code: string
  values: Record<string, string | number>
}
type CellAnswer = { value: CellValue; kind: CellKind; label: string; fault?: string; instead?: string }
export type Answers = {
  known: Known
  timeZone: string
  /** `fault`: why there is no value; `instead`: the name that has one. */
  cell(wanted: Exclude<Wanted, { kind: 'table' }>): Promise<CellAnswer>
  /** Undefined: the report has no such table. */
  table(wanted: Extract<Wanted, { kind: 'table' }>): Promise<(TableAnswer & { title: string }) | undefined>
}

/** Writes the figures into the parts and says what became of each name. @throws WorkbookRefused */
export async function fillWorkbook(parts: Parts, answers: Answers): Promise<Note[]> {
  const structure = readStructure(parts)
  const { known } = answers
  const sheets = new Map<string, Sheet>()
  const sheetOf = (path: string) => {
    const found = sheets.get(path) ?? readSheet(xmlOf(parts, path), path)
    sheets.set(path, found)
    return found
  }
  const style = createStyles(
    parts,
    [...parts.keys()].find((path) => /^xl\/styles\.xml$/i.test(path)),
  )
  const shared = sharedTexts(parts, structure.workbook)
  const notes: Note[] = []
  const moves: Moved[] = []
  const grown: { place: Place; area: Area }[] = []
  for (const place of structure.places) {
    const note = (state: Note['state'], code: string, values: Note['values'] = {}) => {
      const where = place.area ? `${place.sheet}!${areaText(place.area)}` : ''
      notes.push({ name: place.name, where, state, code, values })
    }
    const { area } = place
    if (!area) {
      note('bad', place.fault ?? 'broken_reference')
      continue
    }
    const single = !place.table && area.top === area.bottom && area.left === area.right
    const wanted = readName(place.own, single, known)
    if (!wanted) {
      const like = nearest(place.own, allNames(known, single))
      const other = readName(place.own, !single, known) !== undefined
      if (other) note('bad', single ? 'needs_range' : 'needs_cell')
      else note('bad', like ? 'unknown_like' : 'unknown', like ? { like: `vera.${like}` } : {})
      continue
    }
    const sheet = sheetOf(place.path)
    if (wanted.kind !== 'table') {
      const merged = mergesOf(sheet).find((one) => overlap(one, area))
      if (merged && (merged.top !== area.top || merged.left !== area.left)) note('bad', 'merged')
      else if (isFormula(sheet, area.top, area.left)) note('bad', 'formulas')
      else {
        const { value, kind, label, fault, instead } = await answers.cell(wanted)
        setCell(sheet, area.top, area.left, storedValue(value, kind, answers.timeZone), () => style(kind))
        note(fault ? 'bad' : 'good', fault ?? 'cell', { label, ...(instead ? { instead } : {}) })
      }
      continue
    }
    const answer = await answers.table(wanted)
    if (!answer) {
      note('bad', 'no_table')
      continue
    }
    const said = fillTable(sheet, { ...place, area }, answer, {
      timeZone: answers.timeZone,
      style,
      shared,
      others: othersOn(structure, place, area),
    })
    const values = {
      title: answer.title,
      rows: said.rows,
      columns: said.columns.join(', '),
      kept: said.kept.join(', '),
    }
    if ('fault' in said) {
      note('bad', said.fault, {
        ...values,
        fit: Math.max(0, said.fit),
        first: answer.columns.map(({ title }) => title).join(', '),
      })
      continue
    }
    note('good', said.kept.length > 0 ? 'table_kept' : 'table', values)
    moves.push(said.moved)
    if (areaText(said.area) !== areaText(area)) grown.push({ place, area: said.area })
  }
  for (const { place, area } of grown) resize(parts, structure, place, area)
  for (const [path, sheet] of sheets) if (sheet.changed) parts.set(path, Buffer.from(writeSheet(sheet)))
  follow(parts, structure.workbook, moves)
  if (notes.some(({ state }) => state === 'good')) recalculate(parts, structure.workbook)
  return notes
}

/** What else stands on the place's sheet, and must not be run over. */
function othersOn({ places, tables }: Structure, mine: Place, area: Area): Area[] {
  const elsewhere = ({ sheet, area: other }: { sheet: string; area?: Area }) =>
    sheet === mine.sheet && other && areaText(other) !== areaText(area) ? [other] : []
  return [...places.flatMap(elsewhere), ...tables.flatMap(elsewhere)]
}

/** The table's own description, or the name's, says how far it goes now. */
function resize(parts: Parts, { workbook }: Structure, place: Place, area: Area): void {
  if (place.table) {
    const { path, totals } = place.table
    const filtered = areaText(totals ? { ...area, bottom: area.bottom - 1 } : area)
    const xml = xmlOf(parts, path)
      .replace(/(<(?:\w+:)?table\s[^>]*?\sref=")[^"]*"/, `$1${areaText(area)}"`)
      .replace(/(<(?:\w+:)?autoFilter\s[^>]*?ref=")[^"]*"/, `$1${filtered}"`)
      .replace(/(<(?:\w+:)?sortState\s[^>]*?ref=")[^"]*"/, `$1${filtered}"`)
    parts.set(path, Buffer.from(xml))
    return
  }
  const own = new RegExp(
    `(<(?:\\w+:)?definedName\\s[^>]*name="${place.name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}"[^>]*>)[^<]*`,
    'i',
  )
  const xml = xmlOf(parts, workbook)
  parts.set(
    workbook,
    Buffer.from(xml.replace(own, (_all, open) => `${open}${escaped(writeReference(place.sheet, area))}`)),
  )
}
