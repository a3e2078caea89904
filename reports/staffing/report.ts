import { explainHref, figureQuery } from '../explain/figure.ts'
import { cutPeriod, type Interval, localDay, metricOf, startOfDay } from '../metrics/index.ts'
import type { Context, Report } from '../report.ts'
import { readTotals, together } from '../rollups/index.ts'
import { type CellValue, type Column, csvText, type Table } from '../workbook/index.ts'
import { fit, isWorked, type Special, weekdayOf } from './calls-forecast.ts'
import { agentsNeeded, type Demand, outlookOf } from './outlook.ts'
import { type Known, type Past, readPast, slotAt } from './past.ts'
import { knownPatience } from './patience.ts'
import { agentsThere } from './presence.ts'
import { latestDone } from './simulations/store.ts'
import { simulationTable } from './simulations/table.ts'
import { readRoster, readSettings, readSpecials, type Settings, servingOf } from './store.ts'

const dayMs = 86_400_000
/** Who was at their desks in it is there now. */
const justNowMs = 300_000
const justNow = (now: number): Interval => ({ from: now - justNowMs, to: now })
const column = (id: string, title: string, kind: Column['kind'], more: Partial<Column> = {}): Column => ({
  id,
  title,
  kind,
  ...more,
})
const sum = { total: { kind: 'sum' } } as const
const percent = (value: number | null | undefined) =>
  value === null || value === undefined ? '—' : `${(100 * value).toFixed(1).replace('.', ',')} %`
const finite = (seconds: number): number | null => (Number.isFinite(seconds) ? seconds * 1000 : null)

/** What the half hours of a period ask for and what is planned for them; what more or fewer agents would change. */
export const staffingReport: Report = {
  id: 'staffing',
  kind: 'summary',
  title: { es: 'Dotación', en: 'Staffing' },
  description: {
    es: 'Llamadas esperadas, agentes necesarios y planificados por media hora; qué cambia con más o menos agentes.',
    en: 'Calls expected, agents needed and planned by half hour; what more or fewer agents would change.',
  },
  parameters: ['from', 'to', 'queue'],
  async run(context) {
    const { db, scope, asked, timeZone, now } = context
    const queueId = asked.queueId ?? 0
    const past = await readPast(db, scope, { queueId, timeZone, now })
    const settings = await readSettings(db, scope, queueId)
    const roster = await readRoster(db, scope, queueId)
    const planned = await planOf(context, past, settings, roster)
    const trial = await yesterday(context, past, settings)
    const ifs = await whatIf(context, past, settings, planned.rows)
    const shared = await sharedSkills(context)
    const { error } = past.forecast ?? {}
    const whole = planned.rows.every(({ calls }) => calls !== null)
    const rosterHref = `/reports/staffing/roster${queueId ? `?queue=${queueId}` : ''}`
    const ratio = (label: string, value: number | null | undefined) => ({
      label,
      kind: 'ratio' as const,
      value: value ?? null,
    })
    return {
      ...(planned.note ? { note: planned.note } : {}),
      highlights: [
        { label: 'Llamadas esperadas', kind: 'count', value: whole ? Math.round(planned.calls) : null },
        { label: 'Horas de agente necesarias', kind: 'decimal', value: whole ? planned.hoursNeeded : null },
        {
          label: 'Horas planificadas (editar)',
          kind: 'decimal',
          value: planned.hoursPlanned ?? 0,
          explain: rosterHref,
        },
        ratio(`Nivel con ${ifs.base.toFixed(1).replace('.', ',')} agentes`, ifs.now),
        ratio('Con dos agentes más', ifs.more),
        ratio('Error de este nivel, último día (±)', trial.error),
        ratio(
          `Error del pronóstico${error ? ` (piso: ${percent(error.floorWape)}; repetir la semana: ${percent(error.naiveWape)})` : ''}`,
          error?.wape,
        ),
      ],
      tables: [planned.table, ifs.table, trial.table, ...shared, patienceTable(past), howTable(past, settings)],
      csv: planned.table.id,
      charts: [
        {
          id: 'calls',
          title: 'Llamadas que entraron y esperadas',
          kind: 'line',
          table: 'half_hours',
          category: 'interval',
          series: ['came', 'expected'],
        },
        {
          id: 'agents',
          title: roster ? 'Agentes: necesarios y planificados' : 'Agentes necesarios',
          kind: 'column',
          table: 'half_hours',
          category: 'interval',
          series: roster ? ['people', 'roster'] : ['people'],
        },
        {
          id: 'what_if',
          title: 'Nivel de servicio según cuántos agentes',
          kind: 'column',
          table: 'what_if',
          category: 'agents',
          series: ['level'],
        },
        {
          id: 'patience',
          title: 'Cuántos siguen esperando (Kaplan-Meier)',
          kind: 'line',
          table: 'patience',
          category: 'second',
          series: ['share', 'model'],
        },
      ],
      metrics: ['offered', 'aht', 'sl_all'],
    }
  },
}

