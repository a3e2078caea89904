import { randomBytes } from 'node:crypto'
import { after, before, describe } from 'node:test'
import mysql from 'mysql2/promise'
import { type Database, openDatabase, type Scope, scopeOf } from '../database/index.ts'

/** An empty, migrated database on the given kind; `close` also drops it. */
export async function freshDatabase(kind: 'sqlite' | 'mysql' = 'sqlite'): Promise<Database> {
  if (kind === 'sqlite') {
    const db = openDatabase('sqlite::memory:')
    await db.migrate()
    return db
  }
  const empty = await emptyMariadb()
  const db = openDatabase(empty.url)
  await db.migrate().catch(async (error) => {
    await db.close()
    throw error
  })
  return {
    ...db,
    async close() {
      await db.close()
      await empty.drop()
    },
  }
}

/** A new database on the test's MariaDB, with nothing in it. */
export async function emptyMariadb(): Promise<{ url: string; drop(): Promise<void> }> {
  const server = process.env.TEST_MARIADB_URL
  if (!server) throw new Error('TEST_MARIADB_URL is not set')
  const name = `vera_${randomBytes(6).toString('hex')}`
  const root = async (statement: string) => {
    const connection = await mysql.createConnection(server)
    await connection.query(statement)
    await connection.end()
  }
  await root(`create database ${name} character set utf8mb4 collate utf8mb4_unicode_ci`)
  return { url: `${server}/${name}`, drop: () => root(`drop database ${name}`) }
}

/** Runs the same suite on SQLite and on MariaDB (skipped, with the reason, where the test run started none). */
export function onEachDatabase(name: string, suite: (db: () => Database) => void): void {
  for (const kind of ['sqlite', 'mysql'] as const) {
    const skip = kind === 'mysql' && !process.env.TEST_MARIADB_URL ? 'no MariaDB on this machine' : false
    describe(`${name} on ${kind}`, { skip }, () => {
      let db: Database | undefined
      before(async () => {
        db = await freshDatabase(kind)
      })
      after(() => db?.close())
      suite(() => db as Database)
    })
  }
}

/** A bare agency; its scope. */
export async function makeAgency(db: Database, code = `a${randomBytes(4).toString('hex')}`): Promise<Scope> {
  const [id] = await db
    .knex('agencies')
    .insert({ code, name: `Organismo ${code}`, kind: 'municipality', created_at: 0 })
  return scopeOf(id as number)
}
