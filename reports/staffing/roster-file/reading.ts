// From cells to a plan: what was recognised, and every fault with where it is and what to do. Pure.
import { slotsADay } from '../calls-forecast.ts'
import { mostAgents } from '../roster-text.ts'
import { emptyRoster, type Roster } from '../store.ts'
import { type Cell, cellName, type Grid } from './grid.ts'
import { dayNames, dayOf, isDayHead, isFrom, isTo, isTotal, type Shift, shiftsOf, timeOf } from './words.ts'

export type Fault = { at: string; found: string; todo: string }
/** `kind`: one agent a row, one shift a row, or counts by time of day. `rows`: those that were taken. */
export type Reading = {
  kind: 'agents' | 'shifts' | 'counts' | undefined
  roster: Roster
  rows: number
  agents: string[]
  days: number[]
  faults: Fault[]
  notes: string[]
}

const mostFaults = 200
const slotMinutes = 1440 / slotsADay
/** Rows above the names of the days: titles and the like. */
const headRows = 25

type Found = { head: number; columns: { column: number; day: number; date: string | undefined }[] }
type State = Reading & { fault(row: number, column: number, cell: Cell, todo: string): void; note(text: string): void }

export function readRosterGrid({ rows, sheet, otherSheets, unread }: Grid, now: number): Reading {
  const reading: Reading = {
    ...{ kind: undefined, roster: emptyRoster(), rows: 0, agents: [], days: [] },
    ...{ faults: [], notes: [] },
  }
  const seen = new Set<string>()
  const state: State = Object.assign(reading, {
    fault(row: number, column: number, cell: Cell, todo: string) {
      if (reading.faults.length < mostFaults)
        reading.faults.push({ at: cellName(row, column), found: shown(cell), todo })
    },
    note(text: string) {
      if (!seen.has(text)) reading.notes.push(text)
      seen.add(text)
    },
  })
  if (sheet !== undefined && otherSheets.length > 0)
    state.note(`Se leyó la hoja «${sheet}». No se leyeron: ${otherSheets.map((name) => `«${name}»`).join(', ')}.`)
  for (const at of unread)
    state.faults.push({
      at,
      found: 'una fórmula sin su resultado',
      todo: 'Abrí el archivo en Excel, guardalo y subilo de nuevo.',
    })
  const list = listOf(rows)
  const table = list ? undefined : tableOf(rows, now)
  if (list) readShifts(rows, list, now, state)
  else if (!table)
    state.fault(
      0,
      0,
      rows[0]?.[0] ?? null,
      'No se encontraron los días. Poné una fila con lunes, martes… o con las fechas, o bajá la plantilla.',
    )
  else if (twice(table, state)) {
    const body = rows.slice(table.head + 1)
    const times = body.filter((row) => timeOf(firstTime(row[0] ?? null)) !== undefined).length
    const names = body.filter(
      (row) => typeof row[0] === 'string' && timeOf(firstTime(row[0])) === undefined && !isTotal(row[0]),
    ).length
    if (times > names) readCounts(rows, table, state)
    else readAgents(rows, table, state)
  }
  const { kind, faults, days } = reading
  if (kind && days.length > 0 && days.length < 7)
    state.note(`Quedan sin nadie: ${dayNames.filter((_, day) => !days.includes(day)).join(', ')}.`)
  if (kind && reading.rows === 0 && faults.length === 0)
    state.fault(0, 0, null, 'No hay ninguna fila para tomar. Revisá que los datos estén debajo de los días.')
  const { fault: _, note: __, ...result } = state
  return result
}

const shown = (cell: Cell) =>
  cell === null ? '(vacía)' : cell instanceof Date ? cell.toISOString().slice(0, 16).replace('T', ' ') : String(cell)

/** The first row that names a day, with the columns of the days. */
function tableOf(rows: readonly Cell[][], now: number): Found | undefined {
  for (const [head, row] of rows.slice(0, headRows).entries()) {
    const columns = row.flatMap((cell, column) => {
      const found = dayOf(cell, now)
      return found ? [{ column, ...found }] : []
    })
    if (columns.length > 0 && columns[0]!.column > 0) return { head, columns }
  }
  return undefined
}

