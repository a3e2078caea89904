import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Config, loadConfig } from '../config.ts'
import { openDatabase } from '../database/index.ts'
import { certificateState, shownChain } from '../phones/index.ts'
import { espeak } from '../prompts/index.ts'
import type { Finding } from './finding.ts'
import { reconciliation, recordFiles } from './record-checks.ts'
import { connectSwitch, switchAddress } from './switch-client.ts'
import { repository, UsageError, type Verb } from './verb.ts'

const marks = { good: 'bien ', warning: 'ojo  ', bad: 'MAL  ' }

export const doctor: Verb = {
  summary: 'doctor: revisa configuración, base, conmutador, grabaciones y hechos pendientes',
  help: `Uso: npx vera doctor

Revisa la configuración, la base de datos, el conmutador y su reloj, el certificado, las carpetas de grabaciones y de
registros de llamadas, la voz y los hechos que esperan en disco, y concilia las llamadas de ayer y de hoy: las que anotó el
conmutador, las que vio Vera y las grabaciones. No cambia nada. Sale con 0 si todo está bien y con 1 si algo está mal.`,
  async run(args) {
    if (args.length > 0) throw new UsageError('doctor no lleva opciones')
    const config = loadConfig(repository)
    const findings = await examine(config)
    for (const { state, text } of findings) console.log(`${marks[state]} ${text}`)
    return findings.some(({ state }) => state === 'bad') ? 1 : 0
  },
}

/** Every check in its order; none of them rejects, and none changes anything but for probe files. */
export async function examine(config: Config, now = Date.now()): Promise<Finding[]> {
  const mode = config.tryOut ? 'prueba: base y conmutador incluidos' : 'en servicio'
  const findings: Finding[] = [{ state: 'good', text: `Configuración: sin errores (${mode})` }]
  const checks = [database, theSwitch, certificate, folders, recordFiles, facts, voice, reconciliation]
  for (const check of checks) {
    const found = await check(config, now).catch((error: Error): Finding[] => [
      { state: 'bad', text: `No se pudo revisar todo: ${error.message}` },
    ])
    findings.push(...found)
  }
  return findings
}

async function database(config: Config): Promise<Finding[]> {
  const path = config.databaseUrl.startsWith('sqlite:') ? config.databaseUrl.slice('sqlite:'.length) : undefined
  if (path && path !== ':memory:' && !existsSync(path))
    return [{ state: 'warning', text: 'Base de datos: todavía no existe; se crea en el primer arranque' }]
  const db = openDatabase(config.databaseUrl)
  try {
    await db.ping()
    const [, missing] = (await db.knex.migrate.list().catch(() => [[], []])) as unknown[][]
    const people = await db
      .knex('users')
      .where({ role: 'administrator', active: true })
      .count({ n: '*' })
      .catch(() => [{ n: -1 }])
    const n = Number(people[0]?.n)
    const found: Finding[] = [{ state: 'good', text: `Base de datos: responde (${path ? 'SQLite' : 'MySQL/MariaDB'})` }]
    if (n < 0 || (missing?.length ?? 0) > 0)
      found.push({ state: 'warning', text: 'Tablas: no están al día; se actualizan en el próximo arranque' })
    if (n === 0)
      found.push({ state: 'bad', text: 'Personas: nadie administra Vera; creá a alguien con «npx vera admin create»' })
    return found
  } catch (error) {
    const why = (error as { code?: string }).code ?? 'error'
    return [{ state: 'bad', text: `Base de datos: no responde (${why}); revisá DATABASE_URL y que esté encendida` }]
  } finally {
    await db.close()
  }
}

async function theSwitch(config: Config): Promise<Finding[]> {
  if (config.switches.length === 0) {
    try {
      switchAddress(config)
    } catch {
      return [{ state: 'good', text: 'Conmutador: el incluido; Vera no está en marcha ahora' }]
    }
  }
  const found: Finding[] = []
  for (const address of config.switches.length > 0 ? config.switches : [undefined]) {
    try {
      const client = await connectSwitch({ ...config, switches: address ? [address] : [] }, [])
      const status = (await client.api('status').catch(() => '')).split('\n').find((line) => /ready/i.test(line))
      const asked = Date.now()
      const seconds = Number(await client.api('strepoch').catch(() => Number.NaN))
      const middle = (asked + Date.now()) / 2
      await client.stop()
      found.push({ state: 'good', text: `Conmutador: responde${status ? ` (${status.trim()})` : ''}` })
      if (Number.isFinite(seconds) && seconds > 0) found.push(clockOf(seconds * 1000, middle))
    } catch (error) {
      found.push({ state: 'bad', text: `Conmutador: ${(error as Error).message}` })
    }
  }
  return found
}

