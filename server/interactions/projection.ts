// What each fact means for the tables that metrics and screens read. Runs inside the transaction that stores the fact, so
// that both happen or neither. First wins where something ends: one outcome only (metrics.md).
import type { Knex } from 'knex'
import type { Fact } from './facts.ts'
import { guessedCauses } from './once.ts'

/** The fact itself is wrong: writing it again cannot help. */
export class FactFault extends Error {
  constructor(text: string) {
    super(text)
    this.name = 'FactFault'
  }
}

/** Fits into a column; what does not fit is cut, since a caller's name must not lose a call. */
const clip = (text: string | undefined, length: number): string | null =>
  text === undefined || text === null ? null : [...String(text).toWellFormed()].slice(0, length).join('')

type Kind = Fact['kind']
type Apply<K extends Kind> = (trx: Knex, fact: Extract<Fact, { kind: K }>) => Promise<unknown>

const interaction = (trx: Knex, fact: Fact) => trx('interactions').where({ id: fact.interactionId })
const own = (fact: Fact) => ({ agency_id: fact.agencyId, interaction_id: fact.interactionId })

const attempt = (trx: Knex, fact: { attemptId: string; agencyId: number }) =>
  trx('dial_attempts').where({ id: fact.attemptId, agency_id: fact.agencyId })

/** A citizen merged in the meantime: the card that stayed. */
async function remaining(trx: Knex, citizenId: number | undefined): Promise<number | null> {
  let id = citizenId ?? null
  for (let step = 0; id !== null && step < 20; step++) {
    const row = await trx('citizens').where({ id }).first('merged_into')
    if (!row?.merged_into) return id
    id = Number(row.merged_into)
  }
  return id
}

/** Kept as a fact alone: no table has a column for it. */
const asTold = async () => undefined

