import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { WebSocketServer } from 'ws'
import { writeWav } from '../prompts/index.ts'
import { compile } from './grammar.ts'
import { createRecogniser, createSpeechPort } from './index.ts'
import { meaningOf } from './meaning.ts'
import { httpRecogniser, programRecogniser, socketRecogniser } from './others.ts'
import { spanishPhones, wordsOf } from './spanish-phones.ts'

const grammar = {
  options: [
    { value: 'yes', phrases: ['sí', 'sí claro'] },
    { value: 'no', phrases: ['no', 'no, gracias'] },
  ],
}
const about = { language: 'es' as const, grammar }

describe('Spanish in the phones of the model', () => {
  it('reads as it is written', () => {
    const first = (word: string) => spanishPhones(word)[0]
    assert.equal(first('sí'), 'S IY')
    assert.equal(first('no'), 'N AO')
    assert.equal(first('guerra'), 'G EH R AA')
    assert.equal(first('quince'), 'K IY N S EH')
    assert.equal(first('hueso'), 'W EH S AO')
    assert.equal(first('año'), 'AA N Y AO')
    assert.equal(first('jueves'), 'HH W EH B EH S')
    assert.deepEqual(new Set(spanishPhones('calle').map((one) => one.split(' ')[2])), new Set(['JH', 'Y', 'SH']))
    assert.equal(first('rey'), 'R EY')
    assert.equal(first('ciudad'), 'S Y UW DH AA D')
  })
  it('says numbers as words', () => {
    assert.deepEqual(wordsOf('Opción 31, ¡ya!'), ['opción', 'treinta', 'y', 'uno', 'ya'])
    assert.deepEqual(wordsOf('147'), ['uno', 'cuatro', 'siete'])
  })
  it('gives only phones of the model, whatever is written, and no outside text gets into a file', async () => {
    const known = new Set((await compile(grammar, 'es')).anything.match(/p[A-Z]+/g)?.map((one) => one.slice(1)))
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme', maxLength: 40 }), { maxLength: 5 }), async (phrases) => {
        const made = await compile({ options: [{ value: 'x', phrases }] }, 'es')
        for (const line of made.dictionary.trim().split('\n')) {
          const [word = '', ...phones] = line.split(' ')
          assert.match(word, /^(w\d+(\(\d\))?|p[A-Z]+)$/)
          assert.ok(phones.length > 0 && phones.every((phone) => known.has(phone)), line)
        }
        assert.match(made.grammar(), /^(#JSGF V1\.0;\ngrammar vera;\npublic <said> = [w\d ()|]+;\n)?$/)
      }),
    )
  })
})

it('finds the option in a text, and none where two fit', () => {
  assert.equal(meaningOf('Sí.', grammar), 'yes')
  assert.equal(meaningOf('eh no gracias', grammar), 'no')
  assert.equal(meaningOf('norte', grammar), undefined)
  assert.equal(meaningOf('sí o no', grammar), undefined)
})

