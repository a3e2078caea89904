// The month on one database. With BENCH_DATA it is made once in that folder and found there the next time.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import mysql from 'mysql2/promise'
import { type Database, openDatabase, type Scope, scopeOf } from '../../server/database/index.ts'
import { makeAgency } from '../../server/testing/database.ts'
import { startMariadb } from '../../test/mariadb.ts'
import { fillMonth } from './fill.ts'

export type Month = { name: 'SQLite' | 'MariaDB'; url: string; db: Database; scope: Scope; close(): Promise<void> }

/** Undefined where the machine has no MariaDB. `say` is told what took how long. */
export async function openMonth(
  kind: Month['name'],
  interactions: number,
  say: (line: string) => void,
): Promise<Month | undefined> {
  const kept = process.env.BENCH_DATA
  const folder = kept ? join(kept, `${kind.toLowerCase()}-${interactions}`) : mkdtempSync(join(tmpdir(), 'vera-month-'))
  mkdirSync(folder, { recursive: true })
  const server =
    kind === 'MariaDB'
      ? await startMariadb(['--innodb-buffer-pool-size=4G', '--innodb-log-file-size=1G'], folder)
      : undefined
  if (kind === 'MariaDB' && !server) return undefined
  if (server) {
    const root = await mysql.createConnection(server.url)
    await root.query('create database if not exists month character set utf8mb4 collate utf8mb4_unicode_ci')
    await root.end()
  }
  const url = server ? `${server.url}/month` : `sqlite:${join(folder, 'month.sqlite')}`
  const db = openDatabase(url)
  await db.migrate()
  // What was cut off in the middle is of no use: the last thing made is the name.
  const done = await db.knex('agencies').where({ code: 'month' }).first('id')
  const scope = done ? scopeOf(done.id) : await makeAgency(db, 'making')
  if (!done) {
    await fillMonth(db, scope, interactions, say)
    await db.knex('agencies').where({ id: scope.agencyId }).update({ code: 'month' })
  }
  return {
    name: kind,
    url,
    db,
    scope,
    async close() {
      await db.close()
      await server?.stop()
      if (!kept) rmSync(folder, { recursive: true, force: true })
    },
  }
}
