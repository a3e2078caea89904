import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import type { Database, Scope } from '../database/index.ts'
import { freshDatabase, makeAgency } from '../testing/database.ts'
import { createPrompts, NoSuchPrompt } from './prompts.ts'
import { espeak, type SpeechCommand, sayable, spokenMs } from './speech.ts'
import { RATE, readWav, type Sound, softTone, toTelephone, writeWav } from './wav.ts'

const tone = (rate: number, hertz: number, seconds = 0.5): Sound => ({
  rate,
  samples: Int16Array.from({ length: rate * seconds }, (_, i) => 10_000 * Math.sin((2 * Math.PI * hertz * i) / rate)),
})
const power = ({ samples }: Sound) =>
  Math.sqrt(samples.slice(400, -400).reduce((sum, sample) => sum + sample * sample, 0) / (samples.length - 800))

describe('wav', () => {
  it('reads back what it writes', () => {
    const sound = tone(RATE, 440)
    assert.deepEqual(readWav(writeWav(sound)), sound)
  })
  it('keeps the voice and takes out what a telephone cannot carry', () => {
    const voice = toTelephone(tone(22_050, 1_000))
    assert.deepEqual([voice.rate, voice.samples.length], [RATE, 4_000])
    assert.ok(Math.abs(power(voice) - 10_000 / Math.SQRT2) < 200, `power ${power(voice)}`)
    assert.ok(power(toTelephone(tone(22_050, 6_000))) < 200)
  })
  it('refuses anything else in one line', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const file of [Buffer.from(bytes), Buffer.concat([writeWav(softTone(1)).subarray(0, 20), bytes])]) {
          try {
            readWav(file)
          } catch (error) {
            assert.doesNotMatch((error as Error).message, /\n|RangeError|out of range/)
          }
        }
      }),
    )
  })
})

describe('prompts', () => {
  let db: Database
  let dir: string
  let mine: Scope
  let other: Scope
  const lines: string[] = []
  before(async () => {
    db = await freshDatabase()
    dir = await mkdtemp(join(tmpdir(), 'vera-prompts-'))
    mine = await makeAgency(db)
    other = await makeAgency(db)
  })
  after(async () => {
    await db.close()
    await rm(dir, { recursive: true })
  })
  const open = (speech?: SpeechCommand, at = dir) =>
    createPrompts({ db, dir: at, speech, log: (line) => lines.push(line) })
  const about = (scope: Scope) => ({ agencyId: scope.agencyId, language: 'es' as const })

  /** A voice that writes down what it was given and says a file we know. */
  const scripted = async () => {
    const script = join(dir, 'voice.mjs')
    const wav = join(dir, 'said.wav')
    await writeFile(wav, writeWav(tone(22_050, 500)))
    await writeFile(
      script,
      `import { appendFileSync, readFileSync, writeSync } from 'node:fs'
appendFileSync(${JSON.stringify(join(dir, 'given.txt'))}, readFileSync(0))
writeSync(1, readFileSync(${JSON.stringify(wav)}))`,
    )
    return { command: process.execPath, args: { es: [script], 'en-US': [script] } }
  }

  it('speaks a text once, at 8 kHz, through standard input', async () => {
    const prompts = open(await scripted())
    const hostile = 'Hola $(reboot); [[h@lo]] <x>\r\n-w /etc/passwd'
    const [first, second] = await Promise.all([prompts.file(hostile, about(mine)), prompts.file(hostile, about(other))])
    assert.equal(first, second)
    const { rate, samples } = readWav(await readFile(first))
    assert.deepEqual([rate, samples.length], [RATE, 4_000])
    assert.equal(await prompts.file(hostile, about(mine)), first)
    assert.equal(await readFile(join(dir, 'given.txt'), 'utf8'), 'Hola $(reboot); h@lo x -w /etc/passwd\n')
    assert.match(first, /^\/[A-Za-z0-9._/-]+$/)
  })
  it('gives a soft tone of about the right length, and says once why, without a voice', async () => {
    const none = { command: '/nonexistent/voice', args: { es: [], 'en-US': [] } }
    const mute = open(none, join(dir, 'mute'))
    lines.length = 0
    const path = await mute.file('Bienvenido al Centro', about(mine))
    await mute.file('Otra cosa', about(mine))
    assert.equal(lines.length, 1)
    assert.match(lines[0] ?? '', /apt-get install espeak-ng/)
    assert.equal(readWav(await readFile(path)).samples.length, (spokenMs('Bienvenido al Centro') * RATE) / 1_000)
    assert.ok((await readdir(join(dir, 'mute', 'spoken'))).every((name) => name.endsWith('.tone.wav')))
  })
  it('gives a tone when the voice fails', async () => {
    const broken = { command: process.execPath, args: { es: ['-e', 'process.exit(3)'], 'en-US': [] } }
    const path = await open(broken, join(dir, 'broken')).file('Hola', about(mine))
    assert.ok(existsSync(path))
  })
  it('keeps recordings by name, for their agency only', async () => {
    const prompts = open()
    await prompts.save(mine, { name: 'bienvenida', text: 'Hola', wav: writeWav(tone(16_000, 500)) })
    const path = await prompts.file({ name: 'bienvenida' }, about(mine))
    assert.equal(readWav(await readFile(path)).rate, RATE)
    assert.equal(await prompts.file('@bienvenida', about(mine)), path)
    await assert.rejects(prompts.file({ name: 'bienvenida' }, about(other)), NoSuchPrompt)
    await assert.rejects(prompts.save(mine, { name: 'x', text: '', wav: Buffer.from('MZ..') }), /WAV/)
    await prompts.save(mine, { name: 'bienvenida', text: 'Hola', wav: writeWav(tone(RATE, 600)) })
    assert.notEqual(await prompts.file('@bienvenida', about(mine)), path)
    assert.equal(existsSync(path), true, 'the earlier version stays')
    const [row] = await prompts.list(mine)
    assert.deepEqual([row?.name, row?.recorded], ['bienvenida', true])
    assert.equal(await prompts.remove(other, row?.id ?? 0), false)
    assert.equal(await prompts.remove(mine, row?.id ?? 0), true)
    assert.deepEqual(await prompts.list(mine), [])
    assert.equal(existsSync(path), false)
  })
  const voice = spawnSync(espeak.command, ['--version']).error ? 'no espeak-ng on this machine' : false
  it('really speaks Spanish', { skip: voice }, async () => {
    const path = await open(undefined, join(dir, 'real')).file('Usted es el número 3 en la fila', about(mine))
    const sound = readWav(await readFile(path))
    assert.ok(
      sound.samples.length > RATE && power(sound) > 500,
      `${sound.samples.length} samples, power ${power(sound)}`,
    )
  })
})

it('what is said has no orders in it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 3_000 }), (text) => {
      const said = sayable(text)
      assert.ok(said.length <= 2_000)
      assert.doesNotMatch(said, /\p{Cc}|\[\[|\]\]|[<>]/u)
    }),
  )
})
