import type { Fleet } from '../../freeswitch/fleet/index.ts'
import type { Database } from '../database/index.ts'
import { AppError } from '../http/index.ts'
import type { Bus } from './bus.ts'

const CHANNEL = 'nodes'

export type Draining = {
  /** Brings the fleet to what is kept; at start and when another server changed it. */
  apply(): Promise<void>
  /** @throws AppError `cluster.unknown_node` */
  set(userId: number, name: string, on: boolean): Promise<void>
}

/** Which switches take no new calls: kept, since it must outlive us and hold for all servers. */
export function createDraining(options: {
  db: Database
  fleet: Pick<Fleet, 'nodes' | 'drain'>
  bus: Pick<Bus, 'on' | 'publish' | 'onGap'> | undefined
  now: () => number
  log(line: string): void
}): Draining {
  const { db, fleet, bus, now, log } = options
  const draining: Draining = {
    async apply() {
      const rows = await db.knex('switch_nodes').where({ draining: true }).select('name')
      const kept = new Set(rows.map(({ name }) => name))
      for (const { name } of fleet.nodes()) {
        await fleet.drain(name, kept.has(name)).catch((error: Error) => log(`${name}: ${error.message}`))
      }
    },
    async set(userId, name, on) {
      if (!fleet.nodes().some((node) => node.name === name)) throw new AppError('cluster.unknown_node', 404)
      const row = { name, draining: on, changed_at: now(), changed_by: userId }
      await db.knex('switch_nodes').insert(row).onConflict('name').merge()
      // Kept is what counts: a switch that cannot be told now is told when it returns.
      await fleet.drain(name, on).catch((error: Error) => log(`${name}: ${error.message}`))
      bus?.publish(CHANNEL, {})
    },
  }
  const again = () => void draining.apply().catch((error: Error) => log(`switches: ${error.message}`))
  bus?.on(CHANNEL, again)
  bus?.onGap(again)
  return draining
}
