import type { OfferOutcome } from '../facts.ts'
import { type Agent, byRank, type Core, type Item, type Offer, setTimer } from './core.ts'
import { armItem, exitItem, refusal, schedule } from './line.ts'
import { bestAgent, bestItem, setInLine } from './pools.ts'
import { afterOffer, setState } from './presence.ts'

/** Reserves agent and item for each other. Both leave the pools at once, so neither can be offered twice. */
function makeOffer(core: Core, agent: Agent, item: Item, restored?: string): Offer {
  const offer: Offer = { id: restored ?? core.rules.newId(), agent, item }
  core.offers.set(offer.id, offer)
  setInLine(core, item, false)
  item.offer = offer
  item.work.state = 'offered'
  setTimer(core, item, undefined, () => {})
  setState(core, agent, 'offered', { interactionId: item.work.interactionId, queueId: item.work.queueId })
  agent.offer = offer
  const { ringMs } = item.queue.settings
  setTimer(core, offer, core.now + ringMs + core.rules.offerGraceMs, () => {
    core.out.push({ kind: 'cancel', offerId: offer.id, stayId: item.work.stayId, agentId: agent.settings.id })
    endOffer(core, offer, 'no_answer')
  })
  if (!restored)
    core.out.push({
      kind: 'offer',
      offerId: offer.id,
      stayId: item.work.stayId,
      agentId: agent.settings.id,
      queueId: item.work.queueId,
      ringMs,
    })
  return offer
}

/** An agent's leg that already rang when we started: reserve the pair again, if both are still free for it. */
export function restoreOffer(core: Core, agent: Agent, item: Item, offerId: string): void {
  if (item.offer || agent.offer || agent.settings.agencyId !== item.work.agencyId) return
  if (agent.state !== 'available' && agent.state !== 'offered') return
  makeOffer(core, agent, item, offerId)
}

function forgetOffer(core: Core, offer: Offer, outcome: OfferOutcome): void {
  core.offers.delete(offer.id)
  setTimer(core, offer, undefined, () => {})
  offer.item.offer = undefined
  const { stayId } = offer.item.work
  core.out.push({ kind: 'offer_ended', offerId: offer.id, stayId, agentId: offer.agent.settings.id, outcome })
}

/** The agent answered: the item leaves the queue and the agent talks. */
export function acceptOffer(core: Core, offer: Offer): void {
  const { agent, item } = offer
  forgetOffer(core, offer, 'accepted')
  agent.offer = undefined
  agent.misses = 0
  agent.talkSince = core.now
  setState(core, agent, 'talking', { interactionId: item.work.interactionId, queueId: item.work.queueId })
  exitItem(core, item, { exit: 'answered', agentId: agent.settings.id })
}

/** The offer came to nothing: the agent goes where the outcome says, the item back to its place unless it is leaving. */
export function endOffer(core: Core, offer: Offer, outcome: Exclude<OfferOutcome, 'accepted'>, leaving = false): void {
  if (core.offers.get(offer.id) !== offer) return
  forgetOffer(core, offer, outcome)
  afterOffer(core, offer, outcome)
  if (!leaving) returnToLine(core, offer.item)
}

/** Withdraws a running offer because its item leaves. */
export function withdraw(core: Core, item: Item): void {
  const { offer } = item
  if (!offer) return
  core.out.push({ kind: 'cancel', offerId: offer.id, stayId: item.work.stayId, agentId: offer.agent.settings.id })
  endOffer(core, offer, 'caller_gone', true)
}

/** Puts an item that is inside (back) into the line, or out when its time is up or its queue refuses it now. */
export function returnToLine(core: Core, item: Item): void {
  item.work.state = 'waiting'
  const suspended = core.suspended.has(item.work.channel)
  if (!suspended) {
    schedule(core, item)
    const refused = refusal(item.queue, item.work.callback === true)
    if (refused) {
      exitItem(core, item, refused)
      return
    }
    if (item.expireAt !== undefined && item.expireAt <= core.now) {
      exitItem(core, item, { exit: 'overflowed', reason: 'timeout' })
      return
    }
  }
  setInLine(core, item, !suspended)
  armItem(core, item, (due) => itemDue(core, due))
}

/** Whatever of widening, overflow by time and messages has come due for a waiting item. */
export function itemDue(core: Core, item: Item): void {
  if (!item.inLine) return
  const { now } = core
  if (item.expireAt !== undefined && item.expireAt <= now) {
    exitItem(core, item, { exit: 'overflowed', reason: 'timeout' })
    return
  }
  const speaks = item.announceAt !== undefined && item.announceAt <= now
  schedule(core, item)
  if (speaks) announce(core, item)
  armItem(core, item, (due) => itemDue(core, due))
}

/** Messages in their order; the position, where the queue tells it, opens each round. */
function announce(core: Core, item: Item): void {
  const { settings, line } = item.queue
  const messages = item.messages ?? settings.messages.length
  const round = messages + (settings.announcePosition ? 1 : 0)
  const turn = item.announced++ % round
  const { stayId } = item.work
  if (!settings.announcePosition) core.out.push({ kind: 'announce', stayId, what: { message: turn } })
  else if (turn > 0) core.out.push({ kind: 'announce', stayId, what: { message: turn - 1 } })
  else core.out.push({ kind: 'announce', stayId, what: { position: line.indexOf(item) + 1 } })
}

/**
 * Matches until no free agent and waiting item fit each other. Only agents newly free and items newly wanting can have made
 * a pair possible, so only they are looked at. Each time the item first in rank goes to the agent longest without work.
 */
export function match(core: Core): void {
  while (core.seekers.size > 0 || core.wanting.size > 0) {
    let first: Item | undefined
    for (const agent of core.seekers) {
      const item = bestItem(agent)
      if (!item) core.seekers.delete(agent)
      else if (!first || byRank(item, first) < 0) first = item
    }
    for (const item of core.wanting) {
      if (first && byRank(item, first) >= 0) continue
      if (bestAgent(item)) first = item
      else core.wanting.delete(item)
    }
    if (!first) return
    const agent = bestAgent(first)
    if (!agent) throw new Error('routing: an item was found for an agent that cannot be found for it')
    makeOffer(core, agent, first)
  }
}