/** More than one week cannot be one plan of a week. False: it was said. */
function twice({ head, columns }: Found, state: State): boolean {
  for (const [day, same] of Map.groupBy(columns, (one) => one.day)) {
    if (new Set(same.map(({ date }) => date)).size > 1 || same.length > 2) {
      state.fault(head, same[1]!.column, dayNames[day]!, 'Ese día aparece más de una vez: subí una semana por archivo.')
      return false
    }
  }
  state.days = [...new Set(columns.map(({ day }) => day))].sort()
  return true
}

/** `08:00 - 08:30` begins at 08:00. */
const firstTime = (cell: Cell): Cell =>
  typeof cell === 'string' ? (cell.split(/\s*(?:-|–|\sa\s)\s*/)[0] ?? null) : cell

function readCounts(rows: readonly Cell[][], { head, columns }: Found, state: State): void {
  state.kind = 'counts'
  const lines = rows.flatMap((row, index) => {
    if (index <= head || row.every((cell) => cell === null)) return []
    const time = timeOf(firstTime(row[0] ?? null))
    if (time !== undefined && time < 1440) return [{ row, index, time }]
    if (isTotal(row[0] ?? null)) state.note(`La fila ${index + 1} es un total y no se toma.`)
    else if (row.slice(1).some((cell) => cell !== null))
      state.fault(index, 0, row[0] ?? null, 'No es una hora. Escribila como 08:00, u 08:30.')
    return []
  })
  const steps = lines.slice(1).map(({ time }, at) => time - lines[at]!.time)
  const step = Math.min(...steps.filter((one) => one > 0), 60)
  if (step !== 60 && step !== slotMinutes) {
    state.fault(
      lines[0]!.index,
      0,
      lines[0]!.row[0] ?? null,
      `Las filas van cada ${step} minutos: se pueden leer cada 30 o cada 60.`,
    )
    return
  }
  const taken = new Set<number>()
  for (const { row, index, time } of lines) {
    if (time % slotMinutes !== 0) state.fault(index, 0, row[0] ?? null, 'La hora tiene que ser en punto o y media.')
    else if (taken.has(time)) state.fault(index, 0, row[0] ?? null, 'Esa hora ya está más arriba. Dejá una sola.')
    else {
      taken.add(time)
      state.rows++
      for (const { column, day } of columns) {
        const cell = row[column] ?? null
        const count =
          typeof cell === 'string' ? Number(cell.replace(/\.(?=\d{3}\b)/g, '').replace(',', '.')) : (cell ?? 0)
        if (typeof count !== 'number' || !Number.isInteger(count) || count < 0 || count > mostAgents)
          state.fault(index, column, cell, `Tiene que ser cuántos agentes: un entero de 0 a ${mostAgents}.`)
        else
          for (let slot = time; slot < time + step; slot += slotMinutes) state.roster[day]![slot / slotMinutes] = count
      }
    }
  }
  if (step === 60) state.note('Las filas van por hora: cada una vale para sus dos medias horas.')
}

/** Who is there when: an agent on two rows, or in two shifts that overlap, is one agent. */
function adder(state: State) {
  const here = new Map<string, Set<number>>()
  return (name: string, day: number, { from, to }: Shift) => {
    const key = name.toLowerCase()
    const slots = here.get(key) ?? new Set<number>()
    if (!here.has(key)) state.agents.push(name)
    here.set(key, slots)
    const first = Math.ceil(from / slotMinutes)
    const last = Math.floor((to > from ? to : to + 1440) / slotMinutes)
    if (from % slotMinutes || to % slotMinutes)
      state.note('Se cuenta la media hora entera: quien entra 08:10 cuenta desde 08:30, quien sale 13:50 hasta 13:30.')
    if (to < from) state.note('Los turnos que pasan la medianoche siguen al día siguiente.')
    for (let slot = first; slot < last; slot++) {
      const at = (day * slotsADay + slot) % (7 * slotsADay)
      if (slots.has(at)) continue
      slots.add(at)
      state.roster[Math.floor(at / slotsADay)]![at % slotsADay]!++
    }
  }
}

