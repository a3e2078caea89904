// `npx vera <verb>`: one file a verb in this folder.
import { ConfigError } from '../config.ts'
import { discover } from '../http/drawing/discover.ts'
import { translator } from '../http/drawing/translate.ts'
import { AppError } from '../http/index.ts'
import { admin } from './admin.ts'
import { backup } from './backup.ts'
import { call } from './call.ts'
import { doctor } from './doctor.ts'
import { flow } from './flow.ts'
import { recordings } from './recordings.ts'
import { report } from './report.ts'
import { restore } from './restore.ts'
import { rollups } from './rollups.ts'
import { Refusal } from './switch-client.ts'
import { UsageError, type Verb } from './verb.ts'

const verbs: Record<string, Verb> = { admin, backup, call, doctor, flow, recordings, report, restore, rollups }

/** The exit code: 0 done, 1 refused, 2 wrong usage. */
export async function main(args: string[]): Promise<number> {
  const [name, ...rest] = args
  if (name === undefined || name === '--help' || name === '-h') {
    console.log('Uso: npx vera <verbo> [opciones]; --help en cada verbo.\n')
    for (const [verb, { summary }] of Object.entries(verbs)) console.log(`  ${verb.padEnd(10)} ${summary}`)
    return name === undefined ? 2 : 0
  }
  const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined
  if (!verb) {
    console.error(`«${name}» no es un verbo de vera. Mirá: npx vera --help`)
    return 2
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    console.log(verb.help)
    return 0
  }
  try {
    return await verb.run(rest)
  } catch (error) {
    if (error instanceof UsageError || String((error as { code?: string }).code).startsWith('ERR_PARSE_ARGS')) {
      console.error(`${(error as Error).message}\n\n${verb.help}`)
      return 2
    }
    if (error instanceof ConfigError) for (const fault of error.faults) console.error(fault)
    else if (error instanceof AppError) refuse(error)
    else if (error instanceof Refusal) console.error(error.message)
    else console.error(`No se pudo: ${(error as Error).message}`)
    return 1
  }
}

/** The same texts as on the screens, with what each field has wrong. */
function refuse(error: AppError): void {
  const text = translator(discover().texts)('es')
  console.error(text(`errors.${error.code}`, error.values))
  for (const [field, key] of Object.entries(error.fields ?? {}))
    console.error(`  --${field}: ${text(key, error.values)}`)
}

process.exitCode = await main(process.argv.slice(2))
