import { createWriteStream } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { formats, isFormat, makeFile, prepare, reportOf, reports } from '../../reports/index.ts'
import { loadConfig } from '../config.ts'
import { openDatabase, scopeOf } from '../database/index.ts'
import { Refusal } from './switch-client.ts'
import { repository, UsageError, type Verb } from './verb.ts'

export const report: Verb = {
  summary: 'report run <informe>: hace un informe y lo guarda en un archivo',
  help: `Uso: npx vera report run <informe> [--from FECHA] [--to FECHA] [--format xlsx|csv|pdf] [--out ARCHIVO]
                            [--agency CÓDIGO] [--interval 15m|30m|1h|day] [--queue ID] [--agent ID] [--topic ID]
                            [--channel voice|chat|email|sms|social]

Informes: ${reports.map(({ id, title }) => `${id} (${title.es})`).join(', ')}.
Las fechas son días (2026-03-01, los dos incluidos) o instantes ISO 8601; sin ellas, hoy. --out puede ser una carpeta, un
archivo o «-» (salida estándar); sin él, la carpeta actual. Sin --agency, el primer organismo.`,
  async run(args) {
    if (args[0] !== 'run') throw new UsageError('falta la acción: run')
    const text = { type: 'string' } as const
    const { values, positionals } = parseArgs({
      args: args.slice(1),
      allowPositionals: true,
      options: {
        ...{ from: text, to: text, interval: text, queue: text, agent: text, topic: text, channel: text },
        ...{ format: text, out: text, agency: text },
      },
    })
    const { format = 'xlsx', out = '.', agency, ...query } = values
    if (positionals.length !== 1) throw new UsageError('falta el informe (uno solo)')
    const found = reportOf(positionals[0] as string)
    if (!found) throw new UsageError(`no hay un informe «${positionals[0]}»`)
    if (!isFormat(format)) throw new UsageError(`--format: ${formats.join(', ')}`)
    const db = openDatabase(loadConfig(repository).databaseUrl)
    try {
      await db.migrate()
      const rows = await db.knex('agencies').orderBy('id').select('id', 'code')
      const owner = agency === undefined ? rows[0] : rows.find(({ code }) => code === agency)
      if (!owner)
        throw new Refusal(rows.length === 0 ? 'Todavía no hay organismos.' : `No hay un organismo «${agency}».`)
      const prepared = await prepare(db, scopeOf(owner.id), found, query, Date.now())
      const file = await makeFile(prepared, format)
      if (out === '-') {
        await pipeline(file.content, process.stdout, { end: false })
        return 0
      }
      const folder = (await stat(out).catch(() => undefined))?.isDirectory() ?? false
      const path = folder ? join(out, file.name) : out
      await whole(file.content, path)
      console.log(`Informe guardado en ${path}`)
      return 0
    } finally {
      await db.close()
    }
  },
}

/** The file appears when it is complete, or not at all. */
async function whole(content: NodeJS.ReadableStream, path: string): Promise<void> {
  const half = `${path}.half`
  try {
    await pipeline(content, createWriteStream(half))
    await rename(half, path)
  } catch (error) {
    await rm(half, { force: true })
    throw error
  }
}
