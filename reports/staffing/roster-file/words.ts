// What people write in a roster's cells: days, times, shifts, absences.
import type { Cell } from './grid.ts'

const plain = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().trim()
const weekdays = ['lun', 'mar', 'mie', 'jue', 'vie', 'sab', 'dom']
const english = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']
export const dayNames = ['lunes', 'martes', 'miércoles', 'jueves', 'viernes', 'sábado', 'domingo']

/** A day of the week (0 Monday), and the date where it is one: `lunes`, `lun 30/11`, `30/11/2026`, a date. `now`: of which year a date without one is. */
export function dayOf(cell: Cell, now: number): { day: number; date: string | undefined } | undefined {
  if (cell instanceof Date) return cell.getUTCFullYear() > 1950 ? ofDate(cell) : undefined
  if (typeof cell !== 'string') return undefined
  const text = plain(cell)
  const iso = /\b(\d{4})-(\d{2})-(\d{2})\b/.exec(text)
  const match = /\b(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{2}|\d{4}))?\b/.exec(text)
  const date = iso
    ? utc(Number(iso[1]), Number(iso[2]), Number(iso[3]))
    : match
      ? dated(Number(match[1]), Number(match[2]), match[3], now)
      : undefined
  const word = /^[a-z]+/.exec(text)?.[0] ?? ''
  const named =
    word.length >= 3 && [...weekdays, ...english].findIndex((name) => word.startsWith(name) && isDayWord(word, name))
  const day = named === false || named < 0 ? undefined : named % 7
  if (day !== undefined) return { day, date: date && isoOf(date) }
  return date && word === '' ? ofDate(date) : undefined
}
/** «martes» is one, «marca» is none. */
const isDayWord = (word: string, name: string) =>
  word === name ||
  dayNames.some((full) => plain(full) === word) ||
  [
    'monday',
    'tuesday',
    'wednesday',
    'thursday',
    'friday',
    'saturday',
    'sunday',
    'tues',
    'thur',
    'thurs',
    'miercoles',
  ].includes(word)

const utc = (year: number, month: number, day: number) => {
  const date = new Date(Date.UTC(year, month - 1, day))
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date : undefined
}
function dated(day: number, month: number, year: string | undefined, now: number): Date | undefined {
  if (year) return utc(Number(year.length === 2 ? `20${year}` : year), month, day)
  const thisYear = new Date(now).getUTCFullYear()
  // Around New Year's the nearest one is meant.
  return [thisYear - 1, thisYear, thisYear + 1]
    .map((one) => utc(one, month, day))
    .filter((one) => one !== undefined)
    .sort((a, b) => Math.abs(a.getTime() - now) - Math.abs(b.getTime() - now))[0]
}
const isoOf = (date: Date) => date.toISOString().slice(0, 10)
const ofDate = (date: Date) => ({ day: (date.getUTCDay() + 6) % 7, date: isoOf(date) })

/** Minutes of the day, 0..1440: `8`, `8:30`, `08.30`, `8hs`, `830`, a time, a fraction of a day. */
export function timeOf(cell: Cell): number | undefined {
  if (cell instanceof Date)
    return cell.getUTCFullYear() <= 1900
      ? Math.round(((cell.getTime() % 86_400_000) + 86_400_000) / 60_000) % 1440
      : undefined
  if (typeof cell === 'number') {
    if (cell >= 0 && cell < 1 && cell !== 0) return Math.round(cell * 1440)
    return Number.isInteger(cell) && cell >= 0 && cell <= 24 ? cell * 60 : undefined
  }
  const match = /^(\d{1,2})(?:(?:[:.h])(\d{2})(?::00)?)?\s*(?:hs?\.?|horas?)?$/.exec(plain(cell ?? ''))
  if (!match) return undefined
  const minutes = Number(match[1]) * 60 + Number(match[2] ?? 0)
  return Number(match[2] ?? 0) < 60 && minutes <= 1440 ? minutes : undefined
}

export type Shift = { from: number; to: number }

/** `8 a 14`, `08:00-12:00 / 16:00-20:00`, `de 8 a 14 hs`; `[]` of who does not work that day. Undefined: it says neither. */
export function shiftsOf(cell: Cell): Shift[] | undefined {
  if (cell === null) return []
  if (typeof cell !== 'string') return undefined
  const text = plain(cell)
  if (isAbsence(text)) return []
  const parts = text.split(/\s*(?:\/|;|\+|\sy\s|,|\n)\s*/).filter((part) => part !== '')
  const shifts = parts.map((part) => {
    const match = /^(?:de\s+)?(.+?)\s*(?:-|–|—|\ba\b|\bhasta\b)\s*(.+)$/.exec(part)
    const [from, to] = [timeOf(match?.[1] ?? null), timeOf(match?.[2] ?? null)]
    return from === undefined || to === undefined || from === to ? undefined : { from, to }
  })
  return shifts.every((one) => one !== undefined) && shifts.length > 0 ? shifts : undefined
}

const absences =
  /^(-|—|x|f|l|franco|franco compensatorio|libre|descanso|off|no|licencia.*|lic\.?|vacaciones|vac\.?|feriado|ausente|enferm.*|capacitacion.*|curso|0)$/
const isAbsence = (text: string) => absences.test(text)

/** Rows that add up, and are no agent. */
export const isTotal = (cell: Cell) =>
  typeof cell === 'string' && /^(sub)?total(es)?\b|^suma\b|^dotacion\b/.test(plain(cell))
export const isFrom = (cell: Cell) =>
  typeof cell === 'string' && /^(desde|entrada|entra|ingreso|inicio|from|start)\b/.test(plain(cell))
export const isTo = (cell: Cell) =>
  typeof cell === 'string' && /^(hasta|salida|sale|egreso|fin|to|end)\b/.test(plain(cell))
export const isDayHead = (cell: Cell) => typeof cell === 'string' && /^(dia|fecha|day|date)\b/.test(plain(cell))
