import type { Database } from '../database/index.ts'

export type ServerNow = {
  name: string
  instance: string
  url: string
  version: string
  startedAt: number
  seenAt: number
  /** It said so within the last quarter of a minute, by our own clock. */
  alive: boolean
  self: boolean
}

export type Presence = {
  /** As of the last look, at most `everyMs` ago. */
  servers(): ServerNow[]
  /** The others that live. */
  peers(): ServerNow[]
  start(): Promise<void>
  stop(): Promise<void>
}

const ALIVE_MS = 15_000
const FORGOTTEN_MS = 7 * 86_400_000

export type PresenceOptions = {
  db: Database
  name: string
  instance: string
  url: string
  version: string
  now: () => number
  everyMs?: number
  log(line: string): void
}

/** Writes that this server is here, and looks who else is. */
export function createPresence({
  db,
  name,
  instance,
  url,
  version,
  now,
  log,
  everyMs = 3_000,
}: PresenceOptions): Presence {
  let known: ServerNow[] = []
  let timer: NodeJS.Timeout | undefined
  /** When each row was last seen to change: the others' clocks are theirs. */
  const changed = new Map<string, { seenAt: number; at: number }>()
  const startedAt = now()
  let warned = ''

  async function look(): Promise<void> {
    const rows = await db.knex('servers').orderBy('name')
    const at = now()
    known = rows.map((row) => {
      const seenAt = Number(row.seen_at)
      const before = changed.get(row.name)
      // Seen for the first time: believed if its clock agrees roughly, else it must move first.
      const since = before ? (before.seenAt === seenAt ? before.at : at) : Math.abs(at - seenAt) < 60_000 ? at : 0
      changed.set(row.name, { seenAt, at: since })
      const self = row.instance === instance
      return {
        name: row.name,
        instance: row.instance,
        url: row.url,
        version: row.version,
        startedAt: Number(row.started_at),
        seenAt,
        alive: self || at - since < ALIVE_MS,
        self,
      }
    })
  }
  async function say(): Promise<void> {
    const mine = await db.knex('servers').where({ name }).first('instance', 'seen_at')
    if (
      mine &&
      mine.instance !== instance &&
      now() - Number(mine.seen_at) < 2 * everyMs &&
      now() - startedAt > ALIVE_MS
    ) {
      if (warned !== mine.instance) log(`another server calls itself ${name} too: give each its own SERVER_NAME`)
      warned = mine.instance
    }
    const row = { name, instance, url, version, started_at: startedAt, seen_at: now() }
    await db.knex('servers').insert(row).onConflict('name').merge()
  }
  async function beat(): Promise<void> {
    try {
      await say()
      // One that was taken away for good need not stand on the page for ever.
      await db
        .knex('servers')
        .where('seen_at', '<', now() - FORGOTTEN_MS)
        .del()
      await look()
    } catch (error) {
      log(`servers: ${(error as Error).message}`)
    }
  }

  return {
    servers: () => known,
    peers: () => known.filter(({ alive, self }) => alive && !self),
    async start() {
      await beat()
      timer = setInterval(() => void beat(), everyMs)
    },
    async stop() {
      clearInterval(timer)
      // Gone in order: nobody needs to wait until it counts as lost.
      await db
        .knex('servers')
        .where({ name, instance })
        .del()
        .catch(() => {})
    },
  }
}
