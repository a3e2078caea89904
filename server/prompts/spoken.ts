// Texts made speech once and kept as files.
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { type Language, nameOf, sayable, speak, toneFor, type Voice } from './speech.ts'
import { writeWav } from './wav.ts'

const PARALLEL = 2
/** A voice that failed is left alone for so long: callers do not wait for its time-out one after another, ms. */
const REST_MS = 30_000

export type Spoken = {
  /** Never fails: what one voice cannot say the next one says, else a soft tone of about the same length stands in. */
  file(text: string, language: Language): Promise<string>
}

export function createSpoken(options: {
  dir: string
  /** The first that works speaks. */
  voices: readonly Voice[]
  log(line: string): void
  keep: number
  now(): number
}): Spoken {
  const { log, keep, now } = options
  const spokenDir = join(options.dir, 'spoken')
  const { voices } = options
  const underWay = new Map<string, Promise<string>>()
  const resting = new Map<Voice, number>()
  const absent = new Set<Voice>()
  let speaking = 0
  let made = 0
  const inLine: (() => void)[] = []

  const turn = async <T>(work: () => Promise<T>): Promise<T> => {
    if (speaking >= PARALLEL) await new Promise<void>((next) => inLine.push(next))
    speaking++
    try {
      return await work()
    } finally {
      speaking--
      inLine.shift()?.()
    }
  }
  const pathFor = (said: string, language: Language, voice: Voice) => {
    const about = 'url' in voice ? [voice.url] : [voice.command, voice.args[language]]
    const key = createHash('sha256')
      .update(JSON.stringify([said, language, ...about]))
      .digest('hex')
      .slice(0, 32)
    return join(spokenDir, `${key}.wav`)
  }
  const make = async (said: string, language: Language): Promise<string> => {
    for (const voice of voices) {
      const path = pathFor(said, language, voice)
      if (await exists(path)) return path
      if (absent.has(voice) || (resting.get(voice) ?? 0) > now()) continue
      await keepText(path, said)
      try {
        const sound = await turn(() => speak(said, language, voice))
        if (++made % 500 === 0) void prune(spokenDir, keep)
        return await writeWhole(path, writeWav(sound))
      } catch (error) {
        failed(voice, error as NodeJS.ErrnoException)
      }
    }
    const path = pathFor(said, language, voices[0] as Voice)
    const tone = path.replace(/\.wav$/, '.tone.wav')
    if (await exists(tone)) return tone
    await keepText(path, said)
    return writeWhole(tone, writeWav(toneFor(said)))
  }
  const failed = (voice: Voice, error: NodeJS.ErrnoException) => {
    const last = voice === voices.at(-1)
    const instead = last ? 'callers hear a soft tone instead of speech' : 'another voice speaks in its place'
    if (error.code === 'ENOENT') {
      absent.add(voice)
      log(
        `prompts: there is no «${nameOf(voice)}» on this machine, so ${instead}; install it (Debian: apt-get install espeak-ng) and start again`,
      )
      return
    }
    if (!last) resting.set(voice, now() + REST_MS)
    log(`prompts: a text could not be spoken, ${last ? 'a tone stands in' : instead}: ${error.message}`)
  }

  return {
    file(text, language) {
      const said = sayable(text)
      const key = `${language} ${said}`
      const begun = underWay.get(key)
      if (begun) return begun
      const making = make(said, language).finally(() => underWay.delete(key))
      underWay.set(key, making)
      return making
    },
  }
}

/**
 * What a WAV under `<dir>/spoken` says; undefined for any other file, and for one whose text was not kept.
 */
export async function spokenText(dir: string, path: string): Promise<string | undefined> {
  if (dirname(path) !== join(resolve(dir), 'spoken') || !path.endsWith('.wav')) return undefined
  return readFile(textFile(path), 'utf8').catch(() => undefined)
}

/** The text of `<dir>/spoken/<key>.wav` (or `.tone.wav`) is in `<dir>/texts/<key>.txt`. */
const textFile = (wav: string) => join(dirname(dirname(wav)), 'texts', basename(wav).replace(/(\.tone)?\.wav$/, '.txt'))

async function keepText(wav: string, said: string): Promise<void> {
  await mkdir(dirname(wav), { recursive: true })
  await mkdir(dirname(textFile(wav)), { recursive: true })
  await writeWhole(textFile(wav), Buffer.from(said))
}

/** Whole or not at all: the switch may open it the moment it is there. */
export async function writeWhole(path: string, bytes: Buffer): Promise<string> {
  const half = `${path}.${randomBytes(4).toString('hex')}.half`
  await writeFile(half, bytes)
  await rename(half, path)
  return path
}

export async function exists(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  if (!found) return false
  // Used now: the last to be thrown away. Once a day is enough.
  if (Date.now() - found.mtimeMs > 86_400_000) await utimes(path, new Date(), new Date()).catch(() => {})
  return true
}

async function prune(folder: string, keep: number): Promise<void> {
  const files = await Promise.all(
    (await readdir(folder))
      .filter((name) => name.endsWith('.wav'))
      .map(async (name) => ({
        name,
        at: (await stat(join(folder, name)).catch(() => undefined))?.mtimeMs ?? 0,
      })),
  )
  files.sort((a, b) => b.at - a.at)
  for (const { name } of files.slice(keep)) {
    await rm(join(folder, name), { force: true })
    await rm(textFile(join(folder, name)), { force: true })
  }
}