describe('recognisers in place of pocketsphinx', () => {
  let dir: string
  let wav: string
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'vera-recognition-'))
    wav = join(dir, 'one.wav')
    const samples = Int16Array.from({ length: 12_000 }, (_, i) => 5_000 * Math.sin(i / 3))
    await writeFile(wav, writeWav({ rate: 8_000, samples }))
  })
  after(() => rm(dir, { recursive: true }))

  it('an HTTP service', async () => {
    let answer = '{"text":"sí, claro","confidence":0.9}'
    let got = ''
    const server = createServer((request, response) => {
      request.setEncoding('latin1').on('data', (chunk) => {
        got += chunk
      })
      request.on('end', () => (answer === '' ? undefined : response.end(answer)))
    }).listen(0, '127.0.0.1')
    await new Promise((open) => server.once('listening', open))
    const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`
    try {
      const service = httpRecogniser(at, { timeoutMs: 300 })
      assert.deepEqual(await service.recognise(wav, about), { value: 'yes', text: 'sí, claro', confidence: 0.9 })
      assert.match(got, /RIFF/)
      assert.match(got, /name="grammar"/)
      answer = '{"text":"x","value":"drop table","confidence":7}'
      assert.deepEqual(await service.recognise(wav, about), { text: 'x', confidence: 1 })
      for (const bad of ['<html>', '[]', '{}', '']) {
        answer = bad
        const { failed, ...rest } = await service.recognise(wav, about)
        assert.ok(failed, JSON.stringify(bad))
        assert.deepEqual(rest, { text: '', confidence: 0 })
      }
    } finally {
      server.closeAllConnections()
      server.close()
    }
    assert.match((await httpRecogniser(at).recognise(wav, about)).failed ?? '', /ECONNREFUSED|fetch failed/)
  })
  it('a websocket service as vosk-server', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
    let bytes = 0
    let config = ''
    server.on('connection', (socket) => {
      socket.on('message', (data, binary) => {
        if (binary) bytes += (data as Buffer).length
        const text = binary ? '' : String(data)
        if (text.includes('config')) config = text
        else if (text.includes('eof')) {
          socket.send('{"result":[{"conf":0.5,"word":"no"},{"conf":1,"word":"gracias"}],"text":"no gracias"}')
          socket.close()
        } else socket.send('{"partial":""}')
      })
    })
    await new Promise((open) => server.once('listening', open))
    const at = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
    const heard = await socketRecogniser(at).recognise(wav, about)
    assert.deepEqual(heard, { value: 'no', text: 'no gracias', confidence: 0.75 })
    assert.equal(bytes, 24_000)
    assert.deepEqual(JSON.parse(config).config.phrase_list, ['sí', 'sí claro', 'no', 'no, gracias', '[unk]'])
    await new Promise((closed) => server.close(closed))
    assert.ok((await socketRecogniser(at).recognise(wav, about)).failed)
  })
  it('any program', async () => {
    const script = `let t='';process.stdin.on('data',d=>t+=d).on('end',()=>console.log(JSON.stringify({value:JSON.parse(t).options[1].value,text:process.argv.at(-1).slice(-4)})))`
    const heard = await programRecogniser(process.execPath, ['-e', script]).recognise(wav, about)
    assert.deepEqual(heard, { value: 'no', text: '.wav', confidence: 0.8 })
    const slow = programRecogniser(process.execPath, ['-e', 'setInterval(()=>{},1000)'], { timeoutMs: 100 })
    assert.match((await slow.recognise(wav, about)).failed ?? '', /longer than 100 ms/)
  })
  it('one line in the log when there is none, and silence asks nobody', async () => {
    const lines: string[] = []
    const none = createRecogniser({ setting: '/nonexistent/pocketsphinx_batch', log: (line) => lines.push(line) })
    assert.equal(await none.available(), false)
    assert.equal(await none.available(), false)
    assert.equal(lines.length, 1)
    assert.match(lines[0] ?? '', /apt-get install pocketsphinx/)
    assert.ok((await none.recognise(wav, about)).failed)
    assert.ok((await none.recognise(join(dir, 'gone.wav'), about)).failed)
    const quiet = join(dir, 'quiet.wav')
    await writeFile(quiet, writeWav({ rate: 8_000, samples: new Int16Array(8_000) }))
    assert.deepEqual(await none.recognise(quiet, about), { text: '', confidence: 0, silent: true })
  })
  it('keeps an utterance only where the agency wants it', async () => {
    const folder = join(dir, 'speech')
    const recogniser = createRecogniser({ setting: 'http://127.0.0.1:9', log: () => {} })
    const port = createSpeechPort({ recogniser, dir: folder, keeps: async (agency) => agency === 2, log: () => {} })
    for (const agency of [1, 2]) {
      const path = await port.open()
      await writeFile(path, 'x')
      await port.close(path, agency)
    }
    assert.deepEqual(await readdir(folder), ['kept'])
    assert.equal((await readdir(join(folder, 'kept'))).length, 1)
  })
})
