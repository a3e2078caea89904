// The database in a backup: SQLite copies itself, MySQL and MariaDB by their own programs.
import { spawn } from 'node:child_process'
import { createReadStream, createWriteStream } from 'node:fs'
import { chmod, rename, rm, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { openDatabase } from '../database/index.ts'
import { copy } from './backup-files.ts'
import { Refusal } from './switch-client.ts'

export const databaseFile = { sqlite: 'base.sqlite', mysql: 'base.sql' } as const
export const kindOf = (url: string): 'sqlite' | 'mysql' => (url.startsWith('sqlite:') ? 'sqlite' : 'mysql')
/** Where a SQLite database lies. @throws Refusal for one in memory */
export function sqlitePath(url: string): string {
  const path = url.slice('sqlite:'.length)
  if (path === ':memory:') throw new Refusal('La base está en la memoria: no hay qué copiar.')
  return path
}

/** Writes the whole database to `target` as it is at one instant; Vera may go on meanwhile. @throws Refusal */
export async function dumpDatabase(url: string, target: string): Promise<void> {
  if (kindOf(url) === 'sqlite') {
    if (!(await stat(sqlitePath(url)).catch(() => undefined)))
      throw new Refusal(`No hay una base en ${sqlitePath(url)}: ¿es esta la carpeta de Vera?`)
    const db = openDatabase(url)
    try {
      await db.knex.raw('VACUUM INTO ?', [target])
    } finally {
      await db.close()
    }
    return chmod(target, 0o600)
  }
  await program(
    url,
    ['mariadb-dump', 'mysqldump'],
    ['--single-transaction', '--quick', '--default-character-set=utf8mb4'],
    {
      to: target,
    },
  )
}

/** Puts the database back, whole. A SQLite one that was there is set aside, and its new name returned. @throws Refusal */
export async function loadDatabase(url: string, source: string): Promise<string | undefined> {
  if (kindOf(url) === 'mysql') {
    await program(url, ['mariadb', 'mysql'], ['--default-character-set=utf8mb4'], { from: source })
    return undefined
  }
  const path = sqlitePath(url)
  let aside: string | undefined
  if (await stat(path).catch(() => undefined)) {
    aside = `${path}.antes-${new Date().toISOString().replace(/[:.]/g, '-')}`
    // What its journal still holds goes with it.
    for (const tail of ['', '-wal', '-shm']) await rename(`${path}${tail}`, `${aside}${tail}`).catch(() => {})
  }
  await copy(source, path)
  return aside
}

/** Whether there is anything in it already. */
export async function hasTables(url: string): Promise<boolean> {
  if (kindOf(url) === 'sqlite' && !(await stat(sqlitePath(url)).catch(() => undefined))) return false
  const db = openDatabase(url)
  try {
    return await db.knex.schema.hasTable('agencies')
  } finally {
    await db.close()
  }
}

/** Runs the first of `names` that exists; the password goes by the environment, where other users do not see it. */
async function program(
  url: string,
  names: string[],
  options: string[],
  io: { to?: string; from?: string },
): Promise<void> {
  const { hostname, port, username, password, pathname } = new URL(url)
  const args = [
    ...options,
    `--host=${hostname.replace(/^\[|\]$/g, '')}`,
    ...(port ? [`--port=${port}`] : []),
    '--protocol=tcp',
    `--user=${decodeURIComponent(username)}`,
    decodeURIComponent(pathname.slice(1)),
  ]
  for (const name of names) {
    const child = spawn(name, ['--no-defaults', ...args], {
      stdio: [io.from ? 'pipe' : 'ignore', io.to ? 'pipe' : 'ignore', 'pipe'],
      env: { PATH: process.env.PATH, MYSQL_PWD: decodeURIComponent(password) },
    })
    let said = ''
    child.stderr?.on('data', (part: Buffer) => {
      said = (said + part).slice(-2_000)
    })
    const ended = new Promise<number | 'none'>((resolve) => {
      child.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ENOENT' ? 'none' : 1))
      child.once('close', (code) => resolve(code ?? 1))
    })
    const piped = (async () => {
      if (io.to && child.stdout) await pipeline(child.stdout, createWriteStream(io.to, { mode: 0o600 }))
      if (io.from && child.stdin) await pipeline(createReadStream(io.from), child.stdin)
    })().catch((error: Error) => error)
    const code = await ended
    const broken = await piped
    if (code === 'none') continue
    if (code === 0 && !broken) return
    if (io.to) await rm(io.to, { force: true })
    throw new Refusal(
      `${name} no pudo: ${said.trim().split('\n').at(-1) || (broken as Error)?.message || `código ${code}`}`,
    )
  }
  throw new Refusal(
    `Falta el programa «${names[0]}» (o «${names[1]}»): instalalo (Debian: apt-get install mariadb-client).`,
  )
}
