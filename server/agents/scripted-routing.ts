// For tests and previews: routing whose agents do what they are told, without a switch.
import type { AgentNow, AgentWork, Connected, Offered, RoutingEvents, RoutingNow, WorkItem } from '../routing/index.ts'
import { RoutingError } from '../routing/index.ts'
import type { Consult, DeskPorts, TransferTarget, VoiceVerbs } from './ports.ts'

export type ScriptedRouting = DeskPorts['routing'] & {
  agents: VoiceVerbs
  /** What was asked of it, in order: `answer 7`. */
  asked: string[]
  set(agent: Partial<AgentNow> & { id: number }, work?: Omit<AgentWork, 'now'>): void
  offer(offered: Offered): void
  connect(connected: Connected): void
  end(agentId: number, wrapUpUntil: number): void
  waiting: WorkItem[]
}

export function scriptedRouting(now: () => number): ScriptedRouting {
  const agents = new Map<number, AgentWork>()
  const listeners: { [Name in keyof RoutingEvents]?: Set<(...args: RoutingEvents[Name]) => void> } = {}
  const asked: string[] = []
  const waiting: WorkItem[] = []
  const emit = <Name extends keyof RoutingEvents>(name: Name, ...args: RoutingEvents[Name]) => {
    for (const listener of listeners[name] ?? []) listener(...args)
  }
  const snapshot = (): RoutingNow => ({ at: now(), agents: [...agents.values()].map((work) => work.now), waiting })
  const set: ScriptedRouting['set'] = (agent, work = {}) => {
    const before = agents.get(agent.id)?.now ?? { id: agent.id, state: 'offline', since: now(), idleSince: now() }
    const next: AgentNow = { ...before, ...agent }
    if (agent.since === undefined && next.state !== before.state) next.since = now()
    agents.set(agent.id, { now: next, ...work })
    emit('agent', next)
    emit('changed', snapshot())
  }
  const need = (agentId: number, part: 'offered' | 'connected' | 'wrapUp', code: string) => {
    const found = agents.get(agentId)?.[part]
    if (!found) throw new RoutingError(code, code)
    return found
  }
  const talking = (id: number) => need(id, 'connected', 'routing.no_call') as Connected & { consult?: Consult }
  const change = (id: number, part: object) => set({ id }, { connected: { ...talking(id), ...part } })
  const nameOf = (to: TransferTarget) => (to.to === 'number' ? to.number : `${to.to} ${Object.values(to)[1]}`)
  const needConsult = (id: number) => {
    const { consult } = talking(id)
    if (!consult) throw new RoutingError('routing.no_consult', 'There is no second call')
    return consult
  }
  return {
    asked,
    waiting,
    set,
    now: snapshot,
    offer(offered) {
      set({ id: offered.agentId, state: 'offered', queueId: offered.queueId }, { offered })
      emit('offered', offered)
    },
    connect(connected) {
      set({ id: connected.agentId, state: 'talking', queueId: connected.queueId }, { connected })
      emit('connected', connected)
    },
    end(agentId, until) {
      const { talkId, interactionId } = need(agentId, 'connected', 'routing.no_call') as Connected
      emit('ended', { agentId, interactionId, talkId, wrapUpUntil: until })
      set(
        { id: agentId, state: 'wrap_up', interactionId, wrapUpUntil: until },
        { wrapUp: { interactionId, talkId, until } },
      )
    },
    on(name, listener) {
      listeners[name] ??= new Set() as never
      listeners[name]?.add(listener)
      return () => listeners[name]?.delete(listener)
    },
    agents: {
      signIn: (id) => set({ id, state: 'break' }),
      signOut: (id) => set({ id, state: 'offline' }),
      ready: (id) => set({ id, state: 'available', breakReasonId: undefined, unavailable: undefined }),
      takeBreak(id, breakReasonId) {
        const work = agents.get(id)
        if (work?.connected) set({ id, next: 'break' }, { connected: work.connected })
        else set({ id, state: 'break', breakReasonId })
      },
      async answer(id) {
        const { offerId, ...offered } = need(id, 'offered', 'routing.no_offer') as Offered
        asked.push(`answer ${id}`)
        const connected: Connected = { ...offered, talkId: offerId, since: now() }
        set({ id, state: 'talking' }, { connected })
        emit('connected', connected)
      },
      refuse(id) {
        const { interactionId } = need(id, 'offered', 'routing.no_offer') as Offered
        asked.push(`refuse ${id}`)
        emit('ended', { agentId: id, interactionId, outcome: 'refused' })
        set({ id, state: 'available' })
      },
      async hold(id) {
        const connected = need(id, 'connected', 'routing.no_call') as Connected
        asked.push(`hold ${id}`)
        set({ id }, { connected: { ...connected, heldSince: now() } })
      },
      async unhold(id) {
        const connected = need(id, 'connected', 'routing.no_call') as Connected
        asked.push(`unhold ${id}`)
        set({ id }, { connected: { ...connected, heldSince: undefined } })
      },
      hangUp(id) {
        need(id, 'connected', 'routing.no_call')
        asked.push(`hangup ${id}`)
      },
      async transferBlind(id, to) {
        talking(id)
        asked.push(`transfer ${id} ${JSON.stringify(to)}`)
      },
      async consult(id, to) {
        asked.push(`consult ${id} ${JSON.stringify(to)}`)
        change(id, { heldSince: now(), consult: { to, name: nameOf(to), state: 'talking' } })
      },
      async completeConsult(id) {
        needConsult(id)
        asked.push(`complete ${id}`)
      },
      async cancelConsult(id) {
        needConsult(id)
        asked.push(`cancel ${id}`)
        change(id, { heldSince: undefined, consult: undefined })
      },
      async conference(id) {
        const consult = needConsult(id)
        asked.push(`conference ${id}`)
        change(id, { heldSince: undefined, consult: { ...consult, state: 'conference' } })
      },
      async mask(id, masked) {
        asked.push(`mask ${id} ${masked}`)
        change(id, { masked })
      },
      async dtmf(id, keys) {
        talking(id)
        asked.push(`dtmf ${id} ${keys}`)
      },
      setReachable(id, reachable, why) {
        set({ id, ...{ unreachable: reachable ? undefined : (why ?? 'phone') } })
      },
      async reattach(id) {
        asked.push(`reattach ${id}`)
      },
      finishWrapUp(id, result) {
        need(id, 'wrapUp', 'routing.no_wrap_up')
        asked.push(`finish ${id} ${JSON.stringify(result)}`)
        set({ id, state: 'available' })
      },
      extendWrapUp(id, ms) {
        need(id, 'wrapUp', 'routing.no_wrap_up')
        asked.push(`extend ${id} ${ms}`)
      },
      work: (id) => agents.get(id),
    },
    calls: {
      enqueue: () => Promise.reject(new Error('not scripted')),
      requestCallback: () => {
        throw new Error('not scripted')
      },
      move: () => Promise.reject(new Error('not scripted')),
      async transferToQueue(id, { queueId }) {
        need(id, 'connected', 'routing.no_call')
        asked.push(`transfer ${id} ${queueId}`)
        return { stayId: 'stay' }
      },
    },
  }
}
