// A supervisor on an agent's talk: hears both, speaks to the agent alone or to both, or takes the agent's place.
import { randomUUID } from 'node:crypto'
import { legId, originateVariables, safeDialString } from '../../../freeswitch/esl/index.ts'
import type { SwitchError } from '../../../freeswitch/esl/types.ts'
import type { SupervisionMode } from '../facts.ts'
import { causeIn } from './causes.ts'
import type { Hand } from './hand.ts'
import { joinCitizen, keepAfterBridge } from './joining.ts'
import { callerOf, endOf } from './parties.ts'
import { book, finish, tell, unbook } from './supervisions.ts'
import { addTalk, alone, beginTalk, endTalk, talkOf } from './talks.ts'
import { RoutingError, type Supervision } from './types.ts'

const RING_MS = 20_000

/** Keys of the switch's `eavesdrop`: to nobody, to the leg that is listened to, to both sides. */
const keys: Record<Exclude<SupervisionMode, 'take_over'>, string> = { listen: '0', whisper: '2', join: '3' }

export type SupervisionRequest = {
  supervisorId: number
  /** Dial string of the supervisor's phone. */
  supervisorDial: string
  agentId: number
  mode: SupervisionMode
}

/**
 * Rings the supervisor's phone and, once it answers, puts it on the agent's talk. Resolves when it rings; the rest is told by
 * the event `supervision`. @throws RoutingError `routing.no_call`, `routing.supervised_already`; SwitchError `switch.unsafe`
 */
export function begin(hand: Hand, request: SupervisionRequest): { supervisionId: string } {
  const { supervisorId, supervisorDial, agentId, mode } = request
  const talk = talkOf(hand, agentId)
  if (talk.since === undefined || talk.lostSince !== undefined)
    throw new RoutingError('routing.no_call', 'The agent is not in a call')
  for (const other of hand.supervisions.values())
    if (other.supervisorId === supervisorId)
      throw new RoutingError('routing.supervised_already', 'The supervisor is on a call already')
  if (hand.talks.has(supervisorId)) throw new RoutingError('routing.supervised_already', 'The supervisor is in a call')
  const dial = safeDialString(supervisorDial)
  const supervisionId = randomUUID()
  const supervision: Supervision = { supervisionId, supervisorId, leg: supervisionId, talk, mode, state: 'ringing' }
  hand.supervisions.set(supervisionId, supervision)
  tell(hand, supervision, 'ringing')
  hand.background(`supervision ${supervisionId}`, () => ring(hand, supervision, dial))
  return { supervisionId }
}

async function ring(hand: Hand, supervision: Supervision, dial: string): Promise<void> {
  const { leg, supervisionId, supervisorId, talk, mode } = supervision
  const variables = originateVariables({
    origination_uuid: leg,
    vera_supervision: supervisionId,
    vera_supervisor: supervisorId,
    vera_caller: talk.agentLeg,
    vera_interaction: talk.interactionId,
    vera_agency: talk.agencyId,
    vera_mode: mode,
    originate_timeout: RING_MS / 1000,
    ignore_early_media: true,
    // A browser or desk phone that knows how takes it by itself: the supervisor asked for it.
    sip_auto_answer: true,
    eavesdrop_enable_dtmf: true,
    RECORD_STEREO: true,
    origination_caller_id_name: 'Supervision',
  })
  let cause: string | undefined
  try {
    const command = `originate ${variables}${dial} &eavesdrop(${legId(talk.agentLeg)})`
    const said = await hand.client.bgapi(command, RING_MS + 10_000)
    if (!said.startsWith('+OK')) cause = causeIn(said)
  } catch (error) {
    if ((error as SwitchError).code === 'switch.down') return
    cause = causeIn((error as Error).message)
  }
  if (hand.supervisions.get(supervisionId) !== supervision) return
  if (cause !== undefined) {
    finish(hand, supervision, endOf(cause))
    return
  }
  supervision.state = 'on'
  if (mode === 'take_over') {
    await takeOver(hand, supervision, false)
    return
  }
  book(hand, supervision)
  if (mode !== 'listen') await press(hand, supervision, mode)
}

const press = (hand: Hand, { leg }: Supervision, mode: Exclude<SupervisionMode, 'take_over'>) =>
  hand.client.api(`uuid_recv_dtmf ${legId(leg)} ${keys[mode]}`)

function find(hand: Hand, supervisionId: string): Supervision {
  const supervision = hand.supervisions.get(supervisionId)
  if (!supervision) throw new RoutingError('routing.no_supervision', 'The supervision is over')
  return supervision
}

/** Another way of being there. @throws RoutingError `routing.no_supervision`, `routing.in_consult`, `routing.still_ringing`; SwitchError */
export async function change(hand: Hand, supervisionId: string, mode: SupervisionMode): Promise<void> {
  const supervision = find(hand, supervisionId)
  if (supervision.state === 'ringing') throw new RoutingError('routing.still_ringing', 'The phone still rings')
  if (supervision.mode === mode) return
  if (mode === 'take_over') {
    alone(supervision.talk)
    await takeOver(hand, supervision, true)
    return
  }
  await press(hand, supervision, mode)
  noteMode(hand, supervision, mode)
}

/** The mode as it is now, by our order or by a key of the supervisor's phone: one fact for each stretch of time. */
function noteMode(hand: Hand, supervision: Supervision, mode: SupervisionMode): void {
  if (supervision.mode === mode) return
  unbook(hand, supervision)
  supervision.mode = mode
  book(hand, supervision)
}

/** A key on the supervisor's own phone changes the mode too: `eavesdrop` obeys it. */
export function supervisorKey(hand: Hand, supervision: Supervision, key: string): void {
  const pressed = Object.entries(keys).find(([, one]) => one === key)?.[0]
  if (pressed && supervision.state === 'on') noteMode(hand, supervision, pressed as SupervisionMode)
}

/** The supervisor takes the agent's place: a talk of the supervisor's own; the agent goes on to the work after the call. */
async function takeOver(hand: Hand, supervision: Supervision, booked: boolean): Promise<void> {
  const { talk, leg, supervisorId, supervisionId } = supervision
  await keepAfterBridge(hand, talk.agentLeg)
  await joinCitizen(hand, talk, leg)
  if (hand.talks.get(talk.agentId) !== talk) return
  const caller = callerOf(talk)
  hand.supervisions.delete(supervisionId)
  if (booked) unbook(hand, supervision)
  supervision.mode = 'take_over'
  book(hand, supervision)
  unbook(hand, supervision)
  tell(hand, supervision, 'ended')
  endTalk(hand, talk)
  hand.kill(talk.agentLeg, 'NORMAL_CLEARING', 1)
  // From here on a talk like any other, found as such after a restart.
  const marks = { vera_supervision: '', vera_offer: leg, vera_agent: supervisorId, vera_caller: talk.callerLeg }
  hand.background(`marking ${leg}`, async () => {
    for (const [name, value] of Object.entries({ ...marks, vera_stay: talk.stayId, vera_queue: talk.queueId }))
      await hand.setVariable(leg, name, String(value))
    await hand.setVariable(leg, 'vera_record', String(hand.queue(talk.queueId)?.record ?? false))
  })
  beginTalk(hand, addTalk(hand, leg, supervisorId, caller, talk.callerLeg))
}

/** Lets the supervisor's phone go. @throws RoutingError `routing.no_supervision` */
export function end(hand: Hand, supervisionId: string): void {
  finish(hand, find(hand, supervisionId), 'cancelled')
}
