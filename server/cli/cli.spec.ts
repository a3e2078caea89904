// `npx vera`: each verb as a person at a terminal meets it.
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'

const folder = mkdtempSync(join(tmpdir(), 'vera-cli-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const main = join(import.meta.dirname, 'main.ts')

/** Runs a verb; never rejects. Port 9 (discard) has no switch. */
function vera(args: string[], more: { input?: string; env?: Record<string, string> } = {}) {
  const env = {
    PATH: process.env.PATH ?? '',
    DATABASE_URL: `sqlite:${join(folder, 'vera.sqlite')}`,
    FREESWITCH_URL: 'esl://:secret-of-the-switch@127.0.0.1:9',
    RECORDINGS_DIR: join(folder, 'recordings'),
    CDR_DIR: join(folder, 'cdr'),
    ...more.env,
  }
  return new Promise<{ code: number; out: string }>((resolve) => {
    const child = execFile(process.execPath, [main, ...args], { env, timeout: 180_000 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, out: stdout + stderr })
    })
    child.stdin?.end(more.input ?? '')
  })
}

describe('npx vera', { concurrency: 2 }, () => {
  it('can be run by npx', () => accessSync(join(import.meta.dirname, '../../bin/vera.mjs'), constants.X_OK))

  it('shows its verbs, and what each takes', async () => {
    const [help, none, doctor] = await Promise.all([vera(['--help']), vera([]), vera(['doctor', '--help'])])
    assert.equal(help.code, 0)
    for (const verb of ['admin', 'backup', 'call', 'doctor', 'flow', 'recordings', 'report', 'restore'])
      assert.match(help.out, new RegExp(`^  ${verb} `, 'm'))
    assert.equal(none.code, 2)
    assert.equal(doctor.code, 0)
    assert.match(doctor.out, /Uso: npx vera doctor/)
  })

  it('says what is wrong with a wrong use, and exits with 2', async () => {
    const wrong = [['dance'], ['toString'], ['doctor', 'now'], ['admin'], ['flow', 'eat'], ['report', 'run'], ['call']]
    for (const { code, out } of await Promise.all(wrong.map((args) => vera(args)))) {
      assert.equal(code, 2, out)
      assert.doesNotMatch(out, /\n\s+at /, 'no stack')
    }
  })

  it('lists every fault of the configuration without its secrets', async () => {
    const { code, out } = await vera(['doctor'], { env: { PORT: 'abc', DATABASE_URL: 'postgres://u:hunter2@h/x' } })
    assert.equal(code, 1)
    assert.match(out, /PORT/)
    assert.match(out, /DATABASE_URL/)
    assert.doesNotMatch(out, /hunter2/)
  })

  it('serves the recordings of a switch to who has the secret', async () => {
    const shared = join(folder, 'switch')
    mkdirSync(shared)
    writeFileSync(join(shared, 'a.wav'), 'RIFF')
    const secret = 'a secret of the recordings'
    const env = { PATH: process.env.PATH, RECORDINGS_SECRET: secret }
    const args = [main, 'recordings', 'serve', '--folder', shared, '--listen', '127.0.0.1:0']
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      const [said] = await once(child.stdout, 'data')
      const port = /puerto (\d+)/.exec(String(said))?.[1]
      const get = (path: string, bearer: string) =>
        fetch(`http://127.0.0.1:${port}/${path}`, { headers: { authorization: `Bearer ${bearer}` } })
      assert.equal(await (await get('a.wav', secret)).text(), 'RIFF')
      assert.equal((await get('a.wav', 'another')).status, 401)
      assert.equal((await get('..%2Fvera.sqlite', secret)).status, 404)
    } finally {
      child.kill('SIGTERM')
      assert.deepEqual(await once(child, 'exit'), [0, null])
    }
    const short = await vera(['recordings', 'serve', '--folder', shared], { env: { RECORDINGS_SECRET: 'x' } })
    assert.equal(short.code, 2, short.out)
  })

  it('makes an administrator, reports, and refuses a call that no switch can take', async () => {
    const made = await vera(['admin', 'create', '--username', 'ana', '--agency-name', 'Comuna de Prueba'])
    assert.equal(made.code, 0, made.out)
    assert.match(made.out, /Clave \(no se vuelve a mostrar\): \S{8,}/)
    const twice = await vera(['admin', 'create', '--username', 'ana'])
    assert.equal(twice.code, 1)
    assert.match(twice.out, /usuario|username/i)
    const nobody = await vera(['admin', 'create', '--username', 'eva', '--agency', 'otro'])
    assert.match(nobody.out, /No hay un organismo «otro»/)
    const out = join(folder, 'llamadas.csv')
    const report = await vera(['report', 'run', 'calls', '--format', 'csv', '--out', out])
    assert.equal(report.code, 0, report.out)
    assert.ok(readFileSync(out, 'utf8').length > 0)
    const missing = await vera(['report', 'run', 'calls', '--agency', 'otro'])
    assert.equal(missing.code, 1)
    assert.match(missing.out, /No hay un organismo «otro»/)
    const call = await vera(['call', '08000000147'])
    assert.equal(call.code, 1)
    assert.match(call.out, /no responde: revisá FREESWITCH_URL/)
    assert.doesNotMatch(call.out, /secret-of-the-switch/)
  })

  it('judges an exported flow', async () => {
    const bad = join(folder, 'roto.json')
    writeFileSync(bad, '{"a":')
    const [broken, absent] = await Promise.all(
      [bad, join(folder, 'no-esta.json')].map((path) => vera(['flow', 'check', path])),
    )
    assert.equal(broken?.code, 1)
    assert.match(broken?.out ?? '', /no es un flujo exportado/)
    assert.match(absent?.out ?? '', /No se puede leer/)
  })
})

describe('vera doctor', () => {
  it('says what is bad and what to do, without a secret, and exits with 1', async () => {
    const cdr = join(folder, 'cdr')
    mkdirSync(join(cdr, 'broken'), { recursive: true })
    writeFileSync(join(cdr, 'broken', 'x.cdr.json'), '{')
    writeFileSync(join(cdr, 'broken', 'x.cdr.json.why.json'), '{"reason":"not_json","detail":"","at":1}')
    const blocked = join(folder, 'a-file')
    writeFileSync(blocked, '')
    const { code, out } = await vera(['doctor'], { env: { RECORDINGS_DIR: join(blocked, 'recordings') } })
    assert.equal(code, 1)
    assert.match(out, /^MAL {3}Conmutador: .*no responde: revisá FREESWITCH_URL/m)
    assert.match(out, /^MAL {3}Grabaciones: no se puede escribir/m)
    assert.match(out, /^ojo {3}Registros: 1 apartados sin poder leerse: x\.cdr\.json \(not_json\)/m)
    assert.doesNotMatch(out, /secret-of-the-switch/)
  })
})