/** The switch tells whole seconds, so that up to one is no difference. */
export function clockOf(switchMs: number, ours: number): Finding {
  const apart = switchMs + 500 - ours
  if (Math.abs(apart) < 2_000) return { state: 'good', text: 'Reloj: el del conmutador y el de Vera coinciden' }
  const seconds = Math.round(Math.abs(apart) / 1000)
  const side = apart > 0 ? 'adelanta' : 'atrasa'
  return {
    state: 'warning',
    text: `Reloj: el del conmutador ${side} ${seconds} s; sincronizá los dos (chrony, NTP): las esperas se miden con ambos`,
  }
}

/** What browsers are shown at the public address: without a good one there is no telephone in the browser. */
async function certificate(config: Config, now: number): Promise<Finding[]> {
  if (!config.publicUrl.startsWith('https:')) return []
  const url = new URL(config.publicUrl)
  const shown = await shownChain({ host: url.hostname, port: Number(url.port || 443) })
  if (!shown)
    return [
      { state: 'warning', text: `Certificado: ${config.publicUrl} no responde; ¿están en marcha Vera y su proxy?` },
    ]
  const { state, expiresAt } = certificateState(shown, now)
  const day = expiresAt === undefined ? '' : new Date(expiresAt).toISOString().slice(0, 10)
  if (state === 'good') return [{ state: 'good', text: `Certificado: vale hasta ${day}` }]
  if (state === 'soon') return [{ state: 'warning', text: `Certificado: vence el ${day}; renovalo` }]
  return [
    {
      state: 'bad',
      text: `Certificado: no vale (${day || 'ilegible'}); sin él no hay teléfono en el navegador. Renovalo`,
    },
  ]
}

async function folders(config: Config): Promise<Finding[]> {
  const found: Finding[] = []
  for (const [name, path] of [
    ['Grabaciones', config.recordingsDir],
    ['Datos propios', config.home],
  ] as const) {
    const probe = join(path, `.doctor-${randomUUID()}`)
    try {
      await mkdir(path, { recursive: true })
      await writeFile(probe, 'x')
      await rm(probe)
      const disk = await statfs(path)
      const free = (Number(disk.bavail) * disk.bsize) / 1e9
      const text = `${name}: se puede escribir en ${path} (${free.toFixed(1).replace('.', ',')} GB libres)`
      found.push({ state: free < 1 ? 'warning' : 'good', text })
    } catch (error) {
      const why = (error as NodeJS.ErrnoException).code
      found.push({ state: 'bad', text: `${name}: no se puede escribir en ${path} (${why}); revisá permisos y espacio` })
    }
  }
  return found
}

/** Read, never opened as the journal does: a platform that runs holds it. */
async function facts(config: Config): Promise<Finding[]> {
  const folder = join(config.home, 'facts')
  let bytes = 0
  let files = 0
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.endsWith('.ndjson')) continue
    const { length } = await readFile(join(folder, name)).catch(() => Buffer.alloc(0))
    bytes += length
    if (length > 0) files++
  }
  // The journal keeps one segment of up to 1 MB that may be all written already.
  const kept = `${(bytes / 1e6).toFixed(1).replace('.', ',')} MB en disco`
  return [
    files > 1
      ? { state: 'warning', text: `Hechos: hay varios segmentos por escribir (${kept}); ¿estuvo caída la base?` }
      : { state: 'good', text: `Hechos: al día (${kept})` },
  ]
}

async function voice(): Promise<Finding[]> {
  const { error } = spawnSync(espeak.command, ['--version'], { stdio: 'ignore', timeout: 5_000 })
  return [
    error
      ? {
          state: 'warning',
          text: `Voz: no está «${espeak.command}»; se oyen tonos (Debian: apt-get install espeak-ng)`,
        }
      : { state: 'good', text: `Voz: ${espeak.command}` },
  ]
}
