// The books of supervisions: who is on whose talk, in what way, since when.
import type { Hand } from './hand.ts'
import type { ConsultEnd, Supervision, SupervisionNow, Talk } from './types.ts'

/** Over, however it came. Its leg is taken down. */
export function finish(hand: Hand, supervision: Supervision, why?: ConsultEnd): void {
  if (!hand.supervisions.delete(supervision.supervisionId)) return
  hand.kill(supervision.leg, supervision.state === 'on' ? 'NORMAL_CLEARING' : 'ORIGINATOR_CANCEL')
  if (supervision.state === 'on') unbook(hand, supervision)
  tell(hand, supervision, 'ended', supervision.state === 'on' ? undefined : why)
}

/** The talk is over, and with it whoever listened. */
export function endSupervisions(hand: Hand, talk: Talk): void {
  for (const supervision of [...hand.supervisions.values()])
    if (supervision.talk === talk) finish(hand, supervision, 'caller_gone')
}

export function book(hand: Hand, supervision: Supervision): void {
  const { supervisionId, supervisorId, mode, talk, leg } = supervision
  const { agencyId, interactionId, agentId, talkId } = talk
  hand.fact(agencyId, interactionId, { kind: 'supervision.began', supervisionId, supervisorId, agentId, talkId, mode })
  hand.background(`marking ${leg}`, () => hand.setVariable(leg, 'vera_mode', mode))
  tell(hand, supervision, 'on')
}

export function unbook(hand: Hand, { supervisionId, talk }: Supervision): void {
  hand.fact(talk.agencyId, talk.interactionId, { kind: 'supervision.ended', supervisionId })
}

/** As screens show it. */
export function nowOf(hand: Hand, supervision: Supervision, state: SupervisionNow['state']): SupervisionNow {
  const { supervisionId, supervisorId, mode, talk } = supervision
  const { agentId, agencyId, interactionId, talkId } = talk
  return { supervisionId, supervisorId, agentId, agencyId, interactionId, talkId, mode, state, at: hand.now() }
}

export function tell(hand: Hand, supervision: Supervision, state: SupervisionNow['state'], why?: ConsultEnd): void {
  const now = nowOf(hand, supervision, state)
  hand.emit('supervision', why === undefined ? now : { ...now, why })
}
