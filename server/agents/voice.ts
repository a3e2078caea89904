// What an agent can do with a call beside holding it: pass it on, consult, hold a conference, hide what is said, dial keys.
import { AppError } from '../http/types.ts'
import { RoutingError } from '../routing/index.ts'
import type { Agent } from './desk.ts'
import type { DeskPorts, TransferTarget, VoiceVerbs } from './ports.ts'

export type Targets = {
  agents: { id: number; name: string; state: string; extension?: string }[]
  queues: { id: number; name: string; waiting: number }[]
  offices: { id: number; name: string; number?: string }[]
}

/** What of it this switch can do, for the desk's buttons. */
export type Verbs = { transfer: boolean; consult: boolean; mask: boolean; dtmf: boolean }

export type DeskVoice = {
  verbs: Verbs
  /** Whom a call can be passed to. Colleagues that can be reached come first. */
  targets(agent: Agent): Promise<Targets>
  /** @throws AppError `agent.unknown_target`, `agent.wrong_number`; RoutingError; SwitchError */
  transfer(agent: Agent, to: TransferTarget): Promise<void>
  consult(agent: Agent, to: TransferTarget): Promise<void>
  completeConsult(agent: Agent): Promise<void>
  cancelConsult(agent: Agent): Promise<void>
  conference(agent: Agent): Promise<void>
  /** Silence in the recording from now on, or no longer. */
  mask(agent: Agent, masked: boolean): Promise<void>
  /** Since when the present recording is masked, UTC ms. */
  maskedSince(agentId: number): number | undefined
  dtmf(agent: Agent, keys: string): Promise<void>
}

export function createVoice(ports: DeskPorts, now: () => number): DeskVoice {
  const { routing, lists } = ports
  const { agents } = routing
  const masked = new Map<number, { talkId: string; since: number }>()

  function verb<Name extends keyof VoiceVerbs>(name: Name): VoiceVerbs[Name] {
    const found = agents[name]
    if (!found) throw new RoutingError('routing.not_possible', `This switch has no ${name}`)
    return found as VoiceVerbs[Name]
  }

  /** A target as it was asked for, if it is one of the agent's agency. */
  async function known(agent: Agent, to: TransferTarget): Promise<TransferTarget> {
    const { scope } = agent
    const has = (list: { id: number }[], id: number) => list.some((one) => one.id === id)
    if (to.to === 'number') {
      const number = to.number.replace(/[ ().-]/g, '')
      if (!/^\+?[0-9*#]{2,20}$/.test(number)) throw new AppError('agent.wrong_number', 400)
      return { to: 'number', number }
    }
    if (to.to === 'queue' && has(await lists.queues(scope), to.queueId)) return to
    if (to.to === 'back_office') {
      const office = (await lists.backOffices(scope)).find(({ id }) => id === to.backOfficeId)
      if (office)
        return { to: 'back_office', backOfficeId: office.id, ...(office.number ? { number: office.number } : {}) }
    }
    if (to.to === 'agent' && to.agentId !== agent.id && has(await lists.agents(scope), to.agentId)) return to
    throw new AppError('agent.unknown_target', 404)
  }

  return {
    verbs: {
      transfer: agents.transferBlind !== undefined,
      consult: agents.consult !== undefined,
      mask: agents.mask !== undefined,
      dtmf: agents.dtmf !== undefined,
    },
    async targets(agent) {
      const { scope } = agent
      const [people, queues, offices] = await Promise.all([
        lists.agents(scope),
        lists.queues(scope),
        lists.backOffices(scope),
      ])
      const { agents: states, waiting } = routing.now()
      const stateOf = new Map(states.map(({ id, state }) => [id, state as string]))
      const rank = ['available', 'wrap_up', 'break', 'offered', 'talking', 'offline']
      return {
        agents: people
          .filter(({ id }) => id !== agent.id)
          .map((one) => ({ ...one, state: stateOf.get(one.id) ?? 'offline' }))
          .sort((a, b) => rank.indexOf(a.state) - rank.indexOf(b.state) || a.name.localeCompare(b.name, 'es')),
        queues: queues.map(({ id, name }) => ({
          id,
          name,
          waiting: waiting.filter(({ queueId }) => queueId === id).length,
        })),
        offices,
      }
    },
    async transfer(agent, to) {
      const target = await known(agent, to)
      if (agents.transferBlind) await agents.transferBlind(agent.id, target)
      else if (target.to === 'queue') await routing.calls.transferToQueue(agent.id, { queueId: target.queueId })
      else verb('transferBlind')
    },
    async consult(agent, to) {
      await verb('consult')(agent.id, await known(agent, to))
    },
    async completeConsult(agent) {
      await verb('completeConsult')(agent.id)
    },
    async cancelConsult(agent) {
      await verb('cancelConsult')(agent.id)
    },
    async conference(agent) {
      await verb('conference')(agent.id)
    },
    async mask(agent, on) {
      await verb('mask')(agent.id, on)
      const talk = agents.work(agent.id)?.connected
      if (on && talk) masked.set(agent.id, { talkId: talk.talkId, since: now() })
      else masked.delete(agent.id)
    },
    maskedSince(agentId) {
      const talk: { talkId: string; masked?: boolean } | undefined = agents.work(agentId)?.connected
      const known = masked.get(agentId)
      if (known && known.talkId !== talk?.talkId) masked.delete(agentId)
      // Routing may know of it by itself: a flow's node, or before a restart of ours.
      if (talk?.masked === false) return undefined
      if (known && known.talkId === talk?.talkId) return known.since
      if (!talk?.masked) return undefined
      masked.set(agentId, { talkId: talk.talkId, since: now() })
      return now()
    },
    async dtmf(agent, keys) {
      await verb('dtmf')(agent.id, keys)
    },
  }
}
