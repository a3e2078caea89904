import { filePath, legId } from '../../../freeswitch/esl/index.ts'
import type { Hand } from './hand.ts'
import { bookMask } from './recording.ts'
import { talkOf } from './talks.ts'
import { RoutingError } from './types.ts'

/**
 * Silence in the recording while the agent asks for sensitive data; the file keeps its timing. Repeating is harmless.
 * @throws RoutingError `routing.no_call`, `routing.not_recorded`; SwitchError
 */
export async function mask(hand: Hand, agentId: number, masked: boolean): Promise<void> {
  const talk = talkOf(hand, agentId)
  if (talk.lostSince !== undefined && hand.records(talk)) {
    // Nothing is recorded until the phone is back; then it counts.
    talk.masked = masked
    hand.emit('masked', { agentId, talkId: talk.talkId, masked })
    return
  }
  if (!talk.recording) throw new RoutingError('routing.not_recorded', 'The call is not being recorded')
  if ((talk.masked ?? false) === masked) return
  const { agentLeg, talkId } = talk
  // The mark first: a platform that comes after us must not take an open mask for an unmasked talk.
  if (masked) await hand.setVariable(agentLeg, 'vera_masked', 'true')
  await hand.client.api(`uuid_record ${legId(agentLeg)} ${masked ? 'mask' : 'unmask'} ${filePath(talk.recording.path)}`)
  if (!masked) await hand.setVariable(agentLeg, 'vera_masked', '')
  if (hand.talks.get(agentId) !== talk || (talk.masked ?? false) === masked) return
  bookMask(hand, talk, masked)
  hand.emit('masked', { agentId, talkId, masked })
}
