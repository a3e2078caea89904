import { localDay, startOfDay } from '../metrics/index.ts'
import type { Context, Report } from '../report.ts'
import { csvText, type Table } from '../workbook/index.ts'
import { percent } from './cells.ts'
import { howTable, patienceTable } from './how.ts'
import { readPast } from './past.ts'
import { planOf } from './plan.ts'
import { latestDone } from './simulations/store.ts'
import { simulationTable } from './simulations/table.ts'
import { readRoster, readSettings } from './store.ts'
import { yesterday } from './trial.ts'
import { whatIf } from './what-if.ts'

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

/** Where queues share agents no formula holds: what the routing engine last played, if somebody asked for it today. */
async function sharedSkills({ db, scope, asked, timeZone, now }: Context): Promise<Table[]> {
  if (asked.queueId !== undefined || now < asked.period.from || now >= asked.period.to) return []
  const latest = await latestDone(db, scope, startOfDay(localDay(now, timeZone), timeZone))
  const table = latest && simulationTable(latest, csvText(latest.createdAt, 'interval', timeZone))
  return table ? [table] : []
}
