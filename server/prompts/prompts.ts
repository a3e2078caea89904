import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { Database, Scope } from '../database/index.ts'
import { espeak, type Language, type SpeechCommand, sayable, speak, toneFor } from './speech.ts'
import { readWav, toTelephone, writeWav } from './wav.ts'

export type PromptsOptions = {
  db: Database
  /** Absolute; the switch reads there too. Letters, digits, `.`, `_` and `-` only (the switch splits others). */
  dir: string
  /** Default espeak-ng. */
  speech?: SpeechCommand
  log(line: string): void
  now?(): number
  /** Spoken texts kept; the ones not used for longest go first (4,000). */
  keep?: number
}
export type PromptAbout = { agencyId: number; language: Language }
export type NamedPrompt = {
  id: number
  name: string
  text: string
  /** Uploaded, in place of the text spoken. */
  recorded: boolean
  updatedAt: number
}

/** No recording of that name in the agency. */
export class NoSuchPrompt extends Error {
  readonly code = 'prompt.not_found'
}

export type Prompts = {
  /**
   * A WAV that says it: a text, or a recording by name (`{name}`, or text `@name`). Texts never fail: without a voice they
   * are a soft tone of about the same length. @throws NoSuchPrompt
   */
  file(prompt: string | { name: string }, about: PromptAbout): Promise<string>
  list(scope: Scope): Promise<NamedPrompt[]>
  /** Creates or replaces by name; `wav` of any rate is stored as the switch likes it. @throws Error when it is not a WAV */
  save(scope: Scope, values: { name: string; text: string; wav?: Buffer }): Promise<void>
  remove(scope: Scope, id: number): Promise<boolean>
}

const PARALLEL = 2

export function createPrompts(options: PromptsOptions): Prompts {
  const { db, log, speech = espeak, keep = 4_000 } = options
  const now = options.now ?? (() => Date.now())
  const dir = resolve(options.dir)
  const spokenDir = join(dir, 'spoken')
  const underWay = new Map<string, Promise<string>>()
  let mute = false
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
  const spoken = (text: string, language: Language): Promise<string> => {
    const said = sayable(text)
    const key = createHash('sha256')
      .update(JSON.stringify([said, language, speech.command, speech.args[language]]))
      .digest('hex')
      .slice(0, 32)
    const path = join(spokenDir, `${key}.wav`)
    const begun = underWay.get(key)
    if (begun) return begun
    const making = make(path, said, language).finally(() => underWay.delete(key))
    underWay.set(key, making)
    return making
  }
  const make = async (path: string, said: string, language: Language): Promise<string> => {
    const tone = path.replace(/\.wav$/, '.tone.wav')
    if (await exists(path)) return path
    if (mute && (await exists(tone))) return tone
    await mkdir(spokenDir, { recursive: true })
    await mkdir(dirname(textFile(path)), { recursive: true })
    await write(textFile(path), Buffer.from(said))
    try {
      const sound = mute ? undefined : await turn(() => speak(said, language, speech))
      if (!sound) return await write(tone, writeWav(toneFor(said)))
      if (++made % 500 === 0) void prune(spokenDir, keep)
      return await write(path, writeWav(sound))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' && !mute) {
        mute = true
        log(
          `prompts: there is no «${speech.command}» on this machine, so callers hear a soft tone instead of speech; install it (Debian: apt-get install espeak-ng) and start again`,
        )
      } else log(`prompts: a text could not be spoken, a tone stands in: ${(error as Error).message}`)
      return write(tone, writeWav(toneFor(said)))
    }
  }
  const named = async (name: string, about: PromptAbout): Promise<string> => {
    const row = await db.knex('prompts').where({ agency_id: about.agencyId, name }).first()
    if (!row) throw new NoSuchPrompt(`the agency has no recording «${name}»`)
    if (row.file) {
      const path = join(dir, 'recorded', row.file)
      if (await exists(path)) return path
      if (!row.text) throw new NoSuchPrompt(`the file of the recording «${name}» is gone`)
      log(`prompts: the file of «${name}» is gone; its text is spoken`)
    }
    return spoken(row.text, about.language)
  }

  return {
    file(prompt, about) {
      if (typeof prompt !== 'string') return named(prompt.name, about)
      return prompt.startsWith('@') ? named(prompt.slice(1), about) : spoken(prompt, about.language)
    },
    async list(scope) {
      const rows = await db.knex('prompts').where({ agency_id: scope.agencyId }).orderBy('name')
      return rows.map((row) => ({
        id: row.id,
        name: row.name,
        text: row.text,
        recorded: Boolean(row.file),
        updatedAt: Number(row.updated_at),
      }))
    },
    async save(scope, { name, text, wav }) {
      const values: Record<string, unknown> = { text, updated_at: now() }
      if (wav) {
        const file = `${scope.agencyId}-${randomBytes(8).toString('hex')}.wav`
        const sound = writeWav(toTelephone(readWav(wav)))
        await mkdir(join(dir, 'recorded'), { recursive: true })
        await write(join(dir, 'recorded', file), sound)
        values.file = file
      }
      const before = await db.knex('prompts').where({ agency_id: scope.agencyId, name }).first()
      await db
        .knex('prompts')
        .insert({ agency_id: scope.agencyId, name, ...values })
        .onConflict(['agency_id', 'name'])
        .merge(values)
      if (wav && before?.file) await rm(join(dir, 'recorded', before.file), { force: true })
    },
    async remove(scope, id) {
      const row = await db.knex('prompts').where({ agency_id: scope.agencyId, id }).first()
      if (!row) return false
      await db.knex('prompts').where({ agency_id: scope.agencyId, id }).delete()
      if (row.file) await rm(join(dir, 'recorded', row.file), { force: true })
      return true
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

/** Whole or not at all: the switch may open it the moment it is there. */
async function write(path: string, bytes: Buffer): Promise<string> {
  const half = `${path}.${randomBytes(4).toString('hex')}.half`
  await writeFile(half, bytes)
  await rename(half, path)
  return path
}

async function exists(path: string): Promise<boolean> {
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
