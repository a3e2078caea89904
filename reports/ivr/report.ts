import { figureQuery, type Where } from '../explain/figure.ts'
import { addTotals, cutPeriod, elapsedOf, type Interval, noTotals, type Totals } from '../metrics/index.ts'
import { highlight, intervalColumn, metricCells, metricColumn, type Report, summed } from '../report.ts'
import { type KeyedTotals, readFamilies, readFlowLabel, readTotals, together } from '../rollups/index.ts'
import type { Column, Table } from '../workbook/index.ts'

/** Longer lists say nothing more. */
const mostRows = 200
/** In place of the texts of what was too much to be kept apart: no flow of a real centre has so many steps. */
const others = 'Otros, juntos'

const byInterval = [
  metricColumn('ivr_calls', summed),
  metricColumn('ivr_queued', summed),
  metricColumn('ivr_contained', summed),
  metricColumn('ivr_left', summed),
  metricColumn('ivr_left_share', { kind: 'quotient', over: ['ivr_left'], under: ['ivr_calls'] }),
]
const byStep = [
  metricColumn('step_calls'),
  metricColumn('step_times', summed),
  metricColumn('step_on', summed),
  metricColumn('step_queued', summed),
  metricColumn('step_contained', summed),
  metricColumn('step_left', summed),
  metricColumn('step_left_share'),
]
const byAnswer = [metricColumn('answer_times', summed), metricColumn('answer_share')]
const byWay = [metricColumn('way_times', summed)]
const text = (id: string, title: string): Column => ({ id, title, kind: 'text', width: 30 })

/** Where callers go in the flows, and where they leave. */
export const ivrReport: Report = {
  id: 'ivr',
  kind: 'summary',
  title: { es: 'IVR', en: 'IVR' },
  description: {
    es: 'Por dónde pasa la gente en los flujos, qué elige y dónde se va.',
    en: 'Where people go in the flows, what they choose and where they leave.',
  },
  parameters: ['from', 'to', 'interval', 'topic', 'channel'],
  async run(context) {
    const { db, scope, asked, timeZone, now } = context
    const { period, interval } = asked
    const cut = cutPeriod(period, interval, timeZone)
    const channel = asked.channel ? { label: asked.channel } : {}
    const topic = asked.topicId ? { subject: asked.topicId } : {}
    const where: Where = { ...channel, ...(asked.topicId ? { topicId: asked.topicId } : {}) }
    const when = { cut, timeZone, now, waits: false }
    const elapsed = elapsedOf({ ...period, now })
    const { journey } = await readFamilies(db, scope, ['journey'], when, { ...topic, ...channel })
    const intervals = journey.map(({ keys, ...part }) => together(keys, elapsedOf({ ...part, now })))
    const calls = together(
      journey.flatMap(({ keys }) => keys),
      elapsed,
    )
    // Of the whole period only, so read by whole days where they stand.
    const flows = await readFamilies(db, scope, ['step', 'answer', 'way'], { ...when, cut: [period] }, topic)
    const of = (family: 'step' | 'answer' | 'way') => byTexts(flows[family][0]!.keys, asked.channel)
    // The catalogue's figures are of whole calls: with a topic asked for they would be of others too.
    const keys = await readTotals(db, scope, { ...when, family: 'whole', where: channel })
    const whole = together(
      keys.flatMap((one) => one.keys),
      elapsed,
    )
    const query = figureQuery({ family: 'whole', where: channel, period })
    const queryOf = (when: Interval) => figureQuery({ family: 'journey', where, period: when })
    const tables: Table[] = [
      ...flowTables({ steps: of('step'), answers: of('answer'), ways: of('way') }, where, period),
      {
        id: 'by_interval',
        title: 'Por intervalo',
        columns: [intervalColumn(interval), ...byInterval],
        rows: cut.map(({ from }, at) => [from, ...metricCells(byInterval, intervals[at]!)]),
        totals: [null, ...metricCells(byInterval, calls)],
        explain: cut.map(queryOf),
        explainTotal: queryOf(period),
      },
    ]
    return {
      highlights: [
        ...(asked.topicId ? [] : [highlight('received', whole, query), highlight('containment', whole, query)]),
        ...['ivr_calls', 'ivr_queued', 'ivr_left', 'ivr_left_share'].map((id) => highlight(id, calls, queryOf(period))),
      ],
      tables,
      charts: [
        {
          id: 'steps',
          title: 'Dónde cortan y dónde se resuelve',
          kind: 'bar',
          table: 'steps',
          category: 'step',
          series: ['step_left', 'step_contained'],
        },
        {
          id: 'ends',
          title: 'Cómo salieron del IVR',
          kind: 'stacked',
          table: 'by_interval',
          category: 'interval',
          series: ['ivr_queued', 'ivr_contained', 'ivr_left'],
        },
      ],
      metrics: [
        'received',
        'contained',
        'containment',
        ...[...byInterval, ...byStep, ...byAnswer, ...byWay].map((one) => one.id),
      ],
    }
  },
}

