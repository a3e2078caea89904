import type { AgentState } from '../facts.ts'
import type { Unreachable } from '../types.ts'
import { type Agent, type Core, type Offer, setTimer } from './core.ts'
import { countSignedIn, setPooled } from './pools.ts'

type Detail = Partial<
  Pick<Agent, 'breakReasonId' | 'unavailable' | 'restingUntil' | 'wrapUpUntil' | 'interactionId' | 'queueId'>
> & {
  /** Keeps this place among the free ones (default: a new one, the last). */
  idleSince?: number
}

/** Moves an agent to a state; what the new state does not carry is cleared. Pools, counts and timer follow. */
export function setState(core: Core, agent: Agent, state: AgentState, detail: Detail = {}): void {
  setPooled(core, agent, false)
  if ((agent.state === 'offline') !== (state === 'offline')) countSignedIn(core, agent, state === 'offline' ? -1 : 1)
  if (agent.state !== state) agent.since = core.now
  agent.state = state
  agent.breakReasonId = detail.breakReasonId
  agent.unavailable = detail.unavailable
  agent.restingUntil = detail.restingUntil
  agent.wrapUpUntil = detail.wrapUpUntil
  agent.interactionId = detail.interactionId
  agent.queueId = detail.queueId
  if (state === 'available') agent.idleSince = detail.idleSince ?? core.now
  const at = agent.wrapUpUntil ?? agent.restingUntil
  setTimer(core, agent, at, () => {
    if (agent.state === 'wrap_up') endWrapUp(core, agent)
    else if (agent.state === 'available') rested(core, agent)
  })
  pool(core, agent)
  core.changed.add(agent)
}

/** Among the free ones: available, rested and within reach. */
function pool(core: Core, agent: Agent): void {
  const free = agent.state === 'available' && agent.restingUntil === undefined && agent.unreachable === undefined
  setPooled(core, agent, free)
}

/** Takes an agent out of reach or back. The state stays as it is; a ring under way comes to its own end. */
export function setReachable(core: Core, agent: Agent, unreachable: Unreachable | undefined): void {
  if (!core.rules.requireReachable || agent.unreachable === unreachable) return
  agent.unreachable = unreachable
  pool(core, agent)
  core.changed.add(agent)
}

function rested(core: Core, agent: Agent): void {
  agent.restingUntil = undefined
  setTimer(core, agent, undefined, () => {})
  pool(core, agent)
  core.changed.add(agent)
}

/** Work is over: to what was asked for meanwhile, else back among the free ones. */
export function settleAgent(core: Core, agent: Agent, detail: Detail = {}): void {
  const { next, nextReasonId } = agent
  agent.next = undefined
  agent.nextReasonId = undefined
  if (agent.removed || next === 'offline') setState(core, agent, 'offline')
  else if (next === 'break') setState(core, agent, 'break', { breakReasonId: nextReasonId })
  else setState(core, agent, 'available', detail)
  if (agent.removed) core.agents.delete(agent.settings.id)
}

/** Ends the work after a call; the time it took counts as handling in its queue. */
export function endWrapUp(core: Core, agent: Agent): void {
  if (agent.state !== 'wrap_up') return
  noteHandled(core, agent)
  core.out.push({ kind: 'wrap_up_ended', agentId: agent.settings.id })
  settleAgent(core, agent)
}

/** Remembers how long the contact now ending took, for the estimates. */
export function noteHandled(core: Core, agent: Agent): void {
  const queue = agent.queueId === undefined ? undefined : core.queues.get(agent.queueId)
  if (queue && agent.talkSince !== undefined) {
    queue.handled.push(core.now - agent.talkSince)
    if (queue.handled.length > core.rules.estimateSamples) queue.handled.shift()
  }
  agent.talkSince = undefined
}

/** What an offer that came to nothing leaves the agent in. */
export function afterOffer(
  core: Core,
  offer: Offer,
  outcome: 'no_answer' | 'refused' | 'failed' | 'caller_gone',
): void {
  const { agent } = offer
  const { rules } = core
  agent.offer = undefined
  if (outcome === 'caller_gone') {
    settleAgent(core, agent, { idleSince: agent.idleSince })
    return
  }
  if (outcome !== 'refused' && core.suspended.size === 0) agent.misses++
  if (outcome !== 'refused' && agent.misses >= rules.missesBeforeBreak && agent.next === undefined && !agent.removed) {
    agent.misses = 0
    setState(core, agent, 'break', { breakReasonId: rules.missedReasonId, unavailable: outcome })
    return
  }
  const rest = rules.restMs[outcome]
  settleAgent(core, agent, rest > 0 ? { restingUntil: core.now + rest } : {})
}
