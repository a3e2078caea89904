// The only SQL of prompts and prompt_versions. Each save is a version; files of versions stay as long as their prompt.
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Database, Scope } from '../database/index.ts'
import type { Level, Shaped } from './loudness.ts'
import type { Language } from './speech.ts'
import { exists, writeWhole } from './spoken.ts'
import { writeWav } from './wav.ts'

export type NamedPrompt = {
  id: number
  name: string
  text: string
  /** Uploaded, in place of the text spoken. */
  recorded: boolean
  /** Undefined: the caller's. */
  language: Language | undefined
  updatedAt: number
}
export type PromptVersion = {
  number: number
  at: number
  /** '' for what was there before versions were kept. */
  by: string
  text: string
  language: Language | undefined
  recorded: boolean
  sha256: string | undefined
  durationMs: number | undefined
  sound: { before: Level; after: Level; shape: number[] } | undefined
  /** The one that callers hear. */
  current: boolean
}
export type By = { userId?: number; username: string }
export type PromptRow = {
  id: number
  agency_id: number
  name: string
  text: string
  file: string | null
  language: Language | null
}

export type Library = ReturnType<typeof createLibrary>

export function createLibrary({ db, dir, now }: { db: Database; dir: string; now(): number }) {
  const recorded = join(dir, 'recorded')
  const pathOf = (file: string) => join(recorded, file)

  /** A row of the version that stood before there were versions. */
  const adopt = async (row: PromptRow & { updated_at: number }): Promise<void> => {
    const sha256 = row.file ? await hashOf(pathOf(row.file)) : null
    const { agency_id, id: prompt_id, text, language, file } = row
    const at = Number(row.updated_at)
    const version = { agency_id, prompt_id, number: 1, at, text, language, file, sha256 }
    await db.knex('prompt_versions').insert(version).onConflict(['prompt_id', 'number']).ignore()
  }
  const newest = async (promptId: number): Promise<number> => {
    const row = await db.knex('prompt_versions').where({ prompt_id: promptId }).max('number as number').first()
    return Number(row?.number ?? 0)
  }
  const row = (scope: Scope, where: { id: number } | { name: string }) =>
    db
      .knex('prompts')
      .where({ agency_id: scope.agencyId, ...where })
      .first()

  return {
    pathOf,
    row,
    async list(scope: Scope): Promise<NamedPrompt[]> {
      const rows = await db.knex('prompts').where({ agency_id: scope.agencyId }).orderBy('name')
      return rows.map(promptOf)
    },
    async find(scope: Scope, id: number): Promise<NamedPrompt | undefined> {
      const found = await row(scope, { id })
      return found && promptOf(found)
    },
    /** Newest first. */
    async versions(scope: Scope, id: number): Promise<PromptVersion[]> {
      const prompt = await row(scope, { id })
      if (!prompt) return []
      if ((await newest(id)) === 0) await adopt(prompt)
      const rows = await db
        .knex('prompt_versions')
        .where({ agency_id: scope.agencyId, prompt_id: id })
        .orderBy('number', 'desc')
      return rows.map((one, at) => versionOf(one, at === 0))
    },
    /** Absolute path of a version's recording; undefined when it has none or the file is gone. */
    async versionFile(scope: Scope, id: number, number: number): Promise<string | undefined> {
      const found = await db.knex('prompt_versions').where({ agency_id: scope.agencyId, prompt_id: id, number }).first()
      if (!found?.file) return undefined
      return (await exists(pathOf(found.file))) ? pathOf(found.file) : undefined
    },
    /** The newest earlier recording that is still there. */
    async lastFile(promptId: number): Promise<string | undefined> {
      const rows = await db
        .knex('prompt_versions')
        .where({ prompt_id: promptId })
        .whereNotNull('file')
        .orderBy('number', 'desc')
      for (const { file } of rows) if (await exists(pathOf(file))) return pathOf(file)
      return undefined
    },
    /** `sound`: a new recording; 'keep': the one there is, if any; 'none': the text is spoken. */
    async save(
      scope: Scope,
      values: { name: string; text: string; language?: Language; sound: Shaped | 'keep' | 'none'; by?: By },
    ): Promise<number> {
      const { name, text, sound, by } = values
      const before = await row(scope, { name })
      if (before && (await newest(before.id)) === 0) await adopt(before)
      const made = typeof sound === 'string' ? undefined : await store(scope, sound)
      const earlier = before && sound === 'keep' && before.file ? await fileOf(before.id, before.file) : undefined
      const fresh = made ?? earlier ?? { file: null, sha256: null, duration_ms: null, sound: null }
      const language = values.language ?? null
      await db
        .knex('prompts')
        .insert({ agency_id: scope.agencyId, name, text, language, file: fresh.file, updated_at: now() })
        .onConflict(['agency_id', 'name'])
        .merge({ text, language, file: fresh.file, updated_at: now() })
      const { id } = await row(scope, { name })
      await append(scope, id, { text, language, ...fresh }, by)
      return id
    },
    /** Makes an earlier version the present one, as a new version. False: there is none, or its file is gone. */
    async restore(scope: Scope, id: number, number: number, by: By): Promise<boolean> {
      const found = await db.knex('prompt_versions').where({ agency_id: scope.agencyId, prompt_id: id, number }).first()
      if (!found || (found.file && !(await exists(pathOf(found.file))))) return false
      const { text, language, file, sha256, duration_ms, sound } = found
      await db
        .knex('prompts')
        .where({ agency_id: scope.agencyId, id })
        .update({ text, language, file, updated_at: now() })
      await append(scope, id, { text, language, file, sha256, duration_ms, sound }, by)
      return true
    },
    async remove(scope: Scope, id: number): Promise<boolean> {
      const found = await row(scope, { id })
      if (!found) return false
      const rows = await db
        .knex('prompt_versions')
        .where({ agency_id: scope.agencyId, prompt_id: id })
        .whereNotNull('file')
      await db.knex('prompt_versions').where({ agency_id: scope.agencyId, prompt_id: id }).delete()
      await db.knex('prompts').where({ agency_id: scope.agencyId, id }).delete()
      for (const file of new Set<string>([...rows.map((one) => one.file), ...(found.file ? [found.file] : [])]))
        await rm(pathOf(file), { force: true })
      return true
    },
  }

  async function store(scope: Scope, shaped: Shaped) {
    const wav = writeWav(shaped.sound)
    const file = `${scope.agencyId}-${randomBytes(8).toString('hex')}.wav`
    await mkdir(recorded, { recursive: true })
    await writeWhole(pathOf(file), wav)
    const { before, after, shape } = shaped
    return {
      file,
      sha256: createHash('sha256').update(wav).digest('hex'),
      duration_ms: Math.round((shaped.sound.samples.length / shaped.sound.rate) * 1_000),
      sound: JSON.stringify({ before, after, shape }),
    }
  }
  async function fileOf(promptId: number, file: string) {
    const found = await db
      .knex('prompt_versions')
      .where({ prompt_id: promptId, file })
      .orderBy('number', 'desc')
      .first()
    const { sha256 = null, duration_ms = null, sound = null } = found ?? {}
    return { file, sha256, duration_ms, sound }
  }
  async function append(scope: Scope, promptId: number, values: object, by: By | undefined): Promise<void> {
    const version = {
      ...values,
      agency_id: scope.agencyId,
      prompt_id: promptId,
      at: now(),
      user_id: by?.userId ?? null,
      username: (by?.username ?? '').slice(0, 60),
    }
    // Two may save at once: each gets a number of its own.
    for (let tries = 5; ; tries--) {
      try {
        await db.knex('prompt_versions').insert({ ...version, number: (await newest(promptId)) + 1 })
        return
      } catch (error) {
        if (tries === 0 || !/unique|duplicate/i.test((error as Error).message)) throw error
      }
    }
  }
}

async function hashOf(path: string): Promise<string | null> {
  const bytes = await readFile(path).catch(() => undefined)
  return bytes ? createHash('sha256').update(bytes).digest('hex') : null
}

function promptOf(row: PromptRow & { updated_at: number }): NamedPrompt {
  const { id, name, text, file, language } = row
  return { id, name, text, recorded: Boolean(file), language: language ?? undefined, updatedAt: Number(row.updated_at) }
}

function versionOf(row: Record<string, string | number | null>, current: boolean): PromptVersion {
  return {
    number: Number(row.number),
    at: Number(row.at),
    by: String(row.username ?? ''),
    text: String(row.text),
    language: (row.language as Language | null) ?? undefined,
    recorded: Boolean(row.file),
    sha256: (row.sha256 as string | null) ?? undefined,
    durationMs: row.duration_ms === null ? undefined : Number(row.duration_ms),
    sound: row.sound ? JSON.parse(String(row.sound)) : undefined,
    current,
  }
}
