import type { SwitchEvent } from '../../freeswitch/esl/types.ts'
import type { Registration } from './types.ts'

type Key = { extension: string; agent: Registration['agent'] }
/** For so long a device that lost the registration to another one counts as its rival. */
const rivalMs = 30 * 60_000

/** `1001` or `1001-web` -> whose phone it is; undefined: not one of ours. */
export function phoneOf(user: string): Key | undefined {
  const match = /^(\d{2,12})(-web)?$/.exec(user)
  return match ? { extension: match[1] as string, agent: match[2] ? 'browser' : 'desk' } : undefined
}

/** Who is registered where, from the switches' events and their lists. `changed` hears the extension. */
export function createRegistrations(now: () => number, changed: (extension: string) => void) {
  /** `<node> <user>` -> registration. */
  const held = new Map<string, Registration & { extension: string; callId: string }>()
  const keyOf = (node: string, { extension, agent }: Key) => `${node} ${extension} ${agent}`

  type Seen = Pick<Registration, 'address' | 'port' | 'userAgent' | 'contact' | 'expiresAt'> & { callId: string }
  function put(node: string, who: Key, seen: Seen): void {
    const key = keyOf(node, who)
    const before = held.get(key)
    const moved = before !== undefined && (before.address !== seen.address || before.callId !== seen.callId)
    // A phone that restarts has a new Call-ID too: only another device, by its address or its name, is a rival.
    const rival = moved && (before.address !== seen.address || before.userAgent !== seen.userAgent)
    const others = (before?.others ?? []).filter(
      (other) => other.at > now() - rivalMs && !(other.address === seen.address && other.userAgent === seen.userAgent),
    )
    if (before && rival) others.unshift({ address: before.address, userAgent: before.userAgent, at: now() })
    held.set(key, {
      ...seen,
      extension: who.extension,
      agent: who.agent,
      node,
      since: before && !moved ? before.since : now(),
      others: others.slice(0, 5),
    })
    if (!before || moved) changed(who.extension)
  }
  function drop(key: string): void {
    const before = held.get(key)
    if (before && held.delete(key)) changed(before.extension)
  }

  return {
    /** Of an extension, the browser's first. */
    of: (extension: string): Registration[] =>
      [...held.values()]
        .filter((one) => one.extension === extension)
        .sort((a, b) => a.agent.localeCompare(b.agent))
        .map(({ extension: _, callId: __, ...registration }) => registration),
    /** Whether a phone that is registered now came from there. */
    from: (address: string) => [...held.values()].some((one) => one.address === address),
    heard(node: string, { subclass, headers }: SwitchEvent): void {
      if ((headers['profile-name'] ?? 'agents') !== 'agents') return
      const who = phoneOf(headers['from-user'] ?? headers.user ?? '')
      if (!who) return
      const callId = headers['call-id'] ?? ''
      if (subclass === 'sofia::register') {
        const seconds = Number(headers.expires)
        put(node, who, {
          address: headers['network-ip'] ?? '',
          port: Number(headers['network-port'] ?? 0),
          userAgent: (headers['user-agent'] ?? '').slice(0, 200),
          contact: (headers.contact ?? '').slice(0, 300),
          expiresAt: seconds > 0 ? now() + seconds * 1_000 : undefined,
          callId,
        })
      } else if (subclass === 'sofia::unregister' || subclass === 'sofia::expire') {
        const key = keyOf(node, who)
        // The end of a registration that another device has already taken over changes nothing.
        if (callId === '' || held.get(key)?.callId === callId) drop(key)
      }
    },
    /** The whole list of a switch (`sofia xmlstatus profile agents reg`): what is not in it is gone. */
    listed(node: string, xml: string): void {
      const found = new Set<string>()
      for (const [, inner = ''] of xml.matchAll(/<registration>([\s\S]*?)<\/registration>/g)) {
        const text = (name: string) => decodeXml(new RegExp(`<${name}>([\\s\\S]*?)</${name}>`).exec(inner)?.[1] ?? '')
        const who = phoneOf(text('user').split('@')[0] as string)
        if (!who) continue
        const seconds = /expsecs\((\d+)\)/.exec(text('status'))?.[1]
        found.add(keyOf(node, who))
        put(node, who, {
          address: text('network-ip'),
          port: Number(text('network-port')),
          userAgent: text('agent').slice(0, 200),
          contact: text('contact').slice(0, 300),
          expiresAt: seconds === undefined ? undefined : now() + Number(seconds) * 1_000,
          callId: text('call-id'),
        })
      }
      for (const [key, one] of held) if (one.node === node && !found.has(key)) drop(key)
    },
  }
}
export type Registrations = ReturnType<typeof createRegistrations>

const entities: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }
function decodeXml(text: string): string {
  return text.replace(/&(lt|gt|quot|apos|amp|#\d{1,7});/g, (whole, name: string) => {
    if (!name.startsWith('#')) return entities[name] as string
    const code = Number(name.slice(1))
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}
