import { createRequire } from 'node:module'
import { Readable } from 'node:stream'
import type { Knex } from 'knex'

const require = createRequire(import.meta.url)
type Query = { sql: string; bindings: unknown[] }
type Connection = {
  prepare(sql: string): { iterate(...bindings: unknown[]): IterableIterator<object> }
  pragma(text: string): unknown
  readonly: boolean
}
// knex's own class is CommonJS without types.
const BetterSqlite = require('knex/lib/dialects/better-sqlite3/index.js') as new (
  config: Knex.Config,
) => {
  acquireRawConnection(): Promise<Connection>
  _formatBindings(bindings: unknown[]): unknown[]
}

/** knex on better-sqlite3, with our pragmas and with streams that read row by row (knex's own reads the whole result). */
class VeraSqlite extends BetterSqlite {
  override async acquireRawConnection(): Promise<Connection> {
    const connection = await super.acquireRawConnection()
    // Who only reads cannot set it, and finds it set.
    if (!connection.readonly) connection.pragma('journal_mode = WAL')
    connection.pragma('synchronous = NORMAL')
    connection.pragma('busy_timeout = 5000')
    connection.pragma('foreign_keys = ON')
    return connection
  }

  async _stream(connection: Connection, query: Query, stream: NodeJS.WritableStream): Promise<void> {
    const rows = connection.prepare(query.sql).iterate(...this._formatBindings(query.bindings))
    await new Promise<void>((resolve, reject) => {
      stream.on('error', reject)
      stream.on('finish', () => resolve())
      Readable.from(rows).on('error', reject).pipe(stream)
    })
  }
}

/** `sqlite:path` or `sqlite::memory:`; one connection, since the library is synchronous. */
export function sqliteConfig(path: string, readOnly: boolean): Knex.Config {
  return {
    client: VeraSqlite as unknown as typeof Knex.Client,
    connection: { filename: path, options: { readonly: readOnly } } as Knex.Sqlite3ConnectionConfig,
    useNullAsDefault: true,
    pool: { min: 1, max: 1 },
  }
}
