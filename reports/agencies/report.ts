import { type Database, scopeOf } from '../../server/database/index.ts'
import { figureQuery } from '../explain/figure.ts'
import { addTotals, elapsedOf, type Interval, noTotals } from '../metrics/index.ts'
import { highlight, levelColumn, metricCells, metricColumn, type Report, summed } from '../report.ts'
import { readTotals, together } from '../rollups/index.ts'
import { countTickets } from '../tickets/count.ts'
import { figures as ticketFigures } from '../tickets/report.ts'
import type { Column, Table } from '../workbook/index.ts'
import { eachOf } from './each.ts'

/** What is read first stands first; what the totals are computed from, behind. */
const calls: Column[] = [
  metricColumn('received', summed),
  metricColumn('offered', summed),
  metricColumn('answered', summed),
  levelColumn(),
  metricColumn('abandoned', summed),
  metricColumn('abandon_rate', { kind: 'quotient', over: ['abandoned'], under: ['offered'] }),
  metricColumn('asa', { kind: 'quotient', over: ['wait_answered'], under: ['answered'] }),
  metricColumn('aht', { kind: 'quotient', over: ['talk', 'hold', 'wrap'], under: ['answered'] }),
  metricColumn('overflowed', summed),
  metricColumn('callbacks', summed),
  metricColumn('rejected', summed),
  metricColumn('contained', summed),
  metricColumn('short_abandoned', summed),
  metricColumn('answered_within', summed),
  metricColumn('wait_answered', summed),
  metricColumn('talk', summed),
  metricColumn('hold', summed),
  metricColumn('wrap', summed),
]

export type Agency = { id: number; name: string; timeZone: string }

/** All there are, by name. */
export async function readAgencies(db: Database): Promise<Agency[]> {
  const rows = await db.knex('agencies').orderBy(['name', 'id']).select('id', 'name', 'time_zone')
  return rows.map((row) => ({ id: row.id, name: row.name, timeZone: row.time_zone }))
}

/** An address in the name of another agency than one's own: administrators of the platform may. */
export const ofAgency = (address: string, { id }: Agency): string => `${address}&agency=${id}`

/** Every agency beside the others: its calls and its tickets. */
export const agenciesReport: Report = {
  id: 'agencies',
  kind: 'summary',
  platform: true,
  title: { es: 'Organismos', en: 'Agencies' },
  description: {
    es: 'Las llamadas y los tickets de cada organismo, uno al lado del otro.',
    en: 'The calls and tickets of each agency, side by side.',
  },
  parameters: ['from', 'to', 'channel'],
  async run({ db, asked, now }) {
    const { period, channel } = asked
    const where = channel ? { label: channel } : {}
    const agencies = await readAgencies(db)
    const tickets = new Map(agencies.map(({ id }) => [id, noTotals()]))
    const agencyIds = [...tickets.keys()]
    for (const { agencyId, totals } of await countTickets(db, { agencyIds, period, now }))
      addTotals(tickets.get(agencyId)!, totals)
    const rows = await eachOf(agencies, async (agency) => {
      const asked = { family: 'whole', cut: [period], timeZone: agency.timeZone, now, where, waits: false } as const
      const [found] = await readTotals(db, scopeOf(agency.id), asked)
      return { agency, calls: together(found!.keys, elapsedOf({ ...period, now })), tickets: tickets.get(agency.id)! }
    })
    const sumOf = (of: 'calls' | 'tickets') => {
      const sum = noTotals(elapsedOf({ ...period, now }))
      for (const row of rows) addTotals(sum, row[of])
      return sum
    }
    const all = { calls: sumOf('calls'), tickets: sumOf('tickets') }
    const table = (of: 'calls' | 'tickets', title: string, columns: Column[], family: 'whole' | 'ticket'): Table => {
      const query = (when: Interval) => figureQuery({ family, where: family === 'whole' ? where : {}, period: when })
      return {
        id: of,
        title,
        columns: [{ id: 'agency', title: 'Organismo', kind: 'text', width: 32 }, ...columns],
        rows: rows.map((row) => [row.agency.name, ...metricCells(columns, row[of])]),
        totals: [null, ...metricCells(columns, all[of])],
        explain: rows.map(({ agency }) => ofAgency(query(period), agency)),
      }
    }
    return {
      highlights: [
        ...['received', 'offered', 'answered', 'sl_offered', 'abandon_rate'].map((id) => highlight(id, all.calls)),
        ...['tickets_pending', 'tickets_overdue'].map((id) => highlight(id, all.tickets)),
      ],
      tables: [
        table('calls', 'Llamadas y contactos', calls, 'whole'),
        table('tickets', channel ? 'Tickets, de todos los canales' : 'Tickets', ticketFigures, 'ticket'),
      ],
      charts: [
        {
          id: 'calls',
          title: 'Qué pasó con las ofrecidas',
          kind: 'stacked',
          table: 'calls',
          category: 'agency',
          series: ['answered', 'abandoned', 'overflowed', 'callbacks'],
        },
        {
          id: 'tickets',
          title: 'Pendientes y vencidos',
          kind: 'bar',
          table: 'tickets',
          category: 'agency',
          series: ['tickets_pending', 'tickets_overdue'],
        },
      ],
      metrics: [...calls, ...ticketFigures].map(({ id }) => id),
    }
  },
}
