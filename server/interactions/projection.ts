import type { Knex } from '../database/index.ts'
import type { Fact } from './facts.ts'

/**
 * Writes what a fact means into the tables that metrics and screens read. Called once per fact, in the order in which they
 * happened, inside the transaction that stores the fact itself.
 */
export async function project(trx: Knex, fact: Fact): Promise<void> {
  const { agencyId: agency_id, interactionId: interaction_id, at } = fact
  const interaction = (values: object) => trx('interactions').where({ id: interaction_id, agency_id }).update(values)
  switch (fact.kind) {
    case 'interaction.created':
      await trx('interactions')
        .insert({
          id: interaction_id,
          agency_id,
          channel: fact.channel,
          direction: fact.direction,
          citizen_id: fact.citizenId ?? null,
          from_address: fact.from.slice(0, 120),
          to_address: fact.to.slice(0, 120),
          created_at: at,
          switch_node: fact.switchNode?.slice(0, 60) ?? null,
          gateway: fact.gateway?.slice(0, 60) ?? null,
        })
        .onConflict('id')
        .ignore()
      return
    case 'interaction.answered':
      await interaction({ answered_at: at })
      return
    case 'interaction.identified':
      await interaction({ citizen_id: fact.citizenId })
      return
    case 'interaction.topic':
      await interaction({ topic_id: fact.topicId })
      return
    case 'interaction.rejected':
      await interaction({ rejected_reason: fact.reason })
      return
    case 'interaction.contained':
      await interaction({ contained: true })
      return
    case 'interaction.survey':
      await interaction({ survey_score: fact.score })
      return
    case 'interaction.alarm':
      await interaction({ alarm: true })
      return
    case 'interaction.note':
      await trx('interaction_notes').insert({
        id: fact.id,
        agency_id,
        interaction_id,
        user_id: fact.userId ?? null,
        at,
        body: fact.text,
      })
      return
    case 'interaction.ended':
      await interaction({ ended_at: at, hangup_cause: fact.cause.slice(0, 60), hangup_side: fact.side })
      return
    case 'interaction.step':
      return // the fact itself is the record
    case 'stay.began':
      await trx('queue_stays').insert({
        id: fact.stayId,
        agency_id,
        interaction_id,
        queue_id: fact.queueId,
        enqueued_at: at,
        priority: fact.priority,
        target_seconds: fact.targetSeconds,
        target_percent: fact.targetPercent,
        short_abandon_seconds: fact.shortAbandonSeconds,
      })
      return
    case 'stay.left':
      // One outcome only: the first stands.
      await trx('queue_stays')
        .where({ id: fact.stayId, agency_id })
        .whereNull('outcome')
        .update({
          left_at: at,
          outcome: fact.outcome,
          overflow_reason: fact.reason ?? null,
          agent_id: fact.agentId ?? null,
        })
      return
    case 'offer.made':
      await trx('offers').insert({
        id: fact.offerId,
        agency_id,
        interaction_id,
        stay_id: fact.stayId,
        queue_id: fact.queueId,
        agent_id: fact.agentId,
        offered_at: at,
      })
      return
    case 'offer.ended':
      await trx('offers')
        .where({ id: fact.offerId, agency_id })
        .whereNull('outcome')
        .update({ ended_at: at, outcome: fact.outcome })
      return
    case 'talk.began':
      await trx('talk_segments').insert({
        id: fact.talkId,
        agency_id,
        interaction_id,
        stay_id: fact.stayId ?? null,
        queue_id: fact.queueId ?? null,
        agent_id: fact.agentId,
        answered_at: at,
      })
      return
    case 'talk.hold':
      await trx('talk_segments')
        .where({ id: fact.talkId, agency_id })
        .update({ hold_ms: trx.raw('hold_ms + ?', [fact.holdMs]), holds: trx.raw('holds + 1') })
      return
    case 'talk.ended':
      await trx('talk_segments').where({ id: fact.talkId, agency_id }).whereNull('ended_at').update({ ended_at: at })
      return
    case 'wrap_up.began':
      await trx('wrap_ups').insert({
        id: fact.wrapUpId,
        agency_id,
        interaction_id,
        talk_id: fact.talkId,
        queue_id: fact.queueId ?? null,
        agent_id: fact.agentId,
        began_at: at,
      })
      return
    case 'wrap_up.ended': {
      const result = { disposition_id: fact.dispositionId ?? null, topic_id: fact.topicId ?? null }
      await trx('wrap_ups')
        .where({ id: fact.wrapUpId, agency_id })
        .update({ ended_at: at, ...result })
      if (fact.dispositionId) await interaction({ disposition_id: fact.dispositionId })
      if (fact.topicId) await interaction({ topic_id: fact.topicId })
      return
    }
    case 'recording.expected':
      await trx('recordings').insert({
        id: fact.recordingId,
        agency_id,
        interaction_id,
        agent_id: fact.agentId ?? null,
        queue_id: fact.queueId ?? null,
        kind: fact.recordingKind,
        path: fact.path,
        state: 'expected',
        started_at: at,
      })
      return
    case 'recording.closed':
      await trx('recordings')
        .where({ id: fact.recordingId, agency_id })
        .update({
          state: fact.state,
          closed_at: at,
          duration_ms: fact.durationMs ?? null,
          bytes: fact.bytes ?? null,
          sha256: fact.sha256 ?? null,
        })
      return
    case 'agent.state':
      await trx('agent_states')
        .where({ agent_id: fact.agentId, agency_id })
        .whereNull('ended_at')
        .update({ ended_at: at })
      if (fact.state === 'offline') return
      await trx('agent_states').insert({
        id: fact.id,
        agency_id,
        agent_id: fact.agentId,
        state: fact.state,
        break_reason_id: fact.breakReasonId ?? null,
        began_at: at,
      })
      return
  }
}
