// The reports' figures beside those counted apart: every cell of every table that has a metric's name.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Stand } from './stand.ts'

// A program of its own, in plain JavaScript, so that it shares nothing with what it counts.
const counter = (await import('./count.mjs' as string)) as {
  // biome-ignore lint/suspicious/noExplicitAny: untyped on purpose
  read(folder: string, centre: any): any
  // biome-ignore lint/suspicious/noExplicitAny: untyped on purpose
  figures(day: any, centre: any, of: object): Record<string, number | null>
}

export const reportIds = ['queues', 'answered', 'lost', 'service-level', 'waits', 'agents', 'lines'] as const

/** What no call record tells, and why. */
export const notOfTheSwitch: Record<string, string> = {
  wrap: 'the work after a call has no leg',
  aht: 'contains the work after a call',
  handling_average: 'contains the work after a call',
  busy: 'time of agents, who are no legs',
  idle: 'time of agents, who are no legs',
  paused: 'time of agents, who are no legs',
  logged_in: 'time of agents, who are no legs',
  occupancy: 'time of agents, who are no legs',
  utilisation: 'time of agents, who are no legs',
  first_contacts: 'no record tells who calls and about what',
  fcr_unknown: 'no record tells who calls and about what',
  fcr_resolved: 'no record tells who calls and about what',
  fcr: 'no record tells who calls and about what',
}

// biome-ignore lint/suspicious/noExplicitAny: as the API tells it
type Told = any
/** The reports as they stand now, by id. `query`: from, to, interval. */
export async function told(stand: Stand, query: string): Promise<Record<string, Told>> {
  const all: Record<string, Told> = {}
  for (const id of reportIds) all[id] = await stand.ask(`/api/reports/${id}?${query}`)
  return all
}

export type Difference = { where: string; told: unknown; counted: unknown }

export type Counted = ReturnType<typeof countApart>
/** Reads the switch's records once. */
export function countApart({ folder, cdrDir }: { folder: string; cdrDir: string }) {
  const centre = JSON.parse(readFileSync(join(folder, 'centre.json'), 'utf8'))
  const day = counter.read(cdrDir, centre)
  return { centre, day, of: (about: object) => counter.figures(day, centre, about) }
}

/**
 * Holds what was told against what is counted, as it stood at `at`. Counts and times must be equal to the call and to
 * `toleranceMs`; ratios follow from them.
 */
export function compare(
  counted: Counted,
  told: Record<string, Told>,
  period: { from: number; to: number },
  intervalMs: number,
  { at = Number.POSITIVE_INFINITY, toleranceMs = 0 } = {},
): { compared: number; differences: Difference[]; left: Set<string> } {
  const { centre } = counted
  const idOf = (names: Record<string, string>, name: string) =>
    Number(Object.entries(names).find(([, one]) => one === name)?.[0] ?? Number.NaN)
  const queueNames = Object.fromEntries(Object.entries(centre.queues).map(([id, one]) => [id, (one as Told).name]))
  const differences: Difference[] = []
  const left = new Set<string>()
  let compared = 0
  const memory = new Map<string, Record<string, number | null>>()
  const figuresOf = (about: object) => {
    const key = JSON.stringify(about)
    let found = memory.get(key)
    if (!found) {
      found = counted.of({ ...about, at })
      memory.set(key, found)
    }
    return found
  }
  const same = (kind: string, a: unknown, b: number | null | undefined) => {
    if (a === null || b === null || b === undefined) return a === (b ?? null)
    // Erlangs are time over the time that has passed.
    const part = kind === 'decimal' && toleranceMs > 0 ? 0.05 * b : 1e-9
    const slack = kind === 'duration' ? toleranceMs + 1e-6 : kind === 'count' ? 0 : part
    return Math.abs(Number(a) - b) <= slack
  }
  const hold = (where: string, columns: Told[], row: unknown[], about: object) => {
    const found = figuresOf(about)
    for (const [place, column] of columns.entries()) {
      if (['text', 'instant', 'interval', 'day'].includes(column.kind)) continue
      // Breaks by reason: time of agents, as `paused`.
      if (column.id.startsWith('paused_')) continue
      if (!(column.id in found)) {
        left.add(column.id)
        continue
      }
      compared++
      if (!same(column.kind, row[place], found[column.id]))
        differences.push({ where: `${where} ${column.id}`, told: row[place], counted: found[column.id] })
    }
  }
  for (const [report, { tables }] of Object.entries(told))
    for (const table of tables) {
      const { id, columns, rows, totals } = table
      const ids = columns.map((one: Told) => one.id)
      const subject = ids.find((one: string) => one === 'queue' || one === 'agent' || one === 'route')
      const known = ['whole', 'queue', 'agent', 'route', 'interval'].includes(ids[0])
      // Tables of another kind (distributions, targets, pauses) have no figure of the catalogue by a subject.
      if (!known || id === 'pauses' || id === 'targets' || id.includes('topic')) continue
      for (const row of rows) {
        const value = (name: string) => row[ids.indexOf(name)]
        const start = ids.includes('interval') ? Number(new Date(value('interval'))) : undefined
        const span = start === undefined ? period : { from: start, to: Math.min(start + intervalMs, period.to) }
        const who =
          subject === 'queue'
            ? { queue: idOf(queueNames, value('queue')) }
            : subject === 'agent'
              ? { agent: idOf(centre.agents, value('agent')) }
              : subject === 'route'
                ? {
                    line: value('route') === 'Sin línea' ? '' : value('route'),
                    direction: value('direction') === 'Entrante' ? 'inbound' : 'outbound',
                  }
                : {}
        hold(
          `${report}/${id} ${JSON.stringify(who)} ${start === undefined ? '' : new Date(start).toISOString()}`,
          columns,
          row,
          { ...span, ...who },
        )
      }
      if (totals) hold(`${report}/${id} total`, columns, totals, period)
    }
  return { compared, differences, left }
}
