import { resolve } from 'node:path'
import type { Database, Scope } from '../database/index.ts'
import { type By, createLibrary, type NamedPrompt, type PromptVersion } from './library.ts'
import { espeak, type Language, type Voice } from './speech.ts'
import { createSpoken, exists } from './spoken.ts'
import { readUpload } from './upload.ts'
import { type PromptUse, usesOf } from './used.ts'

export type { By, NamedPrompt, PromptVersion } from './library.ts'

export type PromptsOptions = {
  db: Database
  /** Absolute; the switch reads there too. Letters, digits, `.`, `_` and `-` only (the switch splits others). */
  dir: string
  /** The first that works speaks; default espeak-ng (`voicesOf(config.speech)`). */
  speech?: Voice | readonly Voice[]
  log(line: string): void
  /** A recording's file is gone: the agency should know. */
  alarm?(agencyId: number, alarm: { code: 'prompt.missing'; message: string; subject: string }): void
  now?(): number
  /** Spoken texts kept; the ones not used for longest go first (4,000). */
  keep?: number
}
export type PromptAbout = { agencyId: number; language: Language }

/** No recording of that name in the agency. */
export class NoSuchPrompt extends Error {
  readonly code = 'prompt.not_found'
}

/** A prompt that flows, queues or rules play is not taken away. */
export class PromptInUse extends Error {
  readonly uses: PromptUse[]
  constructor(uses: PromptUse[]) {
    super(`the prompt is in use: ${uses.map(({ where, at }) => `${where} ${at}`.trim()).join(', ')}`)
    this.name = 'PromptInUse'
    this.uses = uses
  }
}

export type Prompts = {
  /**
   * A WAV that says it: a text, or a recording by name (`{name}`, or text `@name`). Texts never fail: without a voice they
   * are a soft tone of about the same length. A recording whose file is gone is an alarm, and its text is spoken, or an
   * earlier recording of it played. @throws NoSuchPrompt
   */
  file(prompt: string | { name: string }, about: PromptAbout): Promise<string>
  list(scope: Scope): Promise<NamedPrompt[]>
  find(scope: Scope, id: number): Promise<NamedPrompt | undefined>
  /** Newest first. */
  versions(scope: Scope, id: number): Promise<PromptVersion[]>
  /** A WAV of a version; undefined when there is no such version or its file is gone. */
  versionFile(scope: Scope, id: number, number: number): Promise<string | undefined>
  /**
   * Creates or replaces by name; the earlier one stays as a version. `wav`: bytes of a WAV or MP3, brought to telephone level;
   * `spoken`: the text is spoken even if there was a recording. @throws UploadRefused
   */
  save(
    scope: Scope,
    values: { name: string; text: string; wav?: Buffer; language?: Language; spoken?: boolean; by?: By },
  ): Promise<number>
  restore(scope: Scope, id: number, number: number, by: By): Promise<boolean>
  /** Of all prompts of the agency. */
  uses(scope: Scope): Promise<PromptUse[]>
  /** False: there is none. @throws PromptInUse */
  remove(scope: Scope, id: number): Promise<boolean>
}

const ALARM_EVERY_MS = 600_000

export function createPrompts(options: PromptsOptions): Prompts {
  const { db, log, speech = espeak, keep = 4_000, alarm } = options
  const now = options.now ?? (() => Date.now())
  const dir = resolve(options.dir)
  const voices = Array.isArray(speech) ? (speech as readonly Voice[]) : [speech as Voice]
  const spoken = createSpoken({ dir, voices, log, keep, now })
  const library = createLibrary({ db, dir, now })
  const told = new Map<string, number>()

  const tellMissing = (agencyId: number, name: string, instead: string) => {
    const key = `${agencyId} ${name}`
    if (now() - (told.get(key) ?? Number.NEGATIVE_INFINITY) < ALARM_EVERY_MS) return
    told.set(key, now())
    log(`prompts: the file of «${name}» is gone; ${instead}`)
    alarm?.(agencyId, { code: 'prompt.missing', message: `«${name}»: the file is gone; ${instead}`, subject: name })
  }
  const named = async (name: string, about: PromptAbout): Promise<string> => {
    const row = await library.row({ agencyId: about.agencyId } as Scope, { name })
    if (!row) throw new NoSuchPrompt(`the agency has no recording «${name}»`)
    if (row.file) {
      const path = library.pathOf(row.file)
      if (await exists(path)) return path
      const earlier = row.text ? undefined : await library.lastFile(row.id)
      tellMissing(
        about.agencyId,
        name,
        row.text ? 'its text is spoken' : earlier ? 'an earlier one is played' : 'nothing is left',
      )
      if (earlier) return earlier
      if (!row.text) throw new NoSuchPrompt(`the file of the recording «${name}» is gone`)
    }
    return spoken.file(row.text, row.language ?? about.language)
  }

  return {
    file(prompt, about) {
      if (typeof prompt !== 'string') return named(prompt.name, about)
      return prompt.startsWith('@') ? named(prompt.slice(1), about) : spoken.file(prompt, about.language)
    },
    list: library.list,
    find: library.find,
    versions: library.versions,
    async versionFile(scope, id, number) {
      const file = await library.versionFile(scope, id, number)
      if (file) return file
      const version = (await library.versions(scope, id)).find((one) => one.number === number)
      return version && !version.recorded ? spoken.file(version.text, version.language ?? 'es') : undefined
    },
    async save(scope, { name, text, wav, language, spoken: byText, by }) {
      const sound = wav ? await readUpload(wav) : byText ? ('none' as const) : ('keep' as const)
      return library.save(scope, { name, text, language, sound, by })
    },
    restore: library.restore,
    uses: (scope) => usesOf(db, scope),
    async remove(scope, id) {
      const row = await library.find(scope, id)
      if (!row) return false
      const uses = (await usesOf(db, scope)).filter(({ name }) => name === row.name)
      if (uses.length > 0) throw new PromptInUse(uses)
      return library.remove(scope, id)
    },
  }
}