export const demandOf = (past: Known, { targetSeconds }: Settings, calls: number): Demand => ({
  calls,
  intervalSeconds: 1800,
  ahtSeconds: past.ahtSeconds,
  targetSeconds,
  patienceSeconds: knownPatience(past.patience),
})

export type Expected = Interval & { calls: number | null }
type Planned = Interval & { calls: number | null; needed: number | null; roster: number | undefined }

/** Of a longer period past days are not foreseen. */
const mostDays = 32
/** Why a day has no calls expected; said above the figures. */
const unforeseen = {
  never: 'Todavía no hay historia para prever llamadas: «Esperadas» y lo que sale de ella quedan sin valor.',
  long: `El período tiene más de ${mostDays} días: de los que ya pasaron, «Esperadas» y lo que sale de ella quedan sin valor.`,
  early: 'De los días en que todavía no había historia, «Esperadas» y lo que sale de ella quedan sin valor.',
}

/**
 * Calls expected in each half hour; of days that are over, as they were expected the evening before. Null: nothing could be foreseen
 * then, or there are so many days that each evening's forecast would take too long: that of now was fitted on those days.
 */
async function expectedOf(
  { db, scope, asked, timeZone, now }: Context,
  past: Past,
): Promise<{ each: Expected[]; note: string | undefined; specials: Map<string, Special> }> {
  const specials = await readSpecials(db, scope, asked.queueId ?? 0)
  const cut = cutPeriod(asked.period, '30m', timeZone)
  const byDay = new Map<string, number[] | null>()
  const today = localDay(now, timeZone)
  const few = asked.period.to - asked.period.from <= mostDays * dayMs
  const each = cut.map((one) => {
    const day = localDay(one.from, timeZone)
    let slots = byDay.get(day)
    if (slots === undefined) {
      const before = day < today ? past.history.filter((known) => few && known.day < day) : undefined
      const usable = before?.some((known) => known.slots)
      const fitted = before ? (usable ? fit(before, past.forecast!.recipe) : undefined) : past.forecast
      slots = fitted?.predict({ day, special: specials.get(day) }) ?? null
      byDay.set(day, slots)
    }
    return { ...one, calls: slots?.[slotAt(one.from, timeZone)] ?? null }
  })
  const why = past.forecast ? (few ? 'early' : 'long') : 'never'
  return { each, note: each.some(({ calls }) => calls === null) ? unforeseen[why] : undefined, specials }
}

const cameHref = ({ asked }: Context, { from, to }: Interval) => {
  const where = asked.queueId ? { subject: asked.queueId } : {}
  return explainHref('offered', figureQuery({ family: 'queue', where, period: { from, to } }))
}

/** As `expectedOf`, for whoever has no past at hand. */
export async function expectedCalls(context: Context) {
  const { db, scope, asked, timeZone, now } = context
  return expectedOf(context, await readPast(db, scope, { queueId: asked.queueId ?? 0, timeZone, now }))
}

