import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import mysql from 'mysql2/promise'

/** A MariaDB of our own: data in a temporary folder, loopback only, gone after the run. */
export type Mariadb = { url: string; stop(): Promise<void> }

const server = ['/usr/sbin/mariadbd', '/usr/libexec/mariadbd', '/usr/sbin/mysqld'].find((path) => existsSync(path))

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as { port: number }
  probe.close()
  await once(probe, 'close')
  return port
}

/**
 * Starts a private MariaDB; undefined where the machine has none. The url names no database: each test makes its own
 * with `freshDatabase` of server/testing. `more`: arguments for a server of another size.
 */
export async function startMariadb(more: readonly string[] = []): Promise<Mariadb | undefined> {
  if (!server) return undefined
  const folder = await mkdtemp(join(tmpdir(), 'vera-mariadb-'))
  const user = userInfo().username
  const made = spawnSync('mariadb-install-db', [
    '--no-defaults',
    `--datadir=${folder}/data`,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    `--user=${user}`,
  ])
  if (made.status !== 0) throw new Error(`mariadb-install-db failed: ${made.stderr}`)
  const port = await freePort()
  const child = spawn(
    server,
    [
      '--no-defaults',
      `--datadir=${folder}/data`,
      `--socket=${folder}/s`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--user=${user}`,
      '--skip-name-resolve',
      '--innodb-flush-log-at-trx-commit=0',
      '--skip-log-bin',
      '--max-connections=300',
      ...more,
    ],
    { stdio: 'ignore' },
  )
  for (let left = 200; ; left--) {
    try {
      await (await mysql.createConnection({ host: '127.0.0.1', port, user: 'root' })).end()
      break
    } catch (error) {
      if (left === 0 || child.exitCode !== null) throw new Error(`MariaDB did not start: ${error}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  return {
    url: `mysql://root@127.0.0.1:${port}`,
    async stop() {
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      await gone
      await rm(folder, { recursive: true, force: true })
    },
  }
}
