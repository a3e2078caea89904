import { access, constants, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join } from 'node:path'
import { readWav, resample, writeWav } from '../prompts/index.ts'
import { type Compiled, compile } from './grammar.ts'
import { MODEL_FOLDER } from './model.ts'
import { runProgram } from './run-program.ts'
import { failure, type Heard, type Recogniser } from './types.ts'

const MODEL_RATE = 16_000
const TIMEOUT_MS = 8_000
/** More is no answer to a question. */
const MAX_SECONDS = 20
/** A step of pocketsphinx' scores is so much of a natural logarithm: base 1.0001, shifted by 10 bits; weighed by -lw. */
const SCORE_PER_LOG = 6.5 / Math.log(1.0001) / 1024

type Score = { said: string; score: number }

/**
 * Pocketsphinx on Debian's American model, with the words written in its phones. Confidence is ours, since for a grammar it
 * gives none: how much better the answer fits than the best of the other options, and than any sounds at all.
 */
export function pocketsphinx(options: { command?: string; tempDir?: string } = {}): Recogniser {
  // The interactive program cuts an utterance at its pauses and normalises on the fly; its sister takes it as a whole.
  const given = options.command ?? 'pocketsphinx_batch'
  const command = /^pocketsphinx(_continuous)?$/.test(basename(given))
    ? join(dirname(given) === '.' ? '' : dirname(given), 'pocketsphinx_batch')
    : given
  const turn = turns(2)
  let found: { at: number; there: Promise<boolean> } | undefined

  return {
    name: 'pocketsphinx',
    available() {
      if (!found || Date.now() - found.at > 60_000) found = { at: Date.now(), there: isThere(command) }
      return found.there
    },
    async recognise(wav, { language, grammar }) {
      const folder = await mkdtemp(join(options.tempDir ?? tmpdir(), 'vera-heard-')).catch(() => undefined)
      if (!folder) return failure('there is no room for temporary files')
      try {
        const voice = prepared(await readFile(wav))
        const compiled = await compile(grammar, language)
        await writeFile(join(folder, 'voice.wav'), voice)
        await writeFile(join(folder, 'words.dict'), compiled.dictionary)
        await writeFile(join(folder, 'voice.list'), 'voice\n')
        return await turn(() => listen(command, folder, compiled))
      } catch (error) {
        return failure((error as Error).message)
      } finally {
        await rm(folder, { recursive: true, force: true }).catch(() => {})
      }
    },
  }
}

async function listen(command: string, folder: string, compiled: Compiled): Promise<Heard> {
  const all = compiled.grammar()
  if (all === '') return failure('no phrase of the options can be spoken')
  const [best, anything] = await Promise.all([
    decode(command, folder, 'all', all),
    decode(command, folder, 'anything', compiled.anything),
  ])
  const meant = best && compiled.meaning(best.said)
  if (!best || !meant) return { text: '', confidence: 0 }
  const others = compiled.grammar((value) => value !== meant.value)
  const rival = others === '' ? undefined : await decode(command, folder, 'others', others)
  // The more phrases a grammar has the dearer is each of them: put right, so that scores can be compared.
  const fit = best.score + SCORE_PER_LOG * Math.log(alternatives(all))
  const overRival = rival ? fit - (rival.score + SCORE_PER_LOG * Math.log(alternatives(others))) : 2_000
  const overAnything = anything ? fit - anything.score : 2_000
  return { ...meant, confidence: confidenceOf(overRival, overAnything) }
}

/** From two differences of scores. The slopes are drawn from synthetic speech (accuracy.spec.ts): 0.5 divides right and wrong. */
export function confidenceOf(overRival: number, overAnything: number): number {
  const sure = 1 / (1 + Math.exp(-(overRival + 150) / 150))
  const speech = 1 / (1 + Math.exp(-(overAnything + 550) / 150))
  return Math.round(sure * speech * 1_000) / 1_000
}

const alternatives = (grammar: string) => grammar.split('|').length

async function decode(command: string, folder: string, name: string, grammar: string): Promise<Score | undefined> {
  const at = (file: string) => join(folder, file)
  await writeFile(at(`${name}.gram`), grammar)
  const args: Record<string, string> = {
    adcin: 'yes',
    adchdr: '44',
    cepdir: folder,
    cepext: '.wav',
    ctl: at('voice.list'),
    hyp: at(`${name}.hyp`),
    hmm: `${MODEL_FOLDER}/en-us`,
    dict: at('words.dict'),
    jsgf: at(`${name}.gram`),
    cmn: 'batch',
    beam: '1e-70',
    wbeam: '1e-50',
    pbeam: '1e-70',
  }
  const flat = Object.entries(args).flatMap(([key, value]) => [`-${key}`, value])
  await runProgram(command, flat, { timeoutMs: TIMEOUT_MS })
  // `w1 w2 (voice -2291)`
  const match = /^(.*?) ?\(voice (-?\d+)\)/.exec(await readFile(at(`${name}.hyp`), 'utf8'))
  return match?.[1] ? { said: match[1].trim(), score: Number(match[2]) } : undefined
}

/**
 * The utterance as the model wants it: 16 kHz, with some silence around, and faint noise where the telephone carries nothing.
 * @throws Error when it is no WAV
 */
function prepared(file: Buffer): Buffer {
  const sound = readWav(file)
  const spoken = { rate: sound.rate, samples: sound.samples.subarray(0, sound.rate * MAX_SECONDS) }
  const { samples } = resample(spoken, MODEL_RATE)
  const edge = MODEL_RATE / 5
  const whole = new Int16Array(samples.length + 2 * edge)
  // Always the same noise: the same utterance is always understood alike.
  let seed = 1
  const random = () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff
    return seed / 0x7fffffff
  }
  for (let i = 0; i < whole.length; i++) {
    const sample = (samples[i - edge] ?? 0) + (random() + random() - 1) * 4
    whole[i] = Math.max(-32_768, Math.min(32_767, Math.round(sample)))
  }
  return writeWav({ rate: MODEL_RATE, samples: whole })
}

async function isThere(command: string): Promise<boolean> {
  const places = command.includes('/')
    ? [command]
    : (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, command))
  const may = (path: string, mode: number) =>
    access(path, mode).then(
      () => true,
      () => false,
    )
  const programs = await Promise.all(places.map((path) => may(path, constants.X_OK)))
  return programs.includes(true) && may(`${MODEL_FOLDER}/en-us/mdef`, constants.R_OK)
}

/** So many at a time, the others in line: a rush of callers must not take the processor from the calls. */
function turns(parallel: number): <T>(work: () => Promise<T>) => Promise<T> {
  let busy = 0
  const line: (() => void)[] = []
  return async (work) => {
    if (busy >= parallel) await new Promise<void>((next) => line.push(next))
    busy++
    try {
      return await work()
    } finally {
      busy--
      line.shift()?.()
    }
  }
}