async function planOf(context: Context, past: Past, settings: Settings, roster: number[][] | undefined) {
  const { db, scope, asked, timeZone, now } = context
  const { each: expected, note, specials } = await expectedOf(context, past)
  const where = asked.queueId ? { subject: asked.queueId } : {}
  const came = await readTotals(db, scope, { family: 'queue', cut: expected, timeZone, now, bySubject: true, where })
  const rows: Planned[] = []
  const cells: CellValue[][] = []
  let hoursNeeded = 0
  let hoursPlanned = 0
  const needed = new Map<number, number>()
  for (const [index, { from, to, calls }] of expected.entries()) {
    const hours = (to - from) / 3_600_000
    const rounded = calls === null ? null : Math.round(calls * 10) / 10
    // What cannot be foreseen needs nobody knows how many.
    const demand = rounded === null ? undefined : demandOf(past, settings, rounded)
    // The same demand comes back each day.
    const known = demand && (needed.get(demand.calls) ?? agentsNeeded(demand, settings.target))
    if (demand && known !== undefined) needed.set(demand.calls, known)
    const people = known === undefined ? undefined : Math.ceil(known / (1 - settings.shrinkage) - 1e-9)
    const [day, slot] = [localDay(from, timeZone), slotAt(from, timeZone)]
    const there = roster && (isWorked(specials.get(day), slot) ? roster[weekdayOf(day) - 1]?.[slot] : 0)
    hoursNeeded += (people ?? 0) * hours
    hoursPlanned += (there ?? 0) * hours
    rows.push({ from, to, calls, needed: known ?? null, roster: there })
    cells.push([
      from,
      from < now ? (metricOf('offered').of(together(came[index]!.keys, to - from)) ?? 0) : null,
      rounded,
      known ?? null,
      people ?? null,
      there ?? null,
      there === undefined || people === undefined ? null : there - people,
      there === undefined || !demand || rounded === 0 || past.ahtSeconds === 0
        ? null
        : outlookOf(demand, there * (1 - settings.shrinkage)).serviceLevel,
      settings.costHour > 0 && people !== undefined ? people * hours * settings.costHour : null,
      settings.costHour > 0 && there !== undefined ? there * hours * settings.costHour : null,
    ])
  }
  const total = (at: number) =>
    cells.some((row) => row[at] !== null) ? cells.reduce((all, row) => all + Number(row[at] ?? 0), 0) : null
  // Beside a part that is unknown there is no sum.
  const whole = (at: number) => (cells.every((row) => row[at] !== null) ? total(at) : null)
  const full: Table = {
    id: 'half_hours',
    title: 'Por media hora',
    columns: [
      column('interval', 'Media hora', 'interval'),
      column('came', 'Entraron', 'count', sum),
      column('expected', 'Esperadas', 'decimal', sum),
      column('needed', 'En línea', 'count'),
      column('people', 'Necesarios', 'count'),
      column('roster', 'Planificados', 'count'),
      column('gap', 'Diferencia', 'count'),
      column('level', 'Nivel previsto', 'ratio', {
        thresholds: { good: settings.target, warning: settings.target - 0.1 },
      }),
      column('cost_needed', 'Costo necesario ($)', 'decimal', sum),
      column('cost_planned', 'Costo planificado ($)', 'decimal', sum),
    ],
    rows: cells,
    totals: [null, total(1), whole(2), null, null, null, null, null, whole(8), total(9)],
    hrefs: rows.map((one) => [null, cameHref(context, one)]),
    hrefsTotal: [null, cameHref(context, asked.period)],
  }
  // What has not been set up takes no room.
  const empty = new Set([...(roster ? [] : [5, 6, 7, 9]), ...(settings.costHour > 0 ? [] : [8, 9])])
  const without = <Of>(list: readonly Of[]) => list.filter((_, index) => !empty.has(index))
  const table: Table = {
    ...full,
    columns: without(full.columns),
    rows: full.rows.map(without),
    totals: without(full.totals ?? []),
  }
  const calls = rows.reduce((all, one) => all + (one.calls ?? 0), 0)
  return { rows, note, table, calls, hoursNeeded, hoursPlanned: roster ? hoursPlanned : null }
}

