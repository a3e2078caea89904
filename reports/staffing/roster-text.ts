import { slotsADay } from './calls-forecast.ts'
import { emptyRoster, type Roster } from './store.ts'

const weekdays = ['lun', 'mar', 'mié', 'jue', 'vie', 'sáb', 'dom']
const clock = (slot: number) => `${String(slot >> 1).padStart(2, '0')}:${slot % 2 ? '30' : '00'}`
export const mostAgents = 9_999

/** As it is pasted into a sheet: a line a half hour in which anybody works (else those of an office), a column a weekday. */
export function writeRoster(roster: Roster | undefined): string {
  const busy = Array.from({ length: slotsADay }, (_, slot) => roster?.some((day) => day[slot]! > 0) ?? false)
  const first = busy.includes(true) ? busy.indexOf(true) : 16
  const last = busy.includes(true) ? busy.lastIndexOf(true) : 35
  const lines = Array.from({ length: last - first + 1 }, (_, index) =>
    [clock(first + index), ...weekdays.map((_, day) => roster?.[day]?.[first + index] ?? 0)].join('\t'),
  )
  return [['hora', ...weekdays].join('\t'), ...lines].join('\n')
}

/**
 * What was pasted from a sheet: a time and up to seven numbers a line, Monday first; between them tabs, semicolons or
 * commas. Half hours not named have nobody. Undefined, with the number of the line, where a line cannot be read.
 */
export function readRoster(text: string): { roster: Roster } | { wrongLine: number } {
  const roster = emptyRoster()
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue
    const [time = '', ...cells] = line.split(/[\t;,]/).map((cell) => cell.trim())
    const match = /^(\d{1,2}):(00|30)(?::00)?$/.exec(time)
    if (!match && index === 0) continue
    const slot = match ? Number(match[1]) * 2 + (match[2] === '30' ? 1 : 0) : slotsADay
    if (slot >= slotsADay || cells.length > 7) return { wrongLine: index + 1 }
    for (const [day, cell] of cells.entries()) {
      if (!/^\d{0,4}$/.test(cell)) return { wrongLine: index + 1 }
      roster[day]![slot] = Number(cell)
    }
  }
  return { roster }
}
