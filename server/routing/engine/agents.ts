import type { Agent, Core } from './core.ts'
import type { EngineEvent } from './events.ts'
import { endWrapUp, noteHandled, setState } from './presence.ts'

const busy = (agent: Agent) => agent.state === 'offered' || agent.state === 'talking' || agent.state === 'wrap_up'

/** Signs in: always on break-less "available", with a clean sheet of misses. */
export function signIn(core: Core, agent: Agent): void {
  if (agent.state !== 'offline') {
    if (agent.next === 'offline') cancelNext(core, agent)
    return
  }
  agent.misses = 0
  setState(core, agent, 'available')
}

function cancelNext(core: Core, agent: Agent): void {
  agent.next = undefined
  agent.nextReasonId = undefined
  core.changed.add(agent)
}

export function signOut(core: Core, agent: Agent): void {
  if (busy(agent)) {
    agent.next = 'offline'
    agent.nextReasonId = undefined
    core.changed.add(agent)
  } else if (agent.state !== 'offline') setState(core, agent, 'offline')
}

/** Back from a break; while busy it takes back a break or sign-out asked for. */
export function ready(core: Core, agent: Agent): void {
  if (busy(agent)) cancelNext(core, agent)
  else if (agent.state === 'break') {
    agent.misses = 0
    setState(core, agent, 'available')
  }
}

export function takeBreak(core: Core, agent: Agent, reasonId: number | undefined): void {
  if (agent.state === 'offline') return
  if (busy(agent)) {
    agent.next = 'break'
    agent.nextReasonId = reasonId
    core.changed.add(agent)
  } else setState(core, agent, 'break', { breakReasonId: reasonId })
}

/** Taken for a contact that is not offered by the engine; who is not free stays as is. */
export function engage(
  core: Core,
  agent: Agent,
  { interactionId, queueId }: { interactionId: string; queueId: number },
): void {
  if (agent.state !== 'available' || agent.removed) return
  setState(core, agent, 'talking', { interactionId, queueId })
  agent.talkSince = core.now
}

/** The contact is over: to the work after it, for at most the queue's time. */
export function callEnded(core: Core, agent: Agent, wrapUp: boolean): void {
  if (agent.state !== 'talking') return
  const { interactionId, queueId } = agent
  const wrapUpMs = queueId === undefined ? 0 : (core.queues.get(queueId)?.settings.wrapUpMs ?? 0)
  if (!wrapUp || wrapUpMs <= 0) {
    if (wrapUp) noteHandled(core, agent)
    agent.talkSince = undefined
    // Through wrap-up's own door, so that `next` is honoured in one place.
    setState(core, agent, 'wrap_up', { interactionId, queueId })
    endSilently(core, agent)
    return
  }
  const until = core.now + wrapUpMs
  setState(core, agent, 'wrap_up', { interactionId, queueId, wrapUpUntil: until })
  core.out.push({ kind: 'wrap_up_began', agentId: agent.settings.id, until, interactionId, queueId })
}

function endSilently(core: Core, agent: Agent): void {
  const before = core.out.length
  endWrapUp(core, agent)
  core.out.splice(before, core.out.length - before)
}

export function extendWrapUp(core: Core, agent: Agent, ms: number): void {
  if (agent.state !== 'wrap_up' || agent.wrapUpUntil === undefined || !(ms > 0)) return
  const { interactionId, queueId, wrapUpUntil } = agent
  setState(core, agent, 'wrap_up', { interactionId, queueId, wrapUpUntil: wrapUpUntil + ms })
}

/** After a restart: puts an agent where the channels or the last known state say. Only from offline. */
export function restoreAgent(
  core: Core,
  agent: Agent,
  seen: Extract<EngineEvent, { kind: 'restore_agent' }>['agent'],
): void {
  const { state, since, idleSince, breakReasonId, interactionId, queueId, wrapUpUntil, next, unavailable } = seen
  if (agent.offer || (agent.state === 'talking' && state !== 'talking')) return
  // An offer that was under way is restored apart; until then the agent is free.
  const now = state === 'offered' ? 'available' : state
  if (now === 'wrap_up' && (wrapUpUntil === undefined || wrapUpUntil <= core.now)) setState(core, agent, 'available')
  else setState(core, agent, now, { breakReasonId, interactionId, queueId, wrapUpUntil, unavailable, idleSince })
  if (agent.state === now) agent.since = since
  agent.next = next
  if (now === 'talking') agent.talkSince = since
}
