import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import fc from 'fast-check'
import type { Scope } from '../database/index.ts'
import { makeAgency, onEachDatabase } from '../testing/database.ts'
import { levelOf, shapeForTelephone } from './loudness.ts'
import { isMp3 } from './mp3.ts'
import { createPrompts, PromptInUse } from './prompts.ts'
import { UploadRefused } from './refused.ts'
import { espeak, nameOf, voicesOf } from './speech.ts'
import { readUpload } from './upload.ts'
import { flowUses } from './used.ts'
import { RATE, readWav, type Sound, writeWav } from './wav.ts'

/** Bursts of a voice-like sound between pauses, with silence around. */
function voice(amplitude: number, rate = 16_000, seconds = 3): Sound {
  const samples = Int16Array.from({ length: rate * seconds }, (_, i) => {
    const at = i / rate
    const speaks = at > 0.8 && at < seconds - 0.8 && at % 0.5 < 0.35
    return speaks ? amplitude * Math.sin(2 * Math.PI * 300 * at) * (0.6 + 0.4 * Math.sin(2 * Math.PI * 5 * at)) : 0
  })
  return { rate, samples }
}
const by = { userId: 3, username: 'ana' }

describe('telephone level', () => {
  it('brings a faint and a loud voice to the same level, under the limit of the peaks', () => {
    for (const amplitude of [150, 3_000, 32_000]) {
      const { after, sound } = shapeForTelephone(voice(amplitude))!
      assert.ok(Math.abs(after.rms + 16) < 2.5, `rms ${after.rms} from ${amplitude}`)
      assert.ok(after.peak <= -2.9, `peak ${after.peak}`)
      const seconds = sound.samples.length / sound.rate
      assert.ok(seconds > 1.2 && seconds < 1.8, `${seconds} s: the silence around is gone`)
    }
  })
  it('takes out hum and a constant part', () => {
    const hummed = voice(6_000)
    const dirty = {
      ...hummed,
      samples: hummed.samples.map((s, i) => s + 4_000 + 3_000 * Math.sin((2 * Math.PI * 30 * i) / hummed.rate)),
    }
    const { sound } = shapeForTelephone(dirty)!
    const mean = sound.samples.reduce((sum, sample) => sum + sample, 0) / sound.samples.length
    assert.ok(Math.abs(mean) < 200, `mean ${mean}`)
  })
  it('never clips, whatever it is given', () => {
    const sounds = fc.array(fc.integer({ min: -32_768, max: 32_767 }), { minLength: 1_600, maxLength: 3_000 })
    fc.assert(
      fc.property(sounds, (samples) => {
        const shaped = shapeForTelephone({ rate: RATE, samples: Int16Array.from(samples) })
        if (shaped) assert.ok(levelOf(Float64Array.from(shaped.sound.samples, (s) => s / 32_768)).peak <= -2.9)
      }),
      { numRuns: 30 },
    )
  })
})