const projections: { [K in Kind]: Apply<K> } = {
  'interaction.created': async (trx, fact) =>
    trx('interactions')
      .insert({
        id: fact.interactionId,
        agency_id: fact.agencyId,
        channel: fact.channel,
        direction: fact.direction,
        citizen_id: await remaining(trx, fact.citizenId),
        from_address: clip(fact.from ?? '', 120),
        to_address: clip(fact.to ?? '', 120),
        created_at: fact.at,
        switch_node: clip(fact.switchNode, 60),
        gateway: clip(fact.gateway, 60),
      })
      .onConflict('id')
      .ignore(),
  'interaction.answered': (trx, fact) =>
    interaction(trx, fact).whereNull('answered_at').update({ answered_at: fact.at }),
  'interaction.identified': async (trx, fact) =>
    interaction(trx, fact).update({ citizen_id: await remaining(trx, fact.citizenId) }),
  'interaction.topic': (trx, fact) => interaction(trx, fact).update({ topic_id: fact.topicId }),
  'interaction.step': asTold,
  'recording.masked': asTold,
  'talk.transferred': asTold,
  'talk.joined': asTold,
  'line.dialled': (trx, fact) =>
    trx('dialled_legs')
      .insert({
        id: fact.legId,
        ...own(fact),
        gateway: clip(fact.gateway, 60),
        dialled_at: fact.at,
        answered_at: fact.answeredAt ?? null,
        ended_at: fact.endedAt,
      })
      .onConflict('id')
      .ignore(),
  'supervision.began': asTold,
  'supervision.ended': asTold,
  'interaction.rejected': (trx, fact) =>
    interaction(trx, fact).whereNull('rejected_reason').update({ rejected_reason: fact.reason }),
  'interaction.contained': (trx, fact) => interaction(trx, fact).update({ contained: true }),
  'interaction.survey': (trx, fact) => interaction(trx, fact).update({ survey_score: fact.score }),
  'interaction.note': (trx, fact) =>
    trx('interaction_notes').insert({
      id: fact.id,
      ...own(fact),
      user_id: fact.userId ?? null,
      at: fact.at,
      body: fact.text.toWellFormed(),
    }),
  'interaction.alarm': (trx, fact) => interaction(trx, fact).update({ alarm: true }),
  'interaction.ended': (trx, fact) =>
    interaction(trx, fact)
      .where((open) => {
        open.whereNull('ended_at')
        // The end of a leg lost from sight was a guess; the switch's record knows.
        if (fact.source === 'cdr') open.orWhereIn('hangup_cause', guessedCauses)
      })
      .update({ ended_at: fact.at, hangup_cause: clip(fact.cause, 60), hangup_side: clip(fact.side, 10) }),
  'stay.began': (trx, fact) =>
    trx('queue_stays')
      .insert({
        id: fact.stayId,
        ...own(fact),
        queue_id: fact.queueId,
        enqueued_at: fact.at,
        priority: fact.priority,
        target_seconds: fact.targetSeconds,
        target_percent: fact.targetPercent,
        short_abandon_seconds: fact.shortAbandonSeconds,
      })
      .onConflict('id')
      .ignore(),
  'stay.left': async (trx, fact) => {
    await trx('queue_stays')
      .where({ id: fact.stayId })
      .whereNull('left_at')
      .update({
        left_at: fact.at,
        outcome: fact.outcome,
        overflow_reason: fact.reason ?? null,
        agent_id: fact.agentId ?? null,
      })
    // Refused at the queue's door is a rejected interaction: it is counted there, once.
    if (fact.outcome === 'rejected')
      await interaction(trx, fact).whereNull('rejected_reason').update({ rejected_reason: 'busy' })
  },
  'offer.made': (trx, fact) =>
    trx('offers')
      .insert({
        id: fact.offerId,
        ...own(fact),
        stay_id: fact.stayId,
        queue_id: fact.queueId,
        agent_id: fact.agentId,
        offered_at: fact.at,
      })
      .onConflict('id')
      .ignore(),
  'offer.ended': (trx, fact) =>
    trx('offers')
      .where({ id: fact.offerId })
      .whereNull('ended_at')
      .update({ ended_at: fact.at, outcome: fact.outcome }),
  'talk.began': (trx, fact) =>
    trx('talk_segments')
      .insert({
        id: fact.talkId,
        ...own(fact),
        stay_id: fact.stayId ?? null,
        queue_id: fact.queueId ?? null,
        agent_id: fact.agentId,
        answered_at: fact.at,
      })
      .onConflict('id')
      .ignore(),
  'talk.hold': (trx, fact) =>
    trx('talk_segments')
      .where({ id: fact.talkId })
      .update({ hold_ms: trx.raw('hold_ms + ?', [fact.holdMs]), holds: trx.raw('holds + 1') }),
  'talk.ended': (trx, fact) =>
    trx('talk_segments').where({ id: fact.talkId }).whereNull('ended_at').update({ ended_at: fact.at }),
  'wrap_up.began': (trx, fact) =>
    trx('wrap_ups')
      .insert({
        id: fact.wrapUpId,
        ...own(fact),
        talk_id: fact.talkId,
        queue_id: fact.queueId ?? null,
        agent_id: fact.agentId,
        began_at: fact.at,
      })
      .onConflict('id')
      .ignore(),
  'wrap_up.ended': async (trx, fact) => {
    const said = {
      ...(fact.dispositionId === undefined ? {} : { disposition_id: fact.dispositionId }),
      ...(fact.topicId === undefined ? {} : { topic_id: fact.topicId }),
    }
    await trx('wrap_ups')
      .where({ id: fact.wrapUpId })
      .whereNull('ended_at')
      .update({ ended_at: fact.at, ...said })
    if (Object.keys(said).length > 0) await interaction(trx, fact).update(said)
  },
  'recording.expected': (trx, fact) =>
    trx('recordings')
      .insert({
        id: fact.recordingId,
        ...own(fact),
        agent_id: fact.agentId ?? null,
        queue_id: fact.queueId ?? null,
        kind: fact.recordingKind,
        path: fact.path,
        state: 'expected',
        started_at: fact.at,
      })
      .onConflict('id')
      .ignore(),
  'recording.closed': (trx, fact) =>
    trx('recordings')
      .where({ id: fact.recordingId })
      .whereNull('closed_at')
      .update({
        state: fact.state,
        closed_at: fact.at,
        duration_ms: fact.durationMs ?? null,
        bytes: fact.bytes ?? null,
        sha256: fact.sha256 ?? null,
      }),
  'campaign.planned': (trx, fact) =>
    trx('campaigns')
      .where({ id: fact.campaignId, agency_id: fact.agencyId })
      .update({ plan_from: fact.from, plan_to: fact.to, plan_records: fact.records }),
  'campaign.record_loaded': (trx, fact) =>
    trx('campaign_records')
      .insert({ id: fact.recordId, agency_id: fact.agencyId, campaign_id: fact.campaignId, loaded_at: fact.at })
      .onConflict('id')
      .ignore(),
  'campaign.record_closed': (trx, fact) =>
    trx('campaign_records')
      .where({ id: fact.recordId, agency_id: fact.agencyId })
      .whereNull('closed_at')
      .update({ closed_at: fact.at, success: fact.success, disposition_id: fact.dispositionId ?? null }),
  'campaign.agent_joined': (trx, fact) =>
    trx('campaign_agents')
      .insert({
        id: fact.spanId,
        agency_id: fact.agencyId,
        campaign_id: fact.campaignId,
        agent_id: fact.agentId,
        joined_at: fact.at,
      })
      .onConflict('id')
      .ignore(),
  'campaign.agent_left': (trx, fact) =>
    trx('campaign_agents')
      .where({ id: fact.spanId, agency_id: fact.agencyId })
      .whereNull('left_at')
      .update({ left_at: fact.at }),
  'attempt.began': async (trx, fact) => {
    await trx('dial_attempts')
      .insert({
        id: fact.attemptId,
        ...own(fact),
        campaign_id: fact.campaignId,
        record_id: fact.recordId,
        began_at: fact.at,
      })
      .onConflict('id')
      .ignore()
    // Told out of order, the earliest attempt stays the first.
    await trx('campaign_records')
      .where({ id: fact.recordId, agency_id: fact.agencyId })
      .where((later) => later.whereNull('first_attempt_at').orWhere('first_attempt_at', '>', fact.at))
      .update({ first_attempt_at: fact.at })
  },
  'attempt.answered': (trx, fact) =>
    attempt(trx, fact).whereNull('answered_at').update({ answered_at: fact.at, answered_by: fact.by }),
  'attempt.connected': (trx, fact) =>
    attempt(trx, fact).whereNull('connected_at').update({ connected_at: fact.at, agent_id: fact.agentId }),
  'attempt.ended': (trx, fact) =>
    attempt(trx, fact).whereNull('ended_at').update({ ended_at: fact.at, outcome: fact.outcome }),
  'agent.state': async (trx, fact) => {
    // Never backwards, even if the clock of the machine was set back in between.
    await trx('agent_states')
      .where({ agent_id: fact.agentId })
      .whereNull('ended_at')
      .update({ ended_at: trx.raw('case when began_at > ? then began_at else ? end', [fact.at, fact.at]) })
    await trx('agent_states').insert({
      id: fact.id,
      agency_id: fact.agencyId,
      agent_id: fact.agentId,
      state: fact.state,
      break_reason_id: fact.breakReasonId ?? null,
      began_at: fact.at,
    })
  },
}

/** Applies one fact to its tables. @throws FactFault when its kind is not known */
export async function project(trx: Knex, fact: Fact): Promise<void> {
  const apply = Object.hasOwn(projections, fact.kind) ? (projections[fact.kind] as Apply<Kind>) : undefined
  if (!apply) throw new FactFault(`unknown kind of fact: ${String(fact.kind).slice(0, 60)}`)
  await apply(trx, fact as never)
  if (fact.source === 'cdr' && fact.interactionId) await interaction(trx, fact).update({ filled: true })
}
