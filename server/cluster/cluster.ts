// One server among others over one database. Alone, none of it runs: routing is what it was.
import { randomUUID } from 'node:crypto'
import type { SwitchClient } from '../../freeswitch/esl/types.ts'
import type { Database } from '../database/index.ts'
import type { LiveAcross } from '../live/index.ts'
import type { Routing } from '../routing/index.ts'
import { liveAcross } from './across.ts'
import { type Bus, createBus } from './bus.ts'
import { createLease, type Lease } from './lease.ts'
import { leaseStore } from './lease-store.ts'
import { createPresence, type Presence, type ServerNow } from './servers.ts'
import { createSharedRouting, type SharedRouting } from './shared-routing.ts'
import { clusterKey } from './signing.ts'

export type ClusterOptions = {
  db: Database
  /** SERVER_NAME. */
  name: string
  /** Where the other servers reach this one (CLUSTER_URL); undefined: it is alone. */
  url: string | undefined
  /** The same on all of them. */
  sessionSecret: string
  version: string
  redisUrl?: string | undefined
  now?: () => number
  log(line: string): void
  /** Shorter waits for tests; see LeaseOptions. */
  lease?: { termMs?: number; renewMs?: number; patienceMs?: number; pollMs?: number }
  presenceMs?: number
}

export type Cluster = {
  readonly alone: boolean
  /** For attachLive; undefined when alone. */
  readonly across: LiveAcross | undefined
  /** The ways in from the other servers; undefined when alone. */
  readonly bus: Bus | undefined
  /** The routing of the whole, whoever does it. Call once. */
  share(make: (client: SwitchClient) => Routing, client: SwitchClient): Routing
  servers(): ServerNow[]
  /** Name of the server that routes the calls; undefined: being handed over. Alone: this one. */
  owner(): string | undefined
  /** Whether this server does it now. */
  owns(): boolean
  /** After the migrations. */
  start(): Promise<void>
  stop(): Promise<void>
}

export function createCluster(options: ClusterOptions): Cluster {
  const { db, name, version, log, now = Date.now } = options
  const startedAt = now()
  const instance = randomUUID()
  if (options.url === undefined) {
    const self = { name, instance, url: '', version, startedAt, alive: true, self: true }
    return {
      alone: true,
      across: undefined,
      bus: undefined,
      share: (make, client) => make(client),
      servers: () => [{ ...self, seenAt: now() }],
      owner: () => name,
      owns: () => true,
      start: async () => {},
      stop: async () => {},
    }
  }
  const url = options.url.replace(/\/+$/, '')
  const everyMs = options.presenceMs
  const presence: Presence = createPresence({ db, name, instance, url, version, now, log, ...(everyMs && { everyMs }) })
  const key = clusterKey(options.sessionSecret)
  const bus = createBus({ name, instance, key, presence, redisUrl: options.redisUrl, now, log })
  let shared: SharedRouting | undefined
  const lease: Lease = createLease({
    name: 'routing',
    owner: `${name}#${instance}`,
    store: leaseStore(db),
    ...options.lease,
    onGained: (epoch) => shared?.gained(epoch),
    onLost: () => shared?.lost(),
    log,
  })
  return {
    alone: false,
    across: liveAcross(bus),
    bus,
    share(make, client) {
      shared = createSharedRouting({ make, client, lease, bus, log })
      return shared.routing
    },
    servers: presence.servers,
    owner: () => lease.owner?.split('#', 1)[0],
    owns: () => lease.holds(),
    async start() {
      await presence.start()
      lease.start()
    },
    async stop() {
      await lease.stop()
      await bus.stop()
      await presence.stop()
    },
  }
}
