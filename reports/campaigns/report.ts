import {
  cutPeriod,
  type Facts,
  type Interval,
  noFacts,
  plannedBy,
  sliceFacts,
  sliceWhole,
  type Totals,
  tally,
} from '../metrics/index.ts'
import { callsLink, highlight, intervalColumn, metricCells, metricColumn, type Report, summed } from '../report.ts'
import type { CellValue, Column, Table } from '../workbook/index.ts'
import { readCampaignFacts, readPlans } from './store.ts'

const work: Column[] = [
  metricColumn('attempts', summed),
  metricColumn('contacted', summed),
  metricColumn('contact_rate', { kind: 'quotient', over: ['contacted'], under: ['attempts'] }),
  metricColumn('dropped', summed),
  metricColumn('drop_rate', { kind: 'quotient', over: ['dropped'], under: ['contacted'] }),
  metricColumn('records_completed', summed),
  metricColumn('records_succeeded', summed),
  metricColumn('campaign_time', summed),
  metricColumn('contacts_per_hour'),
  metricColumn('successes_per_hour'),
]
const list: Column[] = [
  metricColumn('records_loaded', summed),
  metricColumn('records_tried', summed),
  metricColumn('list_penetration', { kind: 'quotient', over: ['records_tried'], under: ['records_loaded'] }),
  metricColumn('attempts_per_record'),
  metricColumn('records_completed', summed),
  metricColumn('records_succeeded', summed),
]
const plan: Column[] = [
  { id: 'plan', title: 'Plan', kind: 'count', total: summed },
  { id: 'planned_by_then', title: 'Según el plan a esa fecha', kind: 'decimal', total: summed },
  {
    id: 'progress',
    title: 'Avance sobre el plan a esa fecha',
    kind: 'ratio',
    total: { kind: 'quotient', over: ['closed_of_plan'], under: ['planned_by_then'] },
  },
  { id: 'closed_of_plan', title: 'Completados con plan', kind: 'count', total: summed },
]
const named: Column = { id: 'campaign', title: 'Campaña', kind: 'text', width: 28 }

/** Campaigns: what was dialled, who was reached, and how far the list is beside its plan. */
export const campaignsReport: Report = {
  id: 'campaigns',
  kind: 'summary',
  title: { es: 'Campañas', en: 'Campaigns' },
  description: {
    es: 'Intentos, contactos, penetración de la lista, resultados, productividad y avance contra el plan.',
    en: 'Attempts, contacts, list penetration, results, productivity and progress against plan.',
  },
  parameters: ['from', 'to', 'interval', 'campaign'],
  async run({ db, scope, asked, names, timeZone, now }) {
    const { period, interval, campaignId } = asked
    const facts = await readCampaignFacts(db, scope, period.to, campaignId)
    const plans = await readPlans(db, scope)
    const life: Interval = { from: 0, to: period.to }
    const of = (whose: Facts, when: Interval): Totals => tally(sliceWhole(whose, when, now))
    const ids = [...names.campaigns.keys()].filter((id) => !campaignId || id === campaignId)
    const each = ids.map((id) => ({ id, name: names.campaigns.get(id) as string, facts: ofCampaign(facts, id) }))
    const whole = of(facts, period)
    const total = of(facts, life)
    const links = each.map(({ id }) => callsLink(period, { campaign: id }))
    const against = each.map((one) => planCells(plans.get(one.id), of(one.facts, life), Math.min(now, period.to)))
    const sum = (at: number) => against.reduce((all, cells) => all + Number(cells[at] ?? 0), 0)
    const due = sum(1)
    const tables: Table[] = [
      {
        id: 'by_campaign',
        title: 'Por campaña',
        columns: [named, ...work],
        rows: each.map((one) => [one.name, ...metricCells(work, of(one.facts, period))]),
        totals: [null, ...metricCells(work, whole)],
        links,
      },
      {
        id: 'lists',
        title: 'Listas al fin del período',
        columns: [named, ...list, ...plan],
        rows: each.map((one, at) => [one.name, ...metricCells(list, of(one.facts, life)), ...against[at]!]),
        totals: [null, ...metricCells(list, total), sum(0), due, due > 0 ? sum(3) / due : null, sum(3)],
        links,
      },
      {
        id: 'by_interval',
        title: 'Por intervalo',
        columns: [intervalColumn(interval), ...work],
        rows: sliceFacts(facts, cutPeriod(period, interval, timeZone), now).map((slice) => [
          slice.from,
          ...metricCells(work, tally(slice)),
        ]),
        totals: [null, ...metricCells(work, whole)],
      },
    ]
    return {
      ...(names.campaigns.size === 0 ? { note: 'Todavía no hay campañas en este organismo.' } : {}),
      highlights: [
        ...['attempts', 'contacted', 'contact_rate', 'drop_rate'].map((id) => highlight(id, whole)),
        ...['list_penetration', 'attempts_per_record', 'records_completed'].map((id) => highlight(id, total)),
        ...['contacts_per_hour', 'successes_per_hour'].map((id) => highlight(id, whole)),
      ],
      tables,
      charts: [
        {
          id: 'contacts',
          title: 'Intentos y contactos',
          kind: 'line',
          table: 'by_interval',
          category: 'interval',
          series: ['attempts', 'contacted'],
        },
        {
          id: 'lists',
          title: 'Avance de las listas',
          kind: 'bar',
          table: 'lists',
          category: 'campaign',
          series: ['records_loaded', 'records_tried', 'records_completed', 'records_succeeded'],
        },
      ],
      metrics: [...new Set([...work, ...list].map(({ id }) => id))],
    }
  },
}

const ofCampaign = ({ attempts = [], records = [], campaignSpans = [] }: Facts, id: number): Facts => ({
  ...noFacts(),
  attempts: attempts.filter((one) => one.campaignId === id),
  records: records.filter((one) => one.campaignId === id),
  campaignSpans: campaignSpans.filter((one) => one.campaignId === id),
})

/** Cells of `plan`; empty where nothing was planned. */
function planCells(plan: Parameters<typeof plannedBy>[0] | undefined, { sums }: Totals, at: number): CellValue[] {
  if (!plan) return [null, null, null, null]
  const due = plannedBy(plan, at)
  const closed = sums.records_completed ?? 0
  return [plan.records, due, due > 0 ? closed / due : null, closed]
}
