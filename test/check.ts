// `npm run check`: types, lint and format, import rules. Prints what fails; exit code 1 when anything does.
import { spawn } from 'node:child_process'
import { once } from 'node:events'

const checks: [string, string[]][] = [
  ['tsc', ['--noEmit']],
  ['biome', ['check', '--diagnostic-level=error', '.']],
  ['node', ['--disable-warning=ExperimentalWarning', 'test/imports.ts']],
]

const codes = await Promise.all(
  checks.map(async ([command, rest]) => {
    const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => (output += chunk))
    const [code] = await once(child, 'close')
    console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${command} ${rest.join(' ')}`)
    if (code !== 0) console.log(output)
    return code as number
  }),
)
process.exitCode = codes.every((code) => code === 0) ? 0 : 1
