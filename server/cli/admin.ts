import { dirname } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { parseArgs } from 'node:util'
import { createAgencies } from '../agencies/index.ts'
import { loadConfig } from '../config.ts'
import { openDatabase, scopeOf } from '../database/index.ts'
import { createAudit, createSessions } from '../http/index.ts'
import { createUsers } from '../users/index.ts'
import { UsageError, type Verb } from './verb.ts'

export const admin: Verb = {
  summary: 'admin create: crea una persona que administra Vera',
  help: `Uso: npx vera admin create [--username USUARIO] [--name NOMBRE] [--agency CODIGO] [--agency-name NOMBRE]

Crea una persona con el rol de administración general. Sin opciones, pregunta.
Si no hay ningún organismo, crea el primero (código «principal» si no se dice otro).
La clave se toma de la entrada estándar cuando no es una terminal; si está vacía, se genera y se muestra una vez.`,
  async run(args) {
    if (args[0] !== 'create') throw new UsageError('falta la acción: create')
    const { values } = parseArgs({
      args: args.slice(1),
      options: {
        username: { type: 'string' },
        name: { type: 'string' },
        agency: { type: 'string' },
        'agency-name': { type: 'string' },
      },
    })
    const interactive = process.stdin.isTTY === true
    const given = interactive ? undefined : (await readAll()).trim() || undefined
    const ask = async (question: string, value: string | undefined) => {
      if (value !== undefined) return value
      if (!interactive) throw new UsageError(`falta ${question}`)
      const lines = createInterface({ input: process.stdin, output: process.stdout })
      const answer = (await lines.question(`${question}: `)).trim()
      lines.close()
      return answer
    }
    const username = await ask('--username', values.username)
    const name = values.name ?? (interactive ? await ask('--name', undefined) : username)
    const db = openDatabase(loadConfig(dirname(dirname(import.meta.dirname))).databaseUrl)
    try {
      await db.migrate()
      const audit = createAudit(db, { error: (_details, text) => console.error(text) })
      const agencies = createAgencies({ db, audit })
      const all = await agencies.all()
      const wanted = values.agency?.toLowerCase()
      const found = wanted === undefined ? all[0] : all.find(({ code }) => code === wanted)
      if (!found && all.length > 0) {
        console.error(`No hay un organismo «${wanted}». Hay: ${all.map(({ code }) => code).join(', ')}.`)
        return 1
      }
      const agencyId =
        found?.id ??
        (
          await db.knex('agencies').insert({
            code: wanted ?? 'principal',
            name: values['agency-name'] ?? 'Organismo principal',
            kind: 'province',
            created_at: Date.now(),
          })
        )[0]
      const users = createUsers({ db, audit, sessions: createSessions(db) })
      const { password } = await users.create(
        scopeOf(agencyId as number),
        { userId: undefined, role: 'system' },
        { username, name, role: 'administrator' },
        given,
      )
      console.log(`Se creó «${username}». Ingresá en /login.`)
      if (given === undefined) console.log(`Clave (no se vuelve a mostrar): ${password}`)
      return 0
    } finally {
      await db.close()
    }
  },
}

async function readAll(): Promise<string> {
  let text = ''
  for await (const chunk of process.stdin) text += chunk
  return text
}
