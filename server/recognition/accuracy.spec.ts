// How well pocketsphinx understands synthetic Spanish as a telephone brings it: 8 kHz, µ-law, noise. Prints the table; the
// floors are well under what was measured, so that they fall only when something breaks.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { definition } from '../../nodes/ivr/yes-no/config.ts'
import { phrasesOf } from '../../nodes/kit/listening.ts'
import { readWav, resample, writeWav } from '../prompts/index.ts'
import { createRecogniser } from './index.ts'
import type { Grammar } from './types.ts'

const voices = 'es es-419 es+m3 es-419+m7 es-419+f1 es+f2 es-419+f3 es-419+f4 es+m5 es-419+m1'.split(' ')
const others = ['perro', 'hola qué tal', 'quiero hablar con alguien', 'mañana a la tarde', 'teléfono', 'buenas tardes']
const COUNT = Number(process.env.UTTERANCES ?? 48)
/** What the nodes ask for by default. */
const SURE = definition.fields.confidence.default / 100

const yesNo: Grammar = {
  options: [
    { value: 'yes', phrases: phrasesOf(definition.fields.yes.default) },
    { value: 'no', phrases: phrasesOf(definition.fields.no.default) },
  ],
}
const menu: Grammar = {
  options: [
    { value: '1', phrases: ['impuestos', 'impuesto inmobiliario'] },
    { value: '2', phrases: ['salud', 'turnos médicos'] },
    { value: '3', phrases: ['trámites', 'mis trámites'] },
    { value: '4', phrases: ['operador', 'hablar con una persona'] },
  ],
}

const recogniser = createRecogniser({ log: () => {} })
const espeak = spawnSync('espeak-ng', ['--version']).error ? 'no espeak-ng on this machine' : false
const skip = espeak || ((await recogniser.available()) ? false : 'no pocketsphinx on this machine')

describe('what pocketsphinx understands', { skip }, () => {
  let dir: string
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'vera-accuracy-'))
  })
  after(() => rm(dir, { recursive: true }))

  for (const [name, grammar, floor] of [
    ['sí o no', yesNo, 0.7],
    ['a menu of four', menu, 0.7],
  ] as const) {
    it(name, async (t) => {
      const random = from(7)
      const said = grammar.options.flatMap(({ value, phrases }) => phrases.map((text) => ({ value, text })))
      const figures = { said: 0, right: 0, wrong: 0, unsure: 0, other: 0, taken: 0 }
      const one = async (at: number) => {
        const strange = at % 4 === 3
        const { value, text } = strange
          ? { value: undefined, text: others[at % others.length] as string }
          : (said[at % said.length] as (typeof said)[number])
        const path = join(dir, `${at}.wav`)
        await writeFile(path, utterance(text, [30, 20, 12][at % 3] as number, random))
        const heard = await recogniser.recognise(path, { language: 'es', grammar })
        assert.equal(heard.failed, undefined)
        const taken = heard.confidence >= SURE ? heard.value : undefined
        if (process.env.SHOW) t.diagnostic(`${text}: ${heard.value} ${heard.confidence}`)
        figures[strange ? 'other' : 'said']++
        if (strange) figures.taken += taken === undefined ? 0 : 1
        else figures[taken === value ? 'right' : taken === undefined ? 'unsure' : 'wrong']++
      }
      for (let at = 0; at < COUNT; at += 2) await Promise.all([one(at), one(at + 1)])
      const { said: all, right, wrong, unsure, other, taken } = figures
      t.diagnostic(
        `${name}: ${right} of ${all} right, ${unsure} asked again, ${wrong} wrong; ${taken} of ${other} others taken`,
      )
      assert.ok(right >= all * floor, 'understood')
      assert.ok(wrong <= all * 0.1, 'taken for another')
      assert.ok(taken <= other * 0.5, 'what is no option is not taken for one')
    })
  }
})

/** The same numbers each time. */
function from(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return state / 0x7fffffff
  }
}

function utterance(text: string, noiseDb: number, random: () => number): Buffer {
  const pick = (low: number, high: number) => String(Math.floor(low + random() * (high - low)))
  const voice = voices[Math.floor(random() * voices.length)] as string
  const args = ['-v', voice, '-s', pick(120, 200), '-p', pick(30, 70), '--stdin', '--stdout']
  const { samples } = resample(readWav(spawnSync('espeak-ng', args, { input: text, maxBuffer: 1e8 }).stdout), 8_000)
  const rms = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length)
  const edge = 4_000
  const out = new Int16Array(samples.length + 2 * edge)
  for (let i = 0; i < out.length; i++) {
    const noise = (random() + random() + random() + random() - 2) * Math.sqrt(3) * 1_500 * 10 ** (-noiseDb / 20)
    out[i] = muLaw(((samples[i - edge] ?? 0) / rms) * 1_500 + noise)
  }
  return writeWav({ rate: 8_000, samples: out })
}

/** There and back (ITU-T G.711). */
function muLaw(sample: number): number {
  const x = Math.max(-1, Math.min(1, sample / 32_768))
  const coded = Math.round((Math.log(1 + 255 * Math.abs(x)) / Math.log(256)) * 127) / 127
  return Math.sign(x) * ((256 ** coded - 1) / 255) * 32_767
}
