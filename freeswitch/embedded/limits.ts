import { causeNamed } from './causes.ts'
import type { Channel } from './channel.ts'
import type { Core } from './core.ts'
import { separate } from './separate.ts'

type Item = { usage: number; rate: number; since: number }

/** The counters of `limit hash`, by realm and resource. */
export class Limits {
  readonly #items = new Map<string, Item>()
  readonly #held = new WeakMap<Channel, Set<Item>>()

  /** Counts a leg in; false when it is one too many. A leg counts once for a resource, but each time for its rate. */
  take(leg: Channel, realm: string, resource: string, max: number, intervalSeconds: number): boolean {
    const key = `${realm}_${resource}`
    const item = this.#items.get(key) ?? { usage: 0, rate: 0, since: Number.NEGATIVE_INFINITY }
    this.#items.set(key, item)
    const held = this.#held.get(leg) ?? new Set<Item>()
    this.#held.set(leg, held)
    const more = held.has(item) ? 0 : 1
    if (intervalSeconds > 0) {
      const now = Math.floor(leg.core.clock.now() / 1000)
      if (item.since <= now - intervalSeconds) {
        item.rate = 1
        item.since = now
      } else if (++item.rate > max && max >= 0) return false
    } else if (max >= 0 && item.usage + more > max) return false
    if (more) {
      item.usage++
      held.add(item)
      leg.core.emit('CUSTOM', undefined, {
        'Event-Subclass': 'limit::usage',
        ...{ backend: 'hash', realm, key: resource, usage: String(item.usage), rate: String(item.rate) },
        ...{ max: String(max), ratemax: String(Math.max(0, max)) },
      })
    }
    for (const [name, value] of [
      ['usage', item.usage],
      ['rate', item.rate],
    ] as const) {
      leg.set(`limit_${name}`, String(value))
      leg.set(`limit_${name}_${key}`, String(value))
    }
    return true
  }

  /** The leg ends or is routed anew: it counts for nothing any more. */
  release(leg: Channel): void {
    for (const item of this.#held.get(leg) ?? []) item.usage--
    this.#held.delete(leg)
  }

  /** `limit_usage hash <realm> <resource> [rate]` */
  usage(realm: string, resource: string): { usage: number; rate: number } {
    return this.#items.get(`${realm}_${resource}`) ?? { usage: 0, rate: 0 }
  }
}

/** The application `limit hash <realm> <id> [<max>[/<seconds>]] [<extension> [<dialplan> [<context>]]]`. */
export function limit(leg: Channel, data: string): undefined {
  const [backend, realm, id, most = '-1', extension = 'limit_exceeded', dialplan, context] = separate(data, ' ')
  if (backend !== 'hash' || !realm || !id) return undefined
  const [max = '-1', interval = '0'] = most.split('/')
  const count = most.startsWith('-') ? -1 : Math.max(0, Number.parseInt(max, 10) || 0)
  if (leg.core.limits.take(leg, realm, id, count, Number.parseInt(interval, 10) || 0)) return undefined
  if (extension.startsWith('!')) leg.hangup(causeNamed(extension.slice(1)))
  else leg.core.transfer(leg, extension, dialplan ?? 'XML', context ?? leg.profile.context)
  return undefined
}

/** The command `limit_usage`. */
export function limitUsage(core: Core, line: string): string {
  const [backend, realm, id, rate] = separate(line, ' ')
  if (!backend || !realm || !id) return 'USAGE: limit_usage <backend> <realm> <id> [rate]\n'
  const found = core.limits.usage(realm, id)
  return rate ? `${found.usage}/${found.rate}` : String(found.usage)
}
