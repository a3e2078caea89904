import { type Logger, pino } from 'pino'
import type { Config } from './config.ts'
import { type Database, openDatabase } from './database/index.ts'
import { buildHttp, type Http } from './http/index.ts'
import { attachLive, type LiveHub } from './live/index.ts'

export type Platform = {
  config: Config
  db: Database
  http: Http
  live: LiveHub
  log: Logger
  /** Migrates (waiting for the database when it is down) and listens; returns the address. */
  start(): Promise<string>
  stop(): Promise<void>
}

/** What tests put in the place of the real thing. */
export type Overrides = {
  db?: Database
  log?: Logger
  now?: () => number
  /** Says one line to whoever started the process. */
  say?(line: string): void
  /** Waits between two attempts to reach the database, ms. */
  retryMs?: number
}

/** The one place that knows every room and joins them. Nothing listens before `start`. */
export async function createPlatform(config: Config, overrides: Overrides = {}): Promise<Platform> {
  const log = overrides.log ?? pino({ level: config.logLevel })
  const say = overrides.say ?? ((line) => console.log(line))
  const now = overrides.now ?? Date.now
  const db = overrides.db ?? openDatabase(config.databaseUrl)
  const http = await buildHttp({ config, db, log, now })
  const live = attachLive(http, { now })
  let stopping = false

  return {
    config,
    db,
    http,
    live,
    log,
    async start() {
      await migrated(db, say, overrides.retryMs ?? 3_000, () => stopping)
      return http.app.listen({ host: config.host, port: config.port })
    },
    async stop() {
      stopping = true
      await http.close()
      await db.close()
    },
  }
}

/** A database that is not there yet is waited for; anything else that is wrong with it is thrown. */
async function migrated(db: Database, say: (line: string) => void, retryMs: number, stopping: () => boolean) {
  for (let told = false; !stopping(); ) {
    try {
      return await db.migrate()
    } catch (error) {
      if (!db.dialect.isUnavailable(error)) throw error
      if (!told) {
        say(
          'La base de datos no responde: revisá DATABASE_URL y que el servidor esté encendido. Se reintenta cada pocos segundos.',
        )
      }
      told = true
      await new Promise((resolve) => setTimeout(resolve, retryMs))
    }
  }
}
