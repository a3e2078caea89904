import knexPackage, { type Knex } from 'knex'
import { type Dialect, dialectOf } from './dialect/index.ts'
import { type MigrationWait, migrateTogether } from './migrate.ts'
import { migrations } from './migrations/index.ts'

export { type Scope, scopeOf } from './scope.ts'
export type { Dialect, Knex }

/** An open database. Inside `transaction` use only the `trx` handed in: SQLite has a single connection. */
export type Database = {
  readonly knex: Knex
  readonly dialect: Dialect
  /** Brings the schema up to date; safe to call at each start, by several servers at once. */
  migrate(wait?: MigrationWait): Promise<void>
  /** Rejects when the database does not answer. */
  ping(): Promise<void>
  transaction<T>(work: (trx: Knex.Transaction) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/**
 * `readOnly` is for a thread of its own beside the platform: on SQLite such a connection reads while the other writes.
 * @throws Error (one line, no password in it) when the url is malformed; does not connect yet
 */
export function openDatabase(url: string, { readOnly = false }: { readOnly?: boolean } = {}): Database {
  const { dialect, config } = dialectOf(url, readOnly)
  const knex = knexPackage.default({
    ...config,
    // What fails reaches whoever asked; knex would print it as well, with its stack, each time that a pool tries again.
    log: { warn() {}, error() {} },
    migrations: {
      migrationSource: {
        getMigrations: async () => Object.keys(migrations).sort(),
        getMigrationName: (name: string) => name,
        getMigration: async (name: string) => migrations[name]!,
      },
    },
  })
  return {
    knex,
    dialect,
    migrate: (wait) => migrateTogether(knex, wait),
    ping: async () => {
      await knex.select(knex.raw('1'))
    },
    transaction: (work) => knex.transaction(work),
    close: () => knex.destroy(),
  }
}

/** First row's id of an insert, on both databases. */
export async function insertId(query: Knex.QueryBuilder): Promise<number> {
  const [id] = (await query) as unknown as number[]
  return id as number
}
