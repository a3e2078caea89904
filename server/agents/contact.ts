import type { Scope } from '../database/index.ts'
import type { Choice, CitizenCard, Consult, DeskPorts, PastContact, VoiceDetail } from './ports.ts'

/** What the agent has chosen and written so far. */
export type Draft = { note?: string; topicId?: number; dispositionId?: number }

/** Who calls and what is known of it; read once for each contact. */
export type About = {
  from?: string
  citizen?: CitizenCard
  /** When several people share the number. */
  candidates: CitizenCard[]
  steps: { at: number; name: string; detail?: string }[]
  notes: { at: number; author?: string; text: string }[]
  history: PastContact[]
  tickets: { id: number; number: number; subject: string; state: string; at: number }[]
  /** The database did not answer: the call can be taken all the same. */
  failed?: boolean
}

export type Contact = {
  phase: 'offered' | 'talking' | 'wrap_up'
  interactionId: string
  queueId?: number
  queue?: string
  from: string
  callback: boolean
  ringsUntil?: number
  since?: number
  heldSince?: number
  wrapUpUntil?: number
  consult?: Consult
  /** The recording is silent since then. */
  maskedSince?: number
  as?: VoiceDetail['as']
  /** Name of the colleague who asks. */
  by?: string
  lost?: boolean
  /** What became of the last consultation; `at` UTC ms. */
  consultEnded?: { name: string; why: string; at: number }
  about: About
  draft: Draft
  topics: Choice[]
  otherTopics: Choice[]
  dispositions: Choice[]
  offices: Choice[]
  articles: { id: number; title: string; body: string }[]
}

/** The card, the history and what was pressed, all at once: the desk has 300 ms from the offer. */
export async function loadContact(
  { citizens, interactions, tickets }: DeskPorts,
  scope: Scope,
  call: { interactionId: string; from: string; citizenId?: number },
): Promise<About> {
  const { interactionId, from } = call
  const [steps, notes, known, byPhone] = await Promise.all([
    interactions.steps(scope, interactionId),
    interactions.notes(scope, interactionId),
    call.citizenId ?? interactions.citizenOf(scope, interactionId),
    from === '' ? [] : citizens.byPhone(scope, from),
  ])
  const named = known === undefined ? undefined : await citizens.byId(scope, known)
  const citizen = named ?? (byPhone.length === 1 ? byPhone[0] : undefined)
  const [history, open] = citizen
    ? await Promise.all([interactions.history(scope, citizen.id, 8), tickets.ofCitizen(scope, citizen.id, 6)])
    : [[], []]
  return {
    from,
    citizen,
    candidates: citizen ? [] : byPhone,
    steps,
    notes,
    history: history.filter(({ id }) => id !== interactionId),
    tickets: open,
  }
}
