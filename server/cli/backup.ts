import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Config, loadConfig } from '../config.ts'
import { openDatabase } from '../database/index.ts'
import { databaseFile, dumpDatabase, kindOf } from './backup-database.ts'
import { below, checkBackup, copy, filesBelow, writeManifest } from './backup-files.ts'
import { Refusal } from './switch-client.ts'
import { repository, UsageError, type Verb } from './verb.ts'

/** What the home holds that is of the moment, made again by itself, or copied otherwise. */
const ofTheMoment = /^(embedded-switch\.json$|waveforms(\/|$)|speech(\/|$)|freeswitch\/(log|db|run|temp|storage)(\/|$))/

export const backup: Verb = {
  summary: 'backup --to <carpeta>: copia la base, los datos propios y la configuración',
  help: `Uso: npx vera backup --to CARPETA [--with-recordings]
     npx vera backup --check CARPETA

Copia a una carpeta nueva la base de datos (con los flujos), la carpeta de datos (locuciones, hechos pendientes, secretos, lo
del conmutador) y la configuración (.env, vera.toml), con la lista de grabaciones y su huella. Puede hacerse con Vera en
marcha. Las grabaciones mismas, solo con --with-recordings. Al final relee todo y compara las huellas (SHA-256); --check hace
eso con una copia de antes. La copia tiene secretos: guardala donde nadie más la lea.`,
  async run(args) {
    const { values } = parseArgs({
      args,
      options: { to: { type: 'string' }, check: { type: 'string' }, 'with-recordings': { type: 'boolean' } },
    })
    if ((values.to === undefined) === (values.check === undefined))
      throw new UsageError('poné --to o --check, uno solo')
    if (values.check !== undefined) return told(resolve(values.check))
    const folder = resolve(values.to as string)
    await makeBackup(loadConfig(repository), {
      folder,
      root: repository,
      recordings: values['with-recordings'] ?? false,
    })
    return told(folder)
  },
}

async function told(folder: string): Promise<number> {
  const { manifest, faults } = await checkBackup(folder)
  for (const fault of faults) console.error(fault)
  if (!manifest || faults.length > 0) {
    console.error('La copia no está bien.')
    return 1
  }
  const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0)
  const size = `${(bytes / 1e6).toFixed(1).replace('.', ',')} MB`
  const audio = manifest.recordings ? 'con las grabaciones' : 'sin las grabaciones'
  console.log(`Copia verificada en ${folder}: ${manifest.files.length} archivos, ${size}, ${audio}.`)
  return 0
}

/** @throws Refusal when the folder is not empty or the database cannot be copied */
export async function makeBackup(
  config: Config,
  { folder, root, recordings }: { folder: string; root: string; recordings: boolean },
): Promise<void> {
  if (((await readdir(folder).catch(() => [])) as string[]).length > 0)
    throw new Refusal(`${folder} no está vacía: poné una carpeta nueva.`)
  if (below(config.home, folder) !== undefined || folder === config.home)
    throw new Refusal(`${folder} está dentro de ${config.home}: poné la copia en otro lado, mejor en otra máquina.`)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const elsewhere = [config.recordingsDir, config.cdrDir, ...sqliteFiles(config.databaseUrl)]
    .map((path) => below(config.home, path))
    .filter((path) => path !== undefined)
  const skip = (path: string) => ofTheMoment.test(path) || elsewhere.includes(path)
  // Before the database: a fact that is written meanwhile is then in both, and written once (its id); never in neither.
  for (const path of await filesBelow(config.home, skip)) await copy(join(config.home, path), join(folder, 'var', path))
  await dumpDatabase(config.databaseUrl, join(folder, databaseFile[kindOf(config.databaseUrl)]))
  for (const name of ['.env', 'vera.toml'])
    if (await stat(join(root, name)).catch(() => undefined))
      await copy(join(root, name), join(folder, 'settings', name))
  await listRecordings(config, join(folder, 'recordings.csv'))
  for (const [name, path] of recordings
    ? ([
        ['recordings', config.recordingsDir],
        ['cdr', config.cdrDir],
      ] as const)
    : [])
    for (const file of await filesBelow(path)) await copy(join(path, file), join(folder, name, file))
  const madeAt = new Date().toISOString()
  await writeManifest(folder, { madeAt, database: kindOf(config.databaseUrl), recordings })
}

function sqliteFiles(url: string): string[] {
  const path = url.slice('sqlite:'.length)
  return kindOf(url) === 'sqlite' ? ['', '-wal', '-shm', '-journal'].map((tail) => `${path}${tail}`) : []
}

/** Which recordings there should be, wherever they are kept, with their hashes. */
async function listRecordings({ databaseUrl }: Config, target: string): Promise<void> {
  const db = openDatabase(databaseUrl)
  try {
    const rows = await db.knex('recordings').orderBy('id').select('id', 'agency_id', 'path', 'state', 'bytes', 'sha256')
    const cell = (value: unknown) => `"${String(value ?? '').replaceAll('"', '""')}"`
    const lines = rows.map((row) =>
      [row.id, row.agency_id, row.path, row.state, row.bytes, row.sha256].map(cell).join(','),
    )
    await writeFile(target, `${['id,agency,path,state,bytes,sha256', ...lines].join('\n')}\n`, { mode: 0o600 })
  } finally {
    await db.close()
  }
}
