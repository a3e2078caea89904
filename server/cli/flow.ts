import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { loadConfig } from '../config.ts'
import { type Database, openDatabase } from '../database/index.ts'
import { checkOptions } from '../flow-ports.ts'
import {
  type CheckOptions,
  checkFlow,
  createFlowStorage,
  type FlowNodes,
  parseFlow,
  starterFrom,
} from '../flows/index.ts'
import { createRoutingSettings } from '../queues/routing-settings.ts'
import { Refusal } from './switch-client.ts'
import { repository, UsageError, type Verb } from './verb.ts'

export const flow: Verb = {
  summary: 'flow check [archivo]: qué está mal en un flujo, antes de que lo note quien llama',
  help: `Uso: npx vera flow check [archivo.json]

Revisa un flujo exportado o, sin archivo, el que está en servicio: salidas sin conectar, valores que no valen, colas o
calendarios que no existen, números repetidos. Sale con 0 si está bien y con 1 si hay problemas.`,
  async run(args) {
    if (args[0] !== 'check') throw new UsageError('falta la acción: check')
    const { positionals } = parseArgs({ args: args.slice(1), allowPositionals: true, options: {} })
    if (positionals.length > 1) throw new UsageError('un archivo por vez')
    const db = openDatabase(loadConfig(repository).databaseUrl)
    try {
      const nodes = positionals[0] ? await fileNodes(positionals[0]) : await current(db)
      const problems = checkFlow(nodes, await options(db, positionals[0] !== undefined))
      for (const { node, message } of problems) console.log(node ? `«${node}»: ${message}` : message)
      console.log(problems.length > 0 ? `${problems.length} problemas` : `Sin problemas (${nodes.length} nodos)`)
      return problems.length > 0 ? 1 : 0
    } finally {
      await db.close()
    }
  },
}

async function fileNodes(path: string): Promise<FlowNodes> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new Refusal(`No se puede leer «${path}».`)
  })
  const nodes = parseFlow(text)
  if (typeof nodes === 'string') throw new Refusal(`«${path}» no es un flujo exportado: ${nodes}`)
  return nodes
}

async function current(db: Database): Promise<FlowNodes> {
  await db.migrate()
  const log = (line: string) => console.error(line)
  return createFlowStorage({ db, starter: starterFrom(join(repository, 'flows'), log), log }).current()
}

/** A file can be judged without the database, but for the names of what there is. */
async function options(db: Database, withoutNames: boolean): Promise<CheckOptions> {
  try {
    return await checkOptions(createRoutingSettings(db))
  } catch (error) {
    if (!withoutNames) throw error
    console.error('La base de datos no está: no se revisan los nombres de colas, calendarios y demás.')
    const none = { queues: [], calendars: [], topics: [], backOffices: [], recordings: [], numbers: [] }
    const { known: _, ...rest } = await checkOptions({ choices: async () => none } as never)
    return rest
  }
}
