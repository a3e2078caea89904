import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type CallRequest, placeCall, placeCallEvents } from '../../freeswitch/place-call.ts'
import { type Config, loadConfig } from '../config.ts'
import { openDatabase } from '../database/index.ts'
import { createPrompts } from '../prompts/index.ts'
import { inWords } from './heard.ts'
import { connectSwitch } from './switch-client.ts'
import { repository, UsageError, type Verb } from './verb.ts'

const standardFrom = '3420000000'

export const call: Verb = {
  summary: 'call <número>: llamada de prueba por el conmutador configurado',
  help: `Uso: npx vera call <número> [--from NÚMERO] [--keys TECLAS] [--say TEXTO] [--hang-up-after 20s] [--json]

Hace una llamada de prueba y muestra qué se oyó, qué se marcó y cómo terminó. Usa el conmutador de FREESWITCH_URL o, sin
él, el incluido de la Vera que esté en marcha.

  --from           quién llama (${standardFrom})
  --keys           teclas en orden: 0-9 * # A-D. La primera, y la que sigue a cada «w», esperan una locución nueva
                   (hasta 10 s); «p» es una pausa de un segundo. Ejemplo: 1w2
  --say            lo que dice quien llama después de cada locución
  --hang-up-after  corta a tanto de atendida: 500ms, 20s, 2m (sin esto corta a los 60s)
  --json           lo mismo, para otros programas

Sale con 0 si la llamada se atendió; con 1 si no.`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        from: { type: 'string' },
        keys: { type: 'string' },
        say: { type: 'string' },
        'hang-up-after': { type: 'string' },
        json: { type: 'boolean' },
      },
    })
    const request = requestOf(positionals, values)
    const config = loadConfig(repository)
    if (values.say !== undefined) request.say = await spoken(values.say, config)
    const client = await connectSwitch(config, placeCallEvents)
    try {
      const done = await placeCall(client, request)
      const heard = await inWords(done.heard, config)
      if (values.json) console.log(JSON.stringify({ ...done, heard }))
      else {
        console.log(`Llamada de ${request.from} a ${request.to}${done.answered ? '' : ': no se atendió'}`)
        console.log(heard.length > 0 ? 'Se oyó:' : 'No se oyó nada.')
        for (const { text } of heard) console.log(`  ${text}`)
        console.log(`Se marcó: ${done.pressed.join(' ') || 'nada'}`)
        const who = done.ended.side === 'caller' ? 'cortó quien llamaba' : 'cortó el conmutador'
        console.log(
          `Terminó a los ${(done.durationMs / 1000).toFixed(1).replace('.', ',')} s: ${who} (${done.ended.cause})`,
        )
      }
      return done.answered ? 0 : 1
    } finally {
      await client.stop()
    }
  },
}

type Values = { from?: string; keys?: string; 'hang-up-after'?: string }

/** @throws UsageError */
export function requestOf(positionals: string[], values: Values): CallRequest {
  const [to, ...more] = positionals
  if (to === undefined || more.length > 0) throw new UsageError('falta el número (uno solo)')
  if (!/^\+?[0-9*#]{1,20}$/.test(to)) throw new UsageError(`«${to}» no es un número para marcar`)
  const from = values.from ?? standardFrom
  if (!/^\+?[0-9]{1,20}$/.test(from)) throw new UsageError(`--from: «${from}» no es un número`)
  const keys = values.keys ?? ''
  if (!/^[0-9*#A-Dwp]*$/.test(keys)) throw new UsageError(`--keys: «${keys}» tiene algo que no es 0-9 * # A-D w p`)
  return { from, to, keys, hangUpAfterMs: milliseconds(values['hang-up-after'] ?? '60s') }
}

function milliseconds(text: string): number {
  const match = /^(\d{1,6})(ms|s|m)?$/.exec(text)
  if (!match) throw new UsageError(`--hang-up-after: «${text}» no es un tiempo (500ms, 20s, 2m)`)
  return Number(match[1]) * { ms: 1, s: 1_000, m: 60_000 }[(match[2] ?? 's') as 'ms' | 's' | 'm']
}

/** The text as a WAV that the switch can play to the platform. */
async function spoken(text: string, config: Config): Promise<string> {
  const db = openDatabase(config.databaseUrl)
  try {
    const prompts = createPrompts({ db, dir: join(config.home, 'prompts'), log: (line) => console.error(line) })
    return await prompts.file(text.replace(/^@+/, ''), { agencyId: 0, language: 'es' })
  } finally {
    await db.close()
  }
}
