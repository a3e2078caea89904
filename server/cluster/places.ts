// Whoever waited on a switch that was lost, and calls again, gets the place of before.
import type { Fleet, FleetNode } from '../../freeswitch/fleet/index.ts'
import { type Database, type Scope, scopeOf } from '../database/index.ts'
import type { Routing } from '../routing/index.ts'

const KEPT_MS = 30 * 60_000

export type LostPlaces = {
  /** Kept for half an hour. Somebody without a number cannot be known again: nothing is kept. */
  keep(scope: Scope, place: { queueId: number; number: string; placeSince: number }): Promise<void>
  /** The connection came back and the caller is still there. */
  drop(scope: Scope, place: { queueId: number; number: string }): Promise<void>
  /** The place of before, once; undefined when there is none. Gives up after a second: no caller waits for the database. */
  placeFor(agencyId: number, number: string, queueId: number): Promise<number | undefined>
}

/** A number that can be told from others; anonymous callers have none. */
const known = (number: string) => {
  const digits = number.replace(/[^0-9]/g, '')
  return digits.length >= 6 && digits.length <= 20 && !/^0+$/.test(digits) ? digits : undefined
}

export function createLostPlaces({ knex, dialect }: Database, now: () => number): LostPlaces {
  const table = () => knex('lost_places')
  const row = ({ agencyId }: Scope, queueId: number, number: string) => ({
    agency_id: agencyId,
    queue_id: queueId,
    number,
  })
  return {
    async keep(scope, { queueId, number, placeSince }) {
      const digits = known(number)
      if (!digits) return
      const key = row(scope, queueId, digits)
      const until = now() + KEPT_MS
      await table().where('until', '<', now()).del()
      try {
        await table().insert({ ...key, place_since: placeSince, until })
      } catch (error) {
        if (!dialect.isDuplicate(error)) throw error
        // Two behind one number: the older place is for the first who calls.
        await table()
          .where(key)
          .update({
            until,
            place_since: knex.raw('case when place_since < ? then place_since else ? end', [placeSince, placeSince]),
          })
      }
    },
    async drop(scope, { queueId, number }) {
      const digits = known(number)
      if (digits)
        await table()
          .where(row(scope, queueId, digits))
          .del()
    },
    async placeFor(agencyId, number, queueId) {
      const digits = known(number)
      if (!digits) return undefined
      const key = row(scopeOf(agencyId), queueId, digits)
      const find = async () => {
        const found = await table().where(key).where('until', '>=', now()).first('id', 'place_since')
        // Guarded: of two calls at once one gets it.
        if (!found || (await table().where({ id: found.id }).del()) !== 1) return undefined
        return Number(found.place_since)
      }
      const late = new Promise<undefined>((give) => {
        setTimeout(() => give(undefined), 1_000).unref()
      })
      return Promise.race([find().catch(() => undefined), late])
    },
  }
}

/** Keeps the places of those who wait on a switch in the moment that it is lost. Returns how to stop. */
export function keepLostPlaces(options: {
  fleet: Pick<Fleet, 'on' | 'off' | 'nodeOf' | 'nodes'>
  routing: Pick<Routing, 'now'>
  places: LostPlaces
  log(line: string): void
}): () => void {
  const { fleet, routing, places, log } = options
  const up = new Map(fleet.nodes().map(({ name, state }) => [name, state === 'up']))
  const waitingOn = (node: string) =>
    // An interaction has the id of the leg that it began with.
    routing.now().waiting.filter((item) => !item.callback && fleet.nodeOf(item.interactionId) === node)
  const onNode = ({ name, state }: FleetNode) => {
    const was = up.get(name)
    up.set(name, state === 'up')
    if (was !== true || state === 'up') return
    const lost = waitingOn(name).map(({ agencyId, queueId, from: number, placeSince }) =>
      places.keep(scopeOf(agencyId), { queueId, number, placeSince }),
    )
    Promise.all(lost).catch((error: Error) => log(`places of ${name}: ${error.message}`))
  }
  const onUp = () => {
    setTimeout(() => {
      for (const { name, state } of fleet.nodes()) {
        if (state !== 'up') continue
        for (const { agencyId, queueId, from: number } of waitingOn(name)) {
          places.drop(scopeOf(agencyId), { queueId, number }).catch(() => {})
        }
      }
    }, 5_000).unref()
  }
  fleet.on('node', onNode).on('up', onUp)
  return () => {
    fleet.off('node', onNode as never)
    fleet.off('up', onUp as never)
  }
}
