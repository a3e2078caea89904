// Everything that MySQL and SQLite do differently is in this folder, and nowhere else.
import { mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Knex } from 'knex'
import { mysqlConfig } from './mysql.ts'
import { sqliteConfig } from './sqlite.ts'

export type Dialect = {
  name: 'mysql' | 'sqlite'
  /** True when the error says that a unique key stands already. */
  isDuplicate(error: unknown): boolean
  /** True when the error says that the database cannot be reached now, so that the same work may succeed later. */
  isUnavailable(error: unknown): boolean
}

const code = (error: unknown) => String((error as { code?: unknown } | null)?.code ?? '')
const lost =
  /^(ECONNREFUSED|ECONNRESET|ETIMEDOUT|EPIPE|ENOTFOUND|EHOSTUNREACH|PROTOCOL_|ER_CON_COUNT|ER_SERVER_SHUTDOWN|ER_CONNECTION_KILLED|SQLITE_(BUSY|LOCKED|FULL|IOERR|CANTOPEN|READONLY))/

const mysql: Dialect = {
  name: 'mysql',
  isDuplicate: (error) => code(error) === 'ER_DUP_ENTRY',
  isUnavailable: (error) => lost.test(code(error)) || (error as Error | null)?.name === 'KnexTimeoutError',
}
const sqlite: Dialect = {
  name: 'sqlite',
  isDuplicate: (error) => /^SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY)/.test(code(error)),
  isUnavailable: (error) => lost.test(code(error)) || (error as Error | null)?.name === 'KnexTimeoutError',
}

/** Makes or drops an index. MySQL keeps it also when the server is killed before the migration is noted, which then comes again. */
export async function unlessDone(step: PromiseLike<unknown>): Promise<void> {
  try {
    await step
  } catch (error) {
    if (!/^(ER_DUP_KEYNAME|ER_CANT_DROP_FIELD_OR_KEY)$/.test(code(error))) throw error
  }
}

/**
 * Reads `mysql://user:password@host:3306/name` or `sqlite:path`.
 * @throws Error with one line that says what is wrong, without the password
 */
export function dialectOf(url: string, readOnly = false): { dialect: Dialect; config: Knex.Config } {
  if (url.startsWith('sqlite:')) {
    const path = url.slice('sqlite:'.length)
    if (path === '')
      throw new Error('DATABASE_URL: falta la ruta después de «sqlite:» (por ejemplo sqlite:var/vera.sqlite)')
    if (path !== ':memory:' && !readOnly) mkdirSync(dirname(resolve(path)), { recursive: true })
    return { dialect: sqlite, config: sqliteConfig(path, readOnly) }
  }
  if (/^(mysql|mariadb):\/\//.test(url)) {
    const parsed = new URL(url)
    if (parsed.pathname.length < 2)
      throw new Error('DATABASE_URL: falta el nombre de la base (mysql://usuario:clave@host/base)')
    return { dialect: mysql, config: mysqlConfig(parsed) }
  }
  throw new Error('DATABASE_URL: debe empezar con mysql:// o sqlite: (por ejemplo sqlite:var/vera.sqlite)')
}