/** More or fewer agents than are there now in the running half hour, else in the period's busiest one. */
async function whatIf(context: Context, past: Past, settings: Settings, rows: readonly Planned[]) {
  const { db, scope, asked, timeZone, now } = context
  const running = rows.find((one) => one.from <= now && now < one.to && (one.calls ?? 0) > 0)
  const one =
    running ??
    rows.reduce<Planned | undefined>(
      (most, next) => (!most || (next.calls ?? 0) > (most.calls ?? 0) ? next : most),
      undefined,
    )
  let base = one?.roster ? one.roster * (1 - settings.shrinkage) : (one?.needed ?? 0)
  if (running) {
    const [recent] = await readTotals(db, scope, { family: 'agent', cut: [justNow(now)], timeZone, now })
    const serve = await servingOf(db, scope, asked.queueId)
    const there = agentsThere(recent!.keys, justNowMs, { serve, queueId: asked.queueId })
    if (there >= 0.5) base = there
  }
  const demand = demandOf(past, settings, one?.calls ?? 0)
  const usable = demand.calls > 0 && demand.ahtSeconds > 0
  const with_ = (more: number) => (usable && base + more >= 0 ? outlookOf(demand, base + more) : undefined)
  const table: Table = {
    id: 'what_if',
    title: `Qué pasaría con más o menos agentes${running ? ' (esta media hora)' : ' (la media hora más cargada)'}`,
    columns: [
      column('agents', 'Agentes', 'text'),
      column('level', `Contestadas en ${settings.targetSeconds} s`, 'ratio', {
        thresholds: { good: settings.target, warning: settings.target - 0.1 },
      }),
      column('abandon', 'Cortan', 'ratio'),
      column('asa', 'Espera media', 'duration'),
      column('occupancy', 'Ocupación', 'ratio'),
    ],
    rows: [-2, -1, 0, 1, 2, 3, 4].flatMap((more) => {
      const found = with_(more)
      if (!found) return []
      const name = `${(base + more).toFixed(1).replace('.', ',')}${more === 0 ? (running ? ' (ahora)' : '') : ` (${more > 0 ? '+' : '−'}${Math.abs(more)})`}`
      return [[name, found.serviceLevel, found.pAbandon, finite(found.asaSeconds), found.occupancy]]
    }),
  }
  return { base, table, now: with_(0)?.serviceLevel, more: with_(2)?.serviceLevel }
}

/**
 * What would have been said for the last day with calls on the evening before it, for who was there, beside what was. Nothing of
 * that day is in what it is said from: calls expected, handling and patience are learnt from the days before alone.
 */
export async function yesterday(context: Context, past: Past, settings: Settings) {
  const { db, scope, asked, timeZone, now } = context
  // The last day on which anybody called: after a holiday, yesterday says nothing.
  const last = past.history.findLast((day) => day.calls > 0)?.day ?? localDay(now - dayMs, timeZone)
  const from = startOfDay(last, timeZone)
  const cut = cutPeriod({ from, to: startOfDay(localDay(from + 1.5 * dayMs, timeZone), timeZone) }, '30m', timeZone)
  const known = await past.before(last)
  const special = past.history.find((one) => one.day === last)?.special
  const slots = known.forecast?.predict({ day: last, special })
  const where = asked.queueId ? { subject: asked.queueId } : {}
  const came = await readTotals(db, scope, { family: 'queue', cut, timeZone, now, bySubject: true, where })
  const people = await readTotals(db, scope, { family: 'agent', cut, timeZone, now })
  const serve = await servingOf(db, scope, asked.queueId)
  let off = 0
  let calls = 0
  const rows = cut.flatMap((one, index): CellValue[][] => {
    const totals = together(came[index]!.keys, one.to - one.from)
    const offered = metricOf('offered').of(totals) ?? 0
    const expected = slots?.[slotAt(one.from, timeZone)] ?? 0
    if (offered === 0 || known.ahtSeconds === 0 || expected === 0) return []
    // By the same T as is foreseen, which need not be the queue's own.
    let within = 0
    for (const [second, count] of totals.waits.answered) if (second < settings.targetSeconds) within += count
    const observed = within / offered
    const there = agentsThere(people[index]!.keys, one.to - one.from, { serve, queueId: asked.queueId })
    const { serviceLevel } = outlookOf(demandOf(known, settings, expected), there)
    off += Math.abs(serviceLevel - observed) * offered
    calls += offered
    return [[one.from, offered, expected, there, serviceLevel, observed, serviceLevel - observed]]
  })
  const table: Table = {
    id: 'yesterday',
    title: `Previsto y visto el ${last.split('-').reverse().join('/')}`,
    columns: [
      column('interval', 'Media hora', 'interval'),
      column('came', 'Entraron', 'count', sum),
      column('expected', 'Esperadas', 'decimal', sum),
      column('there', 'Agentes presentes', 'decimal'),
      column('predicted', 'Nivel previsto', 'ratio'),
      column('observed', 'Nivel visto', 'ratio'),
      column('off', 'Diferencia (puntos)', 'ratio'),
    ],
    rows,
    hrefs: rows.map(([at]) => {
      const one = cut.find(({ from }) => from === at) as Interval
      return [null, cameHref(context, one)]
    }),
  }
  return { table, error: calls > 0 ? off / calls : null }
}

