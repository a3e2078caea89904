import { figureQuery } from '../explain/figure.ts'
import {
  addRead,
  cutPeriod,
  type Facts,
  type Interval,
  sliceFacts,
  sliceWhole,
  type Totals,
  tally,
} from '../metrics/index.ts'
import { callsLink, highlight, intervalColumn, metricCells, metricColumn, type Report, summed } from '../report.ts'
import type { Column, Table } from '../workbook/index.ts'
import { ofCampaign, planFact } from './source.ts'
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
  metricColumn('plan_records', summed),
  metricColumn('plan_due', summed),
  metricColumn('plan_progress', { kind: 'quotient', over: ['plan_closed'], under: ['plan_due'] }),
  metricColumn('plan_closed', summed),
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
    const total = of(facts, life)
    const each = ids.map((id) => {
      const own = ofCampaign(facts, id)
      const lived = of(own, life)
      const promised = plans.get(id)
      if (promised) {
        const fact = planFact(promised, lived, Math.min(now, period.to))
        for (const into of [lived, total]) addRead(into, 'plans', fact)
      }
      return { id, name: names.campaigns.get(id) as string, work: of(own, period), life: lived, promised }
    })
    const whole = of(facts, period)
    const queryOf = (when: Interval, subject = campaignId) =>
      figureQuery({ family: 'campaign', where: subject ? { subject } : {}, period: when })
    const links = each.map(({ id }) => callsLink(period, { campaign: id }))
    const cut = cutPeriod(period, interval, timeZone)
    const tables: Table[] = [
      {
        id: 'by_campaign',
        title: 'Por campaña',
        columns: [named, ...work],
        rows: each.map((one) => [one.name, ...metricCells(work, one.work)]),
        totals: [null, ...metricCells(work, whole)],
        links,
        explain: each.map(({ id }) => queryOf(period, id)),
        explainTotal: queryOf(period),
      },
      {
        id: 'lists',
        title: 'Listas al fin del período',
        columns: [named, ...list, ...plan],
        rows: each.map((one) => [
          one.name,
          ...metricCells(list, one.life),
          ...metricCells(plan, one.life).map((value) => (one.promised ? value : null)),
        ]),
        totals: [null, ...metricCells([...list, ...plan], total)],
        links,
        explain: each.map(({ id }) => queryOf(life, id)),
        explainTotal: queryOf(life),
      },
      {
        id: 'by_interval',
        title: 'Por intervalo',
        columns: [intervalColumn(interval), ...work],
        rows: sliceFacts(facts, cut, now).map((slice) => [slice.from, ...metricCells(work, tally(slice))]),
        totals: [null, ...metricCells(work, whole)],
        explain: cut.map((one) => queryOf(one)),
        explainTotal: queryOf(period),
      },
    ]
    return {
      ...(names.campaigns.size === 0 ? { note: 'Todavía no hay campañas en este organismo.' } : {}),
      highlights: [
        ...['attempts', 'contacted', 'contact_rate', 'drop_rate'].map((id) => highlight(id, whole, queryOf(period))),
        ...['list_penetration', 'attempts_per_record', 'records_completed'].map((id) =>
          highlight(id, total, queryOf(life)),
        ),
        ...['contacts_per_hour', 'successes_per_hour'].map((id) => highlight(id, whole, queryOf(period))),
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
      metrics: [...new Set([...work, ...list, ...plan].map(({ id }) => id))],
    }
  },
}
