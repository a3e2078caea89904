import { createConnection } from 'node:net'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Config, loadConfig } from '../config.ts'
import { databaseFile, hasTables, kindOf, loadDatabase } from './backup-database.ts'
import { checkBackup, copy, filesBelow, type Manifest } from './backup-files.ts'
import { Refusal } from './switch-client.ts'
import { repository, UsageError, type Verb } from './verb.ts'

export const restore: Verb = {
  summary: 'restore --from <carpeta>: repone una copia hecha con backup',
  help: `Uso: npx vera restore --from CARPETA [--force]

Verifica la copia y la repone en la base y la carpeta de datos de la configuración actual. Vera tiene que estar detenida. Si
ya hay una base o datos, no hace nada sin --force; con él, lo de la copia reemplaza lo que haya (una base SQLite anterior queda
al lado, con otro nombre). .env y vera.toml no se tocan: están en la copia, en settings/.`,
  async run(args) {
    const { values } = parseArgs({ args, options: { from: { type: 'string' }, force: { type: 'boolean' } } })
    if (values.from === undefined) throw new UsageError('falta --from CARPETA')
    const config = loadConfig(repository)
    if (await listens(config)) throw new Refusal('Vera está en marcha: detenela antes de reponer una copia.')
    for (const line of await restoreBackup(config, resolve(values.from), values.force ?? false)) console.log(line)
    return 0
  },
}

/** What was done, a line each. @throws Refusal when the copy is not whole, is of another kind, or something would be lost */
export async function restoreBackup(config: Config, folder: string, force: boolean): Promise<string[]> {
  const { manifest, faults } = await checkBackup(folder)
  if (!manifest || faults.length > 0) throw new Refusal(['La copia no está bien:', ...faults].join('\n'))
  const kind = kindOf(config.databaseUrl)
  if (manifest.database !== kind)
    throw new Refusal(`La copia es de una base ${nameOf(manifest.database)} y DATABASE_URL es de ${nameOf(kind)}.`)
  if (!force) {
    const there = await filesBelow(config.home, (path) => path.startsWith('freeswitch/'))
    if (there.length > 0) throw new Refusal(`${config.home} no está vacía (${there[0]} ...): con --force se reemplaza.`)
    if (await hasTables(config.databaseUrl)) throw new Refusal('La base ya tiene tablas: con --force se reemplazan.')
  }
  const done: string[] = []
  const count = await put(manifest, folder, 'var/', config.home)
  const aside = await loadDatabase(config.databaseUrl, join(folder, databaseFile[kind]))
  done.push(
    `Base repuesta${aside ? `; la anterior quedó en ${aside}` : ''}.`,
    `${count} archivos repuestos en ${config.home}.`,
  )
  if (manifest.recordings) {
    const audio = await put(manifest, folder, 'recordings/', config.recordingsDir)
    done.push(`${audio} grabaciones repuestas en ${config.recordingsDir}.`)
    await put(manifest, folder, 'cdr/', config.cdrDir)
  } else done.push('La copia no tiene grabaciones: reponelas aparte (recordings.csv dice cuáles y su huella).')
  const settings = manifest.files.filter(({ path }) => path.startsWith('settings/'))
  if (settings.length > 0)
    done.push(`La configuración de la copia está en ${join(folder, 'settings')}: comparala con la actual.`)
  return done
}

const nameOf = (kind: Manifest['database']) => (kind === 'sqlite' ? 'SQLite' : 'MySQL o MariaDB')

async function put(manifest: Manifest, folder: string, below: string, target: string): Promise<number> {
  const files = manifest.files.filter(({ path }) => path.startsWith(below))
  for (const { path } of files) await copy(join(folder, path), join(target, path.slice(below.length)))
  return files.length
}

/** Whether somebody answers where Vera would listen. */
function listens({ host, port }: Config): Promise<boolean> {
  if (port === 0) return Promise.resolve(false)
  return new Promise((resolve) => {
    const socket = createConnection({ host: host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host, port })
    const done = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => done(true))
    socket.once('error', () => done(false))
    socket.setTimeout(2_000, () => done(false))
  })
}