/** Where queues share agents no formula holds: what the routing engine last played, if somebody asked for it today. */
async function sharedSkills({ db, scope, asked, timeZone, now }: Context): Promise<Table[]> {
  if (asked.queueId !== undefined || now < asked.period.from || now >= asked.period.to) return []
  const latest = await latestDone(db, scope, startOfDay(localDay(now, timeZone), timeZone))
  const table = latest && simulationTable(latest, csvText(latest.createdAt, 'interval', timeZone))
  return table ? [table] : []
}

function patienceTable({ patience }: Past): Table {
  const { curve, meanSeconds } = patience
  const steps = [0, 5, 10, 20, 30, 45, 60, 90, 120, 180, 240, 300, 420, 600]
  return {
    id: 'patience',
    title: 'Paciencia de quienes llaman',
    columns: [
      column('second', 'Espera', 'text'),
      column('share', 'Siguen esperando (visto)', 'ratio'),
      column('model', 'Según el modelo', 'ratio'),
    ],
    rows: meanSeconds
      ? steps.map((second) => [
          second < 60 ? `${second} s` : `${second / 60} min`.replace('.', ','),
          curve.findLast((one) => one.second < second)?.share ?? 1,
          Math.exp(-second / meanSeconds),
        ])
      : [],
  }
}

function howTable({ forecast, patience, ahtSeconds, history }: Past, settings: Settings): Table {
  const number = (value: number | null | undefined) =>
    value === null || value === undefined ? '—' : value.toFixed(2).replace('.', ',')
  const { error, recipe } = forecast ?? {}
  const known = knownPatience(patience)
  const how =
    recipe === undefined
      ? '—'
      : recipe === 'naive'
        ? 'la semana anterior'
        : ['día y semana', ...(recipe.month ? ['mes'] : []), 'feriados', ...(recipe.trend ? ['tendencia'] : [])].join(
            ', ',
          )
  return {
    id: 'how',
    title: 'Cómo se calculó',
    columns: [column('what', 'Qué', 'text'), column('value', 'Valor', 'text')],
    rows: [
      ['Días de historia', `${history.length}`],
      ['El pronóstico tiene en cuenta', how],
      ['Semanas apartadas para medir el error', error ? `${error.weeks}` : 'todavía no alcanza la historia'],
      [
        'Error por media hora (WAPE); repetir la semana anterior',
        `${percent(error?.wape)}; ${percent(error?.naiveWape)}`,
      ],
      [
        'Error por día (WAPE); repetir la semana anterior',
        `${percent(error?.dayWape)}; ${percent(error?.naiveDayWape)}`,
      ],
      [
        // What even the exact rate would be off by: calls come by chance.
        'Piso de esos errores, por media hora y por día (Poisson)',
        `${percent(error?.floorWape)}; ${percent(error?.floorDayWape)}`,
      ],
      ['MASE; repetir la semana anterior', `${number(error?.mase)}; ${number(error?.naiveMase)}`],
      ['Tiempo medio de operación, cuatro semanas', `${Math.round(ahtSeconds)} s`],
      [
        'Paciencia media',
        patience.meanSeconds
          ? `${Math.round(patience.meanSeconds)} s (${patience.abandoned} cortaron, ${patience.censored} no)`
          : '—',
      ],
      ['Fórmula', known ? 'Erlang A (con paciencia)' : 'Erlang C (pocos cortaron para saber su paciencia)'],
      ['Objetivo', `${percent(settings.target)} en ${settings.targetSeconds} s, sobre ofrecidas`],
      ['Reductores (pausas, capacitación, ausencias)', percent(settings.shrinkage)],
      ['Costo de la hora', settings.costHour > 0 ? `$ ${number(settings.costHour)}` : 'sin cargar'],
    ],
  }
}
