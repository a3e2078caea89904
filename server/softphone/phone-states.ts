// What each agent's page says of its phone, turned into "may be offered calls".
import type { Unreachable } from './ports.ts'

/** `desk`: calls ring on a phone on the desk, the browser does not answer for it. */
export type PhoneState = 'ready' | 'microphone' | 'network' | 'unregistered' | 'desk'

export type PhoneStates = {
  /** A page's own word. */
  report(agentId: number, state: PhoneState): void
  /** A page opened its websocket to the switch, or lost it. */
  opened(agentId: number): void
  closed(agentId: number): void
  of(agentId: number): PhoneState | undefined
}

const reasons: Record<PhoneState, Unreachable | undefined> = {
  ready: undefined,
  desk: undefined,
  microphone: 'microphone',
  network: 'network',
  unregistered: 'phone',
}

/** `reachable` is told of changes only. */
export function createPhoneStates(
  reachable: (agentId: number, reachable: boolean, why?: Unreachable) => void,
): PhoneStates {
  const phones = new Map<number, { state: PhoneState; sockets: number; told?: string }>()
  const phoneOf = (agentId: number) => {
    const known = phones.get(agentId) ?? { state: 'unregistered' as PhoneState, sockets: 0 }
    phones.set(agentId, known)
    return known
  }
  const tell = (agentId: number, phone: { state: PhoneState; told?: string }) => {
    const why = reasons[phone.state]
    const words = why ?? 'reachable'
    if (phone.told === words) return
    phone.told = words
    reachable(agentId, why === undefined, why)
  }
  return {
    report(agentId, state) {
      const phone = phoneOf(agentId)
      // Ready without a websocket is a page that has not noticed yet.
      phone.state = state === 'ready' && phone.sockets === 0 ? 'network' : state
      tell(agentId, phone)
    },
    opened(agentId) {
      phoneOf(agentId).sockets++
    },
    closed(agentId) {
      const phone = phoneOf(agentId)
      phone.sockets = Math.max(0, phone.sockets - 1)
      if (phone.sockets > 0 || phone.state === 'desk') return
      phone.state = 'network'
      tell(agentId, phone)
    },
    of: (agentId) => phones.get(agentId)?.state,
  }
}