/** Totals of what goes by the same texts; no texts: what was too much to be kept apart. */
type Flow = { texts: string[]; totals: Totals }

function byTexts(keys: readonly KeyedTotals[], channel: string | undefined): Flow[] {
  const found = new Map<string, Flow>()
  for (const { label, totals } of keys) {
    const said = readFlowLabel(label)
    if (channel && said.channel !== channel) continue
    const id = JSON.stringify(said.texts)
    const flow = found.get(id) ?? { texts: said.texts, totals: noTotals() }
    found.set(id, flow)
    addTotals(flow.totals, totals)
  }
  return [...found.values()]
}

/** By a measure, the most first; what is not kept apart last. */
const mostFirst = (flows: Flow[], id: string) => {
  const weight = ({ texts, totals }: Flow) => (texts.length > 0 ? (totals.sums[id] ?? 0) : -1)
  const name = ({ texts }: Flow) => texts.slice(-2).join(' ')
  return flows.toSorted((a, b) => weight(b) - weight(a) || name(a).localeCompare(name(b), 'es'))
}

function flowTables(flows: Record<'steps' | 'answers' | 'ways', Flow[]>, where: Where, period: Interval): Table[] {
  const table = (
    about: Pick<Table, 'id' | 'title'> & { family: 'step' | 'answer' | 'way'; front: Column[]; columns: Column[] },
    rows: Flow[],
    named: (texts: string[]) => { names: string[]; where: Where },
  ): Table => {
    const told = rows.map(({ texts, totals }) => ({
      ...(texts.length > 0 ? named(texts) : { names: about.front.map((_, at) => (at === 0 ? others : '')) }),
      totals,
    }))
    return {
      id: about.id,
      title: about.title,
      columns: [...about.front, ...about.columns],
      rows: told.map(({ names, totals }) => [...names, ...metricCells(about.columns, totals)]),
      explain: told.map((one) =>
        'where' in one ? figureQuery({ family: about.family, where: { ...where, ...one.where }, period }) : null,
      ),
    }
  }
  const steps = mostFirst(flows.steps, 'step_calls')
  const passings = new Map(steps.map(({ texts, totals }) => [JSON.stringify(texts), totals.sums.step_times ?? 0]))
  const answers = mostFirst(flows.answers, 'answer_times').slice(0, mostRows)
  // Every passing of the step, whatever was answered.
  for (const { texts, totals } of answers) totals.sums.answers = passings.get(JSON.stringify(texts.slice(0, 2))) ?? 0
  const ways = mostFirst(flows.ways, 'way_times').slice(0, mostRows)
  const all = together(steps, 0)
  return [
    {
      ...table(
        { id: 'steps', title: 'Por paso del flujo', family: 'step', front: [text('step', 'Paso')], columns: byStep },
        steps,
        ([node, step]) => ({ names: [step!], where: { node: node!, step: step! } }),
      ),
      explainTotal: figureQuery({ family: 'step', where, period }),
      // Calls pass many steps: what is not added up has no total.
      totals: [null, ...metricCells(byStep, all).map((value, at) => (byStep[at]!.total ? value : null))],
    },
    table(
      {
        ...{ id: 'choices', title: 'Qué eligieron o respondieron', family: 'answer' },
        ...{ front: [text('step', 'Paso'), text('choice', 'Respuesta')], columns: byAnswer },
      },
      answers,
      ([node, step, answer]) => ({ names: [step!, answer!], where: { node: node!, step: step!, answer: answer! } }),
    ),
    table(
      {
        ...{ id: 'ways', title: 'De dónde a dónde', family: 'way' },
        ...{ front: [text('from', 'De'), text('to', 'A')], columns: byWay },
      },
      ways,
      ([step, next]) => ({ names: [step!, next!], where: { step: step!, next: next! } }),
    ),
  ]
}
