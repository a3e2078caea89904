import { figureQuery, type Where } from '../explain/figure.ts'
import { addRead, cutPeriod, elapsedOf, type Interval, noTotals, type Totals } from '../metrics/index.ts'
import { highlight, intervalColumn, metricCells, metricColumn, type Report, summed } from '../report.ts'
import { readTotals, together } from '../rollups/index.ts'
import type { Column, Table } from '../workbook/index.ts'
import { eachJourney, type Journey, stepKey, visitsOf, waysOf } from './journeys.ts'

/** Longer lists say nothing more. */
const mostRows = 200
/** What people say or type can be anything: only so many different answers are kept apart. */
const mostAnswers = 20_000

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
    const where: Where = { ...channel, ...(asked.topicId ? { topicId: asked.topicId } : {}) }
    const counts = count(where, period)
    const intervals = cut.map(() => noTotals())
    let index = 0
    for await (const journey of eachJourney(db, scope, { period, where })) {
      counts.add(journey)
      while (index + 1 < cut.length && cut[index]!.to <= journey.at) index++
      addRead(intervals[index]!, 'journeys', journey)
    }
    // The catalogue's figures are of whole calls: with a topic asked for they would be of others too.
    const keys = await readTotals(db, scope, { family: 'whole', cut, timeZone, now, where: channel })
    const whole = together(
      keys.flatMap((one) => one.keys),
      elapsedOf({ ...period, now }),
    )
    const query = figureQuery({ family: 'whole', where: channel, period })
    const queryOf = (when: Interval) => figureQuery({ family: 'journey', where, period: when })
    const tables: Table[] = [
      counts.steps(),
      counts.answers(),
      counts.ways(),
      {
        id: 'by_interval',
        title: 'Por intervalo',
        columns: [intervalColumn(interval), ...byInterval],
        rows: cut.map(({ from }, at) => [from, ...metricCells(byInterval, intervals[at]!)]),
        totals: [null, ...metricCells(byInterval, counts.whole)],
        explain: cut.map(queryOf),
        explainTotal: queryOf(period),
      },
    ]
    return {
      highlights: [
        ...(asked.topicId ? [] : [highlight('received', whole, query), highlight('containment', whole, query)]),
        ...['ivr_calls', 'ivr_queued', 'ivr_left', 'ivr_left_share'].map((id) =>
          highlight(id, counts.whole, queryOf(period)),
        ),
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

type Named = { names: string[]; where: Where; totals: Totals }

/** Adds up whole calls, steps, answers and ways. */
function count(where: Where, period: Interval) {
  const whole = noTotals()
  const allSteps = noTotals()
  const steps = new Map<string, Named>()
  const answers = new Map<string, Named & { step: string }>()
  const ways = new Map<string, Named>()
  const of = <One extends Named>(map: Map<string, One>, key: string, make: () => One): Totals => {
    let one = map.get(key)
    if (!one) {
      one = make()
      map.set(key, one)
    }
    return one.totals
  }
  const table = (
    about: Pick<Table, 'id' | 'title'> & { family: 'step' | 'answer' | 'way'; front: Column[]; columns: Column[] },
    rows: Named[],
    total?: Totals,
  ): Table => ({
    id: about.id,
    title: about.title,
    columns: [...about.front, ...about.columns],
    rows: rows.map(({ names, totals }) => [...names, ...metricCells(about.columns, totals)]),
    explain: rows.map((one) => figureQuery({ family: about.family, where: { ...where, ...one.where }, period })),
    ...(total
      ? {
          explainTotal: figureQuery({ family: about.family, where, period }),
          totals: [
            ...about.front.map(() => null),
            // Calls pass many steps: what is not added up has no total.
            ...metricCells(about.columns, total).map((value, at) => (about.columns[at]!.total ? value : null)),
          ],
        }
      : {}),
  })
  const most = (map: Map<string, Named>, id: string) =>
    [...map.values()].sort((a, b) => (b.totals.sums[id] ?? 0) - (a.totals.sums[id] ?? 0)).slice(0, mostRows)
  return {
    whole,
    add(journey: Journey): void {
      addRead(whole, 'journeys', journey)
      for (const visit of visitsOf(journey)) {
        const { node, name } = visit
        const totals = of(steps, stepKey(visit), () => ({
          names: [name],
          where: { node, step: name },
          totals: noTotals(),
        }))
        addRead(totals, 'visits', visit)
        addRead(allSteps, 'visits', visit)
      }
      for (const { node, name, detail } of journey.steps) {
        const key = `${stepKey({ node, name })}\n${detail}`
        if (!detail || (answers.size >= mostAnswers && !answers.has(key))) continue
        const made = () => ({
          ...{ names: [name, detail], step: stepKey({ node, name }), totals: noTotals() },
          where: { node, step: name, answer: detail },
        })
        const { sums } = { sums: of(answers, key, made).sums }
        sums.answer_times = (sums.answer_times ?? 0) + 1
      }
      for (const { from, to } of waysOf(journey))
        addRead(
          of(ways, `${from}\n${to}`, () => ({
            names: [from, to],
            where: { step: from, next: to },
            totals: noTotals(),
          })),
          'passages',
          {},
        )
    },
    steps: () =>
      table(
        { id: 'steps', title: 'Por paso del flujo', family: 'step', front: [text('step', 'Paso')], columns: byStep },
        [...steps.values()].sort(
          (a, b) =>
            (b.totals.sums.step_calls ?? 0) - (a.totals.sums.step_calls ?? 0) ||
            a.names[0]!.localeCompare(b.names[0]!, 'es'),
        ),
        allSteps,
      ),
    answers: () => {
      // Every passing of the step, whatever was answered.
      for (const { step, totals } of answers.values())
        totals.sums.answers = steps.get(step)!.totals.sums.step_times ?? 0
      const front = [text('step', 'Paso'), text('choice', 'Respuesta')]
      return table(
        { id: 'choices', title: 'Qué eligieron o respondieron', family: 'answer', front, columns: byAnswer },
        most(answers, 'answer_times'),
      )
    },
    ways: () => {
      const front = [text('from', 'De'), text('to', 'A')]
      return table(
        { id: 'ways', title: 'De dónde a dónde', family: 'way', front, columns: byWay },
        most(ways, 'way_times'),
      )
    },
  }
}
