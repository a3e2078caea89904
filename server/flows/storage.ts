import type { Database } from '../database/index.ts'
import type { Starter } from './starter.ts'

export type Deploy = { id: number; userId: number | undefined; username: string; at: number; nodes: number }
/** A flow as Node-RED keeps it: an array of nodes. */
export type FlowNodes = Record<string, unknown>[]

/** Who deploys, as our sign-on gives it to Node-RED. */
export type DeployUser = { username?: string; userId?: number } | undefined

/** Node-RED's storage, in our database: each deploy is kept with author and time. */
export type FlowStorage = {
  /** What Node-RED wants as `storageModule`. */
  module: Record<string, (...args: never[]) => Promise<unknown>>
  /** Newest first. */
  deploys(limit?: number): Promise<Deploy[]>
  /** Undefined when there is none of this id or it is not readable. */
  flowsOf(id: number): Promise<{ flows: FlowNodes; credentials: object } | undefined>
  /** What runs, or would run at the next start. */
  current(): Promise<FlowNodes>
}

export type StorageOptions = {
  db: Database
  /** Deployed when there has never been a deploy. */
  starter: Starter
  log(line: string): void
  now?(): number
}

export function createFlowStorage({ db, starter, log, now = () => Date.now() }: StorageOptions): FlowStorage {
  let pendingCredentials: object | undefined

  const insert = async (flows: FlowNodes, credentials: object, user: DeployUser) => {
    await db.knex('flow_deploys').insert({
      user_id: user?.userId ?? null,
      username: (user?.username ?? 'vera').slice(0, 60),
      at: now(),
      flows: JSON.stringify(flows),
      credentials: JSON.stringify(credentials),
    })
  }
  /** The newest deploy that can be read: a broken row never keeps the centre from starting. */
  const last = async () => {
    for (let before = Number.MAX_SAFE_INTEGER; ; ) {
      const row = await db.knex('flow_deploys').where('id', '<', before).orderBy('id', 'desc').first()
      if (!row) return undefined
      const read = readable(row)
      if (read) return read
      log(`flows: deploy ${row.id} of ${row.username} is not readable JSON; the one before it is used`)
      before = row.id
    }
  }
  const readText = async (name: string): Promise<string | undefined> =>
    (await db.knex('node_red_storage').where({ name }).first())?.body
  const writeText = async (name: string, body: string) => {
    await db.knex('node_red_storage').insert({ name, body }).onConflict('name').merge()
  }
  const readObject = async (name: string): Promise<object> => {
    try {
      return JSON.parse((await readText(name)) ?? '{}')
    } catch {
      log(`flows: what Node-RED kept as «${name}» is not readable; it begins anew`)
      return {}
    }
  }

  const module = {
    init: async () => {},
    async getFlows() {
      const found = await last()
      if (found) return found.flows
      const flows = await starter()
      if (flows.length > 0) await insert(flows, {}, undefined)
      return flows
    },
    getCredentials: async () => (await last())?.credentials ?? {},
    // Node-RED saves credentials first, then flows: both are one deploy.
    async saveCredentials(credentials: object) {
      pendingCredentials = credentials
    },
    async saveFlows(flows: FlowNodes, user: DeployUser) {
      const credentials = pendingCredentials ?? (await last())?.credentials ?? {}
      await insert(flows, credentials, user)
      pendingCredentials = undefined
    },
    getSettings: () => readObject('settings'),
    saveSettings: (settings: object) => writeText('settings', JSON.stringify(settings)),
    getSessions: () => readObject('sessions'),
    saveSessions: (sessions: object) => writeText('sessions', JSON.stringify(sessions)),
    async getLibraryEntry(type: string, path: string) {
      const text = await readText(libraryName(type, path))
      if (text === undefined) return []
      return JSON.parse(text).body
    },
    saveLibraryEntry: (type: string, path: string, meta: object, body: unknown) =>
      writeText(libraryName(type, path), JSON.stringify({ meta, body })),
  }

  return {
    module,
    async deploys(limit = 200) {
      const rows = await db.knex('flow_deploys').orderBy('id', 'desc').limit(limit)
      return rows.map((row) => ({
        id: row.id,
        userId: row.user_id ?? undefined,
        username: row.username,
        at: Number(row.at),
        nodes: readable(row)?.flows.length ?? 0,
      }))
    },
    async flowsOf(id) {
      const row = await db.knex('flow_deploys').where({ id }).first()
      return row && readable(row)
    },
    current: async () => (await last())?.flows ?? (await starter()),
  }
}

function libraryName(type: string, path: string): string {
  const name = `library:${type}:${path.replace(/^\/+/, '')}`
  if (name.length > 60) throw new Error('The name is too long')
  return name
}

function readable(row: { flows: string; credentials: string }): { flows: FlowNodes; credentials: object } | undefined {
  try {
    const flows = JSON.parse(row.flows)
    const credentials = JSON.parse(row.credentials)
    return Array.isArray(flows) ? { flows, credentials } : undefined
  } catch {
    return undefined
  }
}
