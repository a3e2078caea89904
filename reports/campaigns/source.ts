import type { Source } from '../explain/source.ts'
import { type Facts, type PlanFact, plannedBy, sliceWhole, type Totals, tally } from '../metrics/index.ts'
import { readCampaignFacts, readPlans } from './store.ts'

/** Facts of one campaign, or of all, with their plans. */
export const campaignSource: Source = async function* (db, scope, { where, period, now }) {
  const facts = await readCampaignFacts(db, scope, period.to, where.subject || undefined)
  const slice = sliceWhole(facts, period, now)
  for (const fact of slice.attempts)
    yield {
      kind: 'attempts',
      fact,
      told: {
        at: fact.beganAt,
        ...(fact.interactionId ? { interactionId: fact.interactionId } : {}),
        ...(fact.agentId ? { agentId: fact.agentId } : {}),
        why: `attempt_${fact.answeredBy ?? 'not_answered'}`,
      },
    }
  for (const fact of slice.recordEvents)
    yield {
      kind: 'recordEvents',
      fact,
      told: { at: fact.at, why: `record_${fact.what === 'closed' && fact.success ? 'succeeded' : fact.what}` },
    }
  for (const fact of slice.campaignSpans)
    yield {
      kind: 'campaignSpans',
      fact,
      told: {
        at: fact.from,
        ms: fact.to - fact.from,
        ...(fact.agentId ? { agentId: fact.agentId } : {}),
        why: 'campaign_span',
      },
    }
  for (const [id, { name, ...plan }] of await readPlans(db, scope)) {
    if (where.subject && where.subject !== id) continue
    const closed = tally(sliceWhole(ofCampaign(facts, id), period, now))
    const fact = planFact(plan, closed, Math.min(now, period.to))
    yield { kind: 'plans', fact, told: { at: plan.from, title: name, why: 'plan' } }
  }
}

export const ofCampaign = ({ attempts = [], records = [], campaignSpans = [], ...rest }: Facts, id: number): Facts => ({
  ...rest,
  attempts: attempts.filter((one) => one.campaignId === id),
  records: records.filter((one) => one.campaignId === id),
  campaignSpans: campaignSpans.filter((one) => one.campaignId === id),
})

/** A plan beside what was closed of its list (`life`: totals since the list began) at an instant. */
export const planFact = (plan: Parameters<typeof plannedBy>[0], life: Totals, at: number): PlanFact => ({
  records: plan.records,
  due: plannedBy(plan, at),
  closed: life.sums.records_completed ?? 0,
})