function readAgents(rows: readonly Cell[][], { head, columns }: Found, state: State): void {
  state.kind = 'agents'
  const add = adder(state)
  // «Lunes» over «entrada» and «salida», or twice over: two columns a day.
  const below = rows[head + 1] ?? []
  const paired = (column: number) =>
    isFrom(below[column] ?? rows[head]![column] ?? null) && isTo(below[column + 1] ?? null)
  const subHead = columns.some(({ column }) => paired(column))
  const doubled = new Set(columns.filter((one, at) => columns[at + 1]?.day === one.day).map(({ column }) => column))
  const seen = new Map<string, number>()
  for (const [index, row] of rows.entries()) {
    if (index <= head + (subHead ? 1 : 0) || row.every((cell) => cell === null)) continue
    const [first = null] = row
    if (isTotal(first)) {
      state.note(`La fila ${index + 1} es un total y no se toma.`)
      continue
    }
    if (typeof first !== 'string') {
      if (columns.some(({ column }) => (row[column] ?? null) !== null))
        state.fault(index, 0, first, 'Falta el nombre del agente en la primera columna.')
      continue
    }
    if (/^[=+@]/.test(first)) {
      state.fault(index, 0, first, 'Parece una fórmula. Escribí el nombre del agente.')
      continue
    }
    state.rows++
    const before = seen.get(first.toLowerCase())
    if (before !== undefined)
      state.note(`«${first}» está en las filas ${before + 1} e ${index + 1}: sus turnos se suman.`)
    seen.set(first.toLowerCase(), index)
    let told = state.agents.length
    for (const { column, day } of columns) {
      if (doubled.has(column - 1) && columns.some((one) => one.column === column - 1 && one.day === day)) continue
      const cell = row[column] ?? null
      if (subHead ? paired(column) : doubled.has(column)) {
        const to = row[column + 1] ?? null
        if (cell === null && to === null) continue
        const pair = pairOf(cell, to)
        if (pair === undefined)
          state.fault(index, column, cell, 'No se entiende el turno. Poné la entrada y la salida, como 08:00 y 14:00.')
        else for (const shift of pair) add(first, day, shift)
        continue
      }
      const shifts = shiftsOf(cell)
      if (!shifts) state.fault(index, column, cell, 'No se entiende el turno. Escribilo como 08:00-14:00, o franco.')
      else for (const shift of shifts) add(first, day, shift)
    }
    // Who has no shift that week is an agent all the same.
    if (told === state.agents.length && before === undefined) told = state.agents.push(first)
  }
}

function pairOf(from: Cell, to: Cell): Shift[] | undefined {
  const absent = shiftsOf(from)
  if (typeof from === 'string' && absent?.length === 0) return []
  const [begins, ends] = [timeOf(from), timeOf(to)]
  return begins === undefined || ends === undefined || begins === ends ? undefined : [{ from: begins, to: ends }]
}

type List = { head: number; day: number; from: number; to: number }

/** A head of agent, day, from, to: one shift a row. */
function listOf(rows: readonly Cell[][]): List | undefined {
  for (const [head, row] of rows.slice(0, headRows).entries()) {
    const [day, from, to] = [isDayHead, isFrom, isTo].map((is) => row.findIndex(is)) as [number, number, number]
    if (day > 0 && from > 0 && to > 0) return { head, day, from, to }
  }
  return undefined
}

function readShifts(rows: readonly Cell[][], { head, day, from, to }: List, now: number, state: State): void {
  state.kind = 'shifts'
  const add = adder(state)
  const dates = new Map<number, string>()
  const days = new Set<number>()
  for (const [index, row] of rows.entries()) {
    if (index <= head || row.every((cell) => cell === null)) continue
    const [first = null] = row
    if (isTotal(first)) {
      state.note(`La fila ${index + 1} es un total y no se toma.`)
      continue
    }
    const when = dayOf(row[day] ?? null, now)
    const shift = pairOf(row[from] ?? null, row[to] ?? null)
    if (typeof first !== 'string' || /^[=+@]/.test(first))
      state.fault(index, 0, first, 'Falta el nombre del agente en la primera columna.')
    else if (!when) state.fault(index, day, row[day] ?? null, 'No se entiende el día. Escribí lunes, o 30/11/2026.')
    else if (when.date && (dates.get(when.day) ?? when.date) !== when.date)
      state.fault(index, day, row[day] ?? null, 'Hay fechas de más de una semana: subí una semana por archivo.')
    else if (!shift)
      state.fault(index, from, row[from] ?? null, 'No se entiende el turno. Poné desde y hasta, como 08:00 y 14:00.')
    else {
      if (when.date) dates.set(when.day, when.date)
      days.add(when.day)
      state.rows++
      for (const one of shift) add(first, when.day, one)
    }
  }
  state.days = [...days].sort()
}
