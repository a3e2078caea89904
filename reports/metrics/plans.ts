import { counted, type Metric, metric } from './metric.ts'

/** What a campaign promised: so many records closed between two instants, UTC ms. */
export type Plan = { from: number; to: number; records: number }

/** Records that should be closed by then if the work goes evenly through the plan. */
export function plannedBy({ from, to, records }: Plan, at: number): number {
  if (at >= to) return records
  return at <= from ? 0 : (records * (at - from)) / (to - from)
}

/** A campaign's plan as it stood at some instant: promised in all, promised by then, and closed by then. */
export type PlanFact = { records: number; due: number; closed: number }

export const planMeasures = {
  plan_records: (one: PlanFact) => one.records,
  plan_due: (one: PlanFact) => one.due,
  plan_closed: (one: PlanFact) => one.closed,
}

export const plans: readonly Metric[] = [
  counted(
    'plan_records',
    ['Plan', 'Plan'],
    ['Registros que la campaña se propuso completar.', 'Records that the campaign set out to complete.'],
  ),
  metric(
    'plan_due',
    'decimal',
    ['Según el plan a esa fecha', 'Due by then'],
    [
      'Registros que deberían estar completos si el trabajo avanza parejo entre el comienzo y el fin del plan.',
      'Records that should be complete if the work goes evenly from the beginning of the plan to its end.',
    ],
    { kind: 'sum', of: ['plan_due'] },
  ),
  metric(
    'plan_progress',
    'ratio',
    ['Avance sobre el plan a esa fecha', 'Progress against plan'],
    ['Completados con plan ÷ según el plan a esa fecha.', 'Completed with a plan ÷ due by then.'],
    { kind: 'quotient', over: ['plan_closed'], under: ['plan_due'] },
  ),
  counted(
    'plan_closed',
    ['Completados con plan', 'Completed with a plan'],
    ['Registros completos de las campañas que tienen un plan.', 'Records completed of campaigns that have a plan.'],
  ),
]
