import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Database, openDatabase } from '../server/database/index.ts'
import { emptyMariadb } from '../server/testing/database.ts'
import { startMariadb } from '../test/mariadb.ts'
import type { Row } from './bench.ts'

/** Measures on an empty SQLite, then on a private MariaDB where there is one. `pool`: its buffer pool, e.g. `6G`. */
export async function onBothDatabases(
  pool: string,
  measure: (name: string, db: Database) => Promise<Row[]>,
): Promise<Row[]> {
  const rows: Row[] = []
  const measureOn = async (name: string, url: string) => {
    const db = openDatabase(url)
    await db.migrate()
    rows.push(...(await measure(name, db)))
    await db.close()
  }
  const folder = mkdtempSync(join(tmpdir(), 'vera-bench-'))
  try {
    await measureOn('SQLite', `sqlite:${join(folder, 'bench.sqlite')}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  const server = await startMariadb([`--innodb-buffer-pool-size=${pool}`, '--innodb-log-file-size=1G'])
  if (!server) return rows
  try {
    process.env.TEST_MARIADB_URL = server.url
    await measureOn('MariaDB', (await emptyMariadb()).url)
  } finally {
    await server.stop()
  }
  return rows
}