describe('uploads', () => {
  const refusal = (bytes: Buffer) =>
    readUpload(bytes).then(
      () => 'taken',
      (error) => (error instanceof UploadRefused ? error.code : String(error)),
    )
  it('are told by their content', async () => {
    assert.equal(await refusal(Buffer.from(`MZ${'x'.repeat(900)}`)), 'prompts.not_sound')
    assert.equal(await refusal(Buffer.from('<svg onload=alert(1)>')), 'prompts.not_sound')
    assert.equal(await refusal(Buffer.from(`RIFF....WAVEfmt ${'x'.repeat(80)}`)), 'prompts.not_wav')
    assert.equal(await refusal(writeWav({ rate: RATE, samples: new Int16Array(RATE) })), 'prompts.silent')
    assert.equal(await refusal(writeWav(voice(5_000, 8_000, 0))), 'prompts.too_short')
    assert.equal(await refusal(Buffer.alloc(21 * 1_048_576)), 'prompts.too_big')
    assert.equal(await refusal(writeWav({ rate: 4_000, samples: new Int16Array(4_000 * 601) })), 'prompts.too_long')
  })
  it('may be of 8, 24 or 32 bits, float or G.711, in stereo', () => {
    const wav = (format: number, bits: number, write: (bytes: Buffer, at: number, x: number) => void) => {
      const width = bits / 8
      const bytes = Buffer.alloc(44 + 200 * 2 * width)
      writeWav({ rate: RATE, samples: new Int16Array(0) }).copy(bytes)
      bytes.writeUInt16LE(format, 20)
      bytes.writeUInt16LE(2, 22)
      bytes.writeUInt16LE(bits, 34)
      bytes.writeUInt32LE(200 * 2 * width, 40)
      for (let i = 0; i < 400; i++) write(bytes, 44 + i * width, i % 2 === 0 ? 0.5 : 0.25)
      return readWav(bytes).samples
    }
    for (const samples of [
      wav(1, 8, (bytes, at, x) => bytes.writeUInt8(128 + x * 128, at)),
      wav(1, 24, (bytes, at, x) => bytes.writeIntLE(x * 8_388_608, at, 3)),
      wav(1, 32, (bytes, at, x) => bytes.writeInt32LE(x * 2_147_483_648, at)),
      wav(3, 32, (bytes, at, x) => bytes.writeFloatLE(x, at)),
    ]) {
      assert.equal(samples.length, 200)
      assert.ok(Math.abs((samples[100] as number) - 0.375 * 32_768) < 2)
    }
    // G.711: 0x80 is the loudest of µ-law, 0xaa of A-law.
    assert.equal(wav(7, 8, (bytes, at) => bytes.writeUInt8(0x80, at))[0], 32_124)
    assert.equal(wav(6, 8, (bytes, at) => bytes.writeUInt8(0xaa, at))[0], 32_256)
  })
  it('of hostile bytes are refused in one line or not at all', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        const head = writeWav({ rate: RATE, samples: new Int16Array(0) }).subarray(0, 20)
        assert.match(await refusal(Buffer.concat([head, bytes])), /^prompts\.|^taken$/)
      }),
      { numRuns: 30 },
    )
  })
  it('do not hold up the calls while they are brought to level', async () => {
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    const { sound } = await readUpload(writeWav({ rate: 16_000, samples: voice(60_000).samples }))
    clearInterval(timer)
    assert.ok(sound.samples.length > 0)
    assert.ok(turns >= 10, `${turns} turns`)
  })
  it('are MP3 by two frames that fit', () => {
    const frames = Buffer.alloc(2_000)
    for (const at of [0, 417, 834]) frames.writeUInt32BE(0xfffb9000, at)
    assert.equal(isMp3(frames), true)
    assert.equal(isMp3(frames.subarray(0, 417)), false)
    assert.equal(isMp3(Buffer.from('ÿû no es un mp3', 'latin1')), false)
  })
  const sox = spawnSync('sox', ['--version']).error ? 'no sox on this machine' : false
  it('MP3 is decoded, a broken one refused', { skip: sox }, async () => {
    const { stdout, status } = spawnSync('sox', ['-t', 'wav', '-', '-t', 'mp3', '-C', '64', '-'], {
      input: writeWav(voice(4_000)),
    })
    if (status === 0) {
      const { sound, after } = await readUpload(stdout)
      assert.ok(sound.samples.length > RATE && Math.abs(after.rms + 16) < 2.5)
    }
    assert.match(await refusal(Buffer.concat([Buffer.from('ID3'), Buffer.alloc(3_000)])), /prompts\.(bad|no)_mp3/)
  })
})

describe('voices', () => {
  it('are espeak-ng, a program or a service', () => {
    assert.deepEqual(voicesOf(undefined), [espeak])
    const [program] = voicesOf('/opt/voz --lang {language}')
    assert.deepEqual(program, { command: '/opt/voz', args: { es: ['--lang', 'es'], 'en-US': ['--lang', 'en-US'] } })
    assert.equal(nameOf(voicesOf('https://user:secret@voz.example/tts')[0]!), 'voz.example')
  })
})

describe('uses in flows', () => {
  it('are found at any depth', () => {
    const uses = flowUses([
      { id: 't', type: 'tab', label: 'Entrada' },
      { id: 'a', z: 't', type: 'vera-play', name: 'saludo', say: [{ as: 'recording', value: 'hola' }] },
      { id: 'b', z: 't', type: 'vera-queue', messages: ['@espera', 'texto'], say: { as: 'text', value: 'hola' } },
      null,
    ])
    assert.deepEqual(uses, [
      { name: 'hola', kind: 'flow', where: 'Entrada', at: 'saludo' },
      { name: 'espera', kind: 'flow', where: 'Entrada', at: 'vera-queue' },
    ])
  })
})

