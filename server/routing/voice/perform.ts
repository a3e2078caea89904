// The engine's commands made deeds: facts at once, the switch in the background.
import { randomUUID } from 'node:crypto'
import { filePath, legId } from '../../../freeswitch/esl/index.ts'
import type { Command } from '../engine/events.ts'
import type { StayOutcome } from '../facts.ts'
import type { QueueExit } from '../types.ts'
import { holdCallback } from './callbacks.ts'
import type { Hand } from './hand.ts'
import { ring } from './offers.ts'
import type { Caller } from './types.ts'

type Of<Kind extends Command['kind']> = Extract<Command, { kind: Kind }>

/** What the flow reads in `vera_exit`: `answered`, `timeout`, `full`, `no_agents`, `diverted`, `callback`, `key:<k>`. */
export function exitText(exit: QueueExit): string {
  if (exit.exit === 'overflowed') return exit.reason
  return exit.exit === 'key' ? `key:${exit.key}` : exit.exit
}

export function perform(hand: Hand, command: Command): void {
  switch (command.kind) {
    case 'offer':
      ring(hand, command)
      break
    case 'cancel': {
      const cancelled = hand.rings.get(command.offerId)
      cancelled?.stopTimer()
      hand.kill(command.offerId, 'ORIGINATOR_CANCEL')
      break
    }
    case 'offer_ended':
      offerEnded(hand, command)
      break
    case 'exit':
      exit(hand, command)
      break
    case 'announce':
      announce(hand, command)
      break
    case 'agent':
      agentChanged(hand, command)
      break
    case 'wrap_up_began':
      wrapUpBegan(hand, command)
      break
    case 'wrap_up_ended':
      wrapUpEnded(hand, command)
      break
  }
}

function offerEnded(hand: Hand, { offerId, stayId, agentId, outcome }: Of<'offer_ended'>): void {
  const ended = hand.rings.get(offerId)
  ended?.stopTimer()
  hand.rings.delete(offerId)
  const caller = ended?.caller ?? hand.callers.get(stayId)
  if (!caller) return
  hand.fact(caller.agencyId, caller.interactionId, { kind: 'offer.ended', offerId, outcome })
  if (outcome !== 'accepted') hand.emit('ended', { agentId, interactionId: caller.interactionId, outcome })
}

const outcomes: Record<QueueExit['exit'], StayOutcome> = {
  answered: 'answered',
  abandoned: 'abandoned',
  overflowed: 'overflowed',
  callback: 'callback',
  key: 'overflowed',
}

function exit(hand: Hand, { item, exit }: Of<'exit'>): void {
  const caller = hand.callers.get(item.stayId)
  if (!caller) return
  const { agencyId, interactionId, queueId, factStayId } = caller
  hand.forgetCaller(caller)
  if (!caller.callback) {
    const reason = exit.exit === 'overflowed' ? exit.reason : exit.exit === 'key' ? 'diverted' : undefined
    const agentId = exit.exit === 'answered' ? exit.agentId : undefined
    const outcome = outcomes[exit.exit]
    hand.fact(agencyId, interactionId, {
      kind: 'stay.left',
      stayId: factStayId,
      outcome,
      ...(reason && { reason }),
      ...(agentId && { agentId }),
    })
    if (exit.exit === 'callback') holdCallback(hand, caller, item)
    if (caller.moving) return
    hand.emit('left', { stayId: factStayId, interactionId, agencyId, queueId, exit })
    if (exit.exit !== 'answered' && exit.exit !== 'abandoned' && !caller.sentOn) sendBack(hand, caller, exitText(exit))
  }
}

/** Sends a waiting leg on in its flow, with the exit for the flow to read. */
export function sendBack(hand: Hand, caller: Caller, exit: string): void {
  const { leg } = caller
  if (!leg) return
  hand.background(`sending ${leg} back`, async () => {
    await hand.setVariable(leg, 'vera_exit', exit)
    await hand.client.api(`uuid_transfer ${legId(leg)} vera_resume XML vera`)
  })
}

function announce(hand: Hand, { stayId, what }: Of<'announce'>): void {
  const caller = hand.callers.get(stayId)
  if (!caller?.leg) return
  const { leg } = caller
  const messages = caller.messages ?? hand.queue(caller.queueId)?.messages ?? []
  const positionText = hand.options.positionText ?? ((position: number) => `Su lugar en la fila es el ${position}.`)
  const text = 'message' in what ? messages[what.message] : positionText(what.position)
  if (text === undefined) return
  hand.background(`message to ${leg}`, async () => {
    const path = filePath(await hand.options.promptFile(text))
    // Prompts may take a while to be made: nobody who is talking by now is to hear it.
    const ringing = [...hand.rings.values()].some((ring) => ring.caller === caller && ring.answering)
    if (hand.callers.get(stayId) === caller && !ringing)
      await hand.client.api(`uuid_broadcast ${legId(leg)} ${path} aleg`)
  })
}

function agentChanged(hand: Hand, { agent, was, agencyId }: Of<'agent'>): void {
  if (agent.state !== was) {
    const reason = agent.breakReasonId === undefined ? {} : { breakReasonId: agent.breakReasonId }
    hand.fact(agencyId, '', { kind: 'agent.state', agentId: agent.id, state: agent.state, ...reason })
  }
  hand.emit('agent', agent)
}

function wrapUpBegan(hand: Hand, { agentId, until, queueId }: Of<'wrap_up_began'>): void {
  const talk = hand.lastTalks.get(agentId)
  if (!talk) return
  const { talkId, interactionId, agencyId } = talk
  const wrapUpId = randomUUID()
  hand.wrapUps.set(agentId, { wrapUpId, talkId, interactionId, agencyId, until })
  hand.fact(agencyId, interactionId, { kind: 'wrap_up.began', wrapUpId, talkId, agentId, queueId })
}

function wrapUpEnded(hand: Hand, { agentId }: Of<'wrap_up_ended'>): void {
  const wrapUp = hand.wrapUps.get(agentId)
  if (!wrapUp) return
  hand.wrapUps.delete(agentId)
  const { wrapUpId, agencyId, interactionId, dispositionId, topicId } = wrapUp
  hand.fact(agencyId, interactionId, { kind: 'wrap_up.ended', wrapUpId, dispositionId, topicId })
}
