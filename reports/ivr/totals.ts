import type { Database, Scope } from '../../server/database/index.ts'
import type { Where } from '../explain/figure.ts'
import { addTotals, type Interval, noTotals, type Totals } from '../metrics/index.ts'
import { type KeyedTotals, readFamilies, readFlowLabel } from '../rollups/index.ts'

/** Families of flows: told one by one by their sources, and rolled up. */
export const flowFamilies = ['journey', 'step', 'answer', 'way'] as const
export type FlowFamily = (typeof flowFamilies)[number]
export const isFlowFamily = (family: string): family is FlowFamily => flowFamilies.some((one) => one === family)

/** What all facts of a family of flows add up to, so narrowed, as the report tells it. */
export async function flowTotals(
  db: Database,
  scope: Scope,
  asked: { family: FlowFamily; where: Where; period: Interval; timeZone: string; now: number },
): Promise<Totals> {
  const { family, where, period, timeZone, now } = asked
  const { topicId, label: channel, node, step, answer, next } = where
  const families: FlowFamily[] = family === 'answer' ? ['answer', 'step'] : [family]
  const read = await readFamilies(
    ...([db, scope, families, { cut: [period], timeZone, now, waits: false }] as const),
    topicId ? { subject: topicId } : {},
  )
  const sum = (keys: readonly KeyedTotals[], texts: (string | undefined)[]) => {
    const totals = noTotals()
    for (const one of keys) {
      const said = family === 'journey' ? { channel: one.label, texts: [] } : readFlowLabel(one.label)
      if (channel && said.channel !== channel) continue
      if (step === undefined || texts.every((text, at) => said.texts[at] === text)) addTotals(totals, one.totals)
    }
    return totals
  }
  const [found] = read[family]
  const totals = sum(
    found?.keys ?? [],
    { journey: [], step: [node, step], answer: [node, step, answer], way: [step, next] }[family],
  )
  // Every passing of the step, whatever was chosen there.
  if (family === 'answer') totals.sums.answers = sum(read.step[0]?.keys ?? [], [node, step]).sums.step_times ?? 0
  return totals
}