onEachDatabase('the library', (db) => {
  let dir: string
  let mine: Scope
  let other: Scope
  let at = 1_000
  const alarms: string[] = []
  const none = { command: '/nonexistent/voice', args: { es: [], 'en-US': [] } }
  const open = (speech: Parameters<typeof createPrompts>[0]['speech'] = none) =>
    createPrompts({
      db: db(),
      dir,
      speech,
      log: () => {},
      alarm: (agencyId, { code, subject }) => alarms.push(`${agencyId} ${code} ${subject}`),
      now: () => ++at,
    })
  const about = () => ({ agencyId: mine.agencyId, language: 'es' as const })
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'vera-library-'))
  })
  after(() => rm(dir, { recursive: true }))
  beforeEach(async () => {
    mine = await makeAgency(db())
    other = await makeAgency(db())
    alarms.length = 0
  })

  it('keeps each save as a version and brings one back', async () => {
    const prompts = open()
    const id = await prompts.save(mine, { name: 'a', text: 'uno', wav: writeWav(voice(4_000)), by })
    const first = await prompts.file('@a', about())
    await prompts.save(mine, { name: 'a', text: 'dos', spoken: true, language: 'es', by })
    assert.notEqual(await prompts.file('@a', about()), first)
    const versions = await prompts.versions(mine, id)
    const told = versions.map(({ number, text, recorded, by, current }) => [number, text, recorded, by, current])
    assert.deepEqual(told, [
      [2, 'dos', false, 'ana', true],
      [1, 'uno', true, 'ana', false],
    ])
    assert.match(versions[1]?.sha256 ?? '', /^[0-9a-f]{64}$/)
    assert.equal(await prompts.restore(other, id, 1, by), false)
    assert.equal(await prompts.restore(mine, id, 9, by), false)
    assert.equal(await prompts.restore(mine, id, 1, by), true)
    assert.equal(await prompts.file('@a', about()), first)
    assert.deepEqual(
      (await prompts.versions(mine, id)).map(({ number }) => number),
      [3, 2, 1],
    )
    assert.deepEqual(await prompts.versions(other, id), [])
    assert.equal(await prompts.versionFile(other, id, 1), undefined)
  })
  it('adopts what was there before versions', async () => {
    const row = { agency_id: mine.agencyId, name: 'vieja', text: 'antes', updated_at: 5 }
    await db().knex('prompts').insert(row)
    const prompts = open()
    const id = await prompts.save(mine, { name: 'vieja', text: 'ahora', by })
    assert.deepEqual(
      (await prompts.versions(mine, id)).map(({ number, text }) => [number, text]),
      [
        [2, 'ahora'],
        [1, 'antes'],
      ],
    )
  })
  it('does not let go of what a flow, a queue or a rule plays', async () => {
    const prompts = open()
    const id = await prompts.save(mine, { name: 'usada', text: 'hola', wav: writeWav(voice(4_000)) })
    const path = await prompts.file('@usada', about())
    const deploy = (flows: unknown) =>
      db()
        .knex('flow_deploys')
        .insert({ username: 'x', at: 1, flows: JSON.stringify(flows), credentials: '{}' })
    await deploy([{ id: 'n', z: 't', type: 'vera-play', say: { as: 'recording', value: 'usada' } }])
    await db().knex('flow_deploys').insert({ username: 'x', at: 2, flows: '{broken', credentials: '{}' })
    await assert.rejects(prompts.remove(mine, id), PromptInUse)
    await deploy([])
    const queue = { agency_id: mine.agencyId, code: 'q', name: 'Cola', channel: 'voice', levels: '[]', active: true }
    await db()
      .knex('queues')
      .insert({ ...queue, messages: '["@usada"]' })
    await assert.rejects(prompts.remove(mine, id), /Cola/)
    await db().knex('queues').where({ agency_id: mine.agencyId }).update({ messages: '[]' })
    assert.equal(existsSync(path), true)
    assert.equal(await prompts.remove(mine, id), true)
    assert.equal(existsSync(path), false)
    assert.equal(await prompts.remove(mine, id), false)
  })
  it('raises an alarm and speaks when a file is gone', async () => {
    const prompts = open()
    await prompts.save(mine, { name: 'a', text: 'dicho', wav: writeWav(voice(4_000)) })
    await rm(await prompts.file('@a', about()))
    assert.match(await prompts.file('@a', about()), /\/spoken\//)
    await prompts.file('@a', about())
    assert.deepEqual(alarms, [`${mine.agencyId} prompt.missing a`])
    await prompts.save(mine, { name: 'b', text: '', wav: writeWav(voice(4_000)) })
    const earlier = await prompts.file('@b', about())
    await prompts.save(mine, { name: 'b', text: '', wav: writeWav(voice(5_000)) })
    await rm(await prompts.file('@b', about()))
    assert.equal(await prompts.file('@b', about()), earlier)
  })
  it('speaks by a service, and by what was there when the service fails', async () => {
    let fails = false
    let asked = ''
    const server = createServer((request, response) => {
      let text = ''
      request.on('data', (chunk) => {
        text += chunk
      })
      request.on('end', () => {
        asked = `${request.headers['accept-language']} ${text}`
        response.statusCode = fails ? 500 : 200
        response.end(fails ? 'no' : writeWav(voice(3_000)))
      })
    }).listen(0, '127.0.0.1')
    await new Promise((up) => server.once('listening', up))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/voz`
    const local = { command: process.execPath, args: { es: ['-e', `process.exit(1)`], 'en-US': [] } }
    const prompts = open([{ url }, local])
    const first = await prompts.file('hola', about())
    assert.equal(asked, 'es hola')
    assert.equal(readWav(await readFile(first)).rate, RATE)
    fails = true
    assert.equal(await prompts.file('hola', about()), first, 'what was made stays')
    assert.match(await prompts.file('chau', about()), /\.tone\.wav$/)
    fails = false
    asked = ''
    assert.match(await prompts.file('otra', about()), /\.tone\.wav$/)
    assert.equal(asked, '', 'a voice that failed rests')
    server.close()
  })
})
