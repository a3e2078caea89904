// What the nightly runs do: verify, let expire, compress.
import { rename, stat, unlink } from 'node:fs/promises'
import type { Database, Knex, Scope } from '../database/index.ts'
import { findFile, hashFile, removeFile } from './files.ts'
import type { Opus } from './opus.ts'
import { DAY_MS, expiresAt, type RecordingRule, ruleFor } from './rules.ts'
import type { Candidate, Run, Work } from './runs.ts'

export type WorkOptions = {
  db: Database
  recordingsDir: string
  now: () => number
  rules(scope: Scope): Promise<RecordingRule[]>
  opus: Opus
  /** The night's list has something on it. */
  broken(scope: Scope, run: Run): void
  /** A file is gone: what was kept of it elsewhere may go too. */
  forget(recordingId: string): Promise<void>
}

/** A recording that nobody closed is overdue after this. */
const OVERDUE_MS = 12 * 3_600_000
/** Of a recording that was lost the list tells on the nights of these days; its page tells for ever. */
const TOLD_MS = 2 * DAY_MS
export const FOLDER_AWAY = 'folder'
export const NO_OPUS = 'no_opus'

const count = async (query: Knex.QueryBuilder) => Number((await query.clone().count({ total: 'id' }))[0]?.total ?? 0)
const page = (query: Knex.QueryBuilder, position: string, limit: number): Promise<Candidate[]> =>
  query.where('id', '>', position).orderBy('id').limit(limit)

/** All that lies there is read and hashed; what is missing since the night before or was never closed is on the list too. */
export function verifyWork({ db, recordingsDir, now, broken }: WorkOptions): Work {
  const rows = (scope: Scope, run: Run) =>
    db
      .knex('recordings')
      .where({ agency_id: scope.agencyId })
      .where((any) => {
        any
          .where('state', 'present')
          .orWhere((lost) => lost.where('state', 'missing').where('closed_at', '>=', run.startedAt - TOLD_MS))
          .orWhere((open) => open.where('state', 'expected').where('started_at', '<', run.startedAt - OVERDUE_MS))
      })
  return {
    async begin(scope, run) {
      // A share that is not mounted is one fault, not thousands.
      if ((await findFile(recordingsDir, '.')) === 'folder') throw new Error(FOLDER_AWAY)
      return count(rows(scope, run).where('id', '>', run.position))
    },
    next: (scope, run, position, limit) => page(rows(scope, run), position, limit),
    async one(scope, run, row, signal) {
      if (row.state === 'expected') return { fault: { state: 'unclosed' } }
      if (row.state !== 'present') {
        const own = { agency_id: scope.agencyId, recording_id: row.id, state: 'waiting' }
        const far = await db.knex('recording_fetches').where(own).first('node', 'fault')
        return {
          fault: far
            ? { state: 'far', detail: [far.node, far.fault].filter(Boolean).join(': ') }
            : { state: 'no_audio' },
        }
      }
      const found = await findFile(recordingsDir, String(row.path))
      if (found === 'folder') throw new Error(FOLDER_AWAY)
      let state: 'ok' | 'changed' | 'missing' | 'unreadable' = 'missing'
      let detail = ''
      if (typeof found === 'object') {
        try {
          const hash = await hashFile(found.path, signal)
          state = hash === row.sha256 ? 'ok' : 'changed'
          if (state === 'changed') detail = `sha256 ${hash}`
        } catch (error) {
          if (signal.aborted) throw error
          state = 'unreadable'
          detail = String((error as { code?: string }).code ?? '')
        }
      } else if (found !== 'missing') {
        state = 'unreadable'
        detail = found
      }
      const own = { agency_id: scope.agencyId, id: row.id, state: 'present' }
      const changed = await db
        .knex('recordings')
        // Compressed or gone while it was being read: then this says nothing.
        .where({ ...own, sha256: row.sha256 ?? null })
        .update({ verified_at: now(), verified_state: state, verified_run: run.id })
      return state === 'ok' || changed === 0 ? {} : { fault: { state, detail } }
    },
    async ended(scope, run) {
      if (run.faults > 0) broken(scope, run)
    },
  }
}

/** Rows whose retention is over, by rules that are not saved yet or by those in force. */
export function expiryOf(db: Database, scope: Scope, rules: readonly RecordingRule[], now: number) {
  const days = rules.flatMap((rule) => (rule.retentionDays === undefined ? [] : [rule.retentionDays]))
  const base = () =>
    db
      .knex('recordings')
      .where({ agency_id: scope.agencyId })
      .whereIn('state', ['present', 'expiring'])
      // Nothing younger than the shortest retention can be due.
      .where('started_at', '<=', days.length === 0 ? -1 : now - Math.min(...days) * DAY_MS)
  const due = (row: Candidate) => {
    const rule = ruleFor(rules, { agencyId: scope.agencyId, queueId: (row.queue_id as number | null) ?? undefined })
    const at = expiresAt(rule, Number(row.started_at))
    return at !== undefined && at <= now
  }
  return { base, due }
}

/** How many would go by these rules, how many a hold keeps. */
export async function previewExpiry(db: Database, scope: Scope, rules: readonly RecordingRule[], now: number) {
  const { base, due } = expiryOf(db, scope, rules, now)
  const found = { count: 0, bytes: 0, held: 0, newest: 0 }
  const step = 5_000
  for (let position = ''; ; ) {
    const rows = await page(base().select('id', 'started_at', 'queue_id', 'bytes', 'held'), position, step)
    for (const row of rows) {
      if (!due(row)) continue
      if (row.held) found.held++
      else {
        found.count++
        found.bytes += Number(row.bytes ?? 0)
        found.newest = Math.max(found.newest, Number(row.started_at))
      }
    }
    const last = rows.at(-1)
    if (!last || rows.length < step) return found
    position = last.id
  }
}

/** The file goes, the row and its hash stay. Nothing under hold, nothing outside the folder. */
export function expireWork({ db, recordingsDir, now, rules, forget }: WorkOptions): Work {
  return {
    async begin(scope, run) {
      if ((await findFile(recordingsDir, '.')) === 'folder') throw new Error(FOLDER_AWAY)
      return count(
        expiryOf(db, scope, await rules(scope), now())
          .base()
          .where({ held: false })
          .where('id', '>', run.position),
      )
    },
    next: async (scope, _run, position, limit) =>
      page(
        expiryOf(db, scope, await rules(scope), now())
          .base()
          .where({ held: false }),
        position,
        limit,
      ),
    async one(scope, _run, row) {
      const list = await rules(scope)
      const own = { agency_id: scope.agencyId, id: row.id }
      if (row.state !== 'expiring') {
        if (!expiryOf(db, scope, list, now()).due(row)) return {}
        const taken = await db
          .knex('recordings')
          .where({ ...own, state: 'present', held: false })
          .update({ state: 'expiring' })
        if (taken === 0) return {}
      }
      let bytes = 0
      try {
        for (const path of [row.path, row.leftover]) {
          if (path && (await removeFile(recordingsDir, String(path))))
            bytes += path === row.path ? Number(row.bytes ?? 0) : 0
        }
      } catch (error) {
        await db
          .knex('recordings')
          .where({ ...own, state: 'expiring' })
          .update({ state: 'present' })
        return { fault: { state: 'not_removed', detail: (error as Error).message } }
      }
      const rule = ruleFor(list, { agencyId: scope.agencyId, queueId: (row.queue_id as number | null) ?? undefined })
      await db
        .knex('recordings')
        .where({ ...own, state: 'expiring' })
        .update({ state: 'expired', expired_at: now(), expired_days: rule?.retentionDays ?? null, leftover: null })
      await forget(row.id)
      return { bytes }
    },
  }
}

/** Mono or stereo WAV to Opus. The WAV goes only after the new file was decoded whole and the row names it. */
export function compressWork({ db, recordingsDir, now, rules, opus, forget }: WorkOptions): Work {
  const rows = (scope: Scope, list: readonly RecordingRule[]) => {
    const days = list.flatMap((rule) => (rule.compressAfterDays === undefined ? [] : [rule.compressAfterDays]))
    const before = days.length === 0 ? -1 : now() - Math.min(...days) * DAY_MS
    return db
      .knex('recordings')
      .where({ agency_id: scope.agencyId, state: 'present', held: false })
      .where((any) => {
        any.whereNotNull('leftover').orWhere((due) => {
          due.whereNull('compressed_at').where('started_at', '<=', before).where('path', 'like', '%.wav')
        })
      })
  }
  return {
    async begin(scope, run) {
      const list = await rules(scope)
      const total = await count(rows(scope, list).where('id', '>', run.position))
      if (total > 0 && !(await opus.available())) throw new Error(NO_OPUS)
      return total
    },
    next: async (scope, _run, position, limit) => page(rows(scope, await rules(scope)), position, limit),
    async one(scope, _run, row) {
      const own = { agency_id: scope.agencyId, id: row.id }
      const drop = async (path: string) => {
        await removeFile(recordingsDir, path)
        await db.knex('recordings').where(own).update({ leftover: null })
      }
      if (row.leftover) {
        await drop(String(row.leftover))
        return {}
      }
      const rule = ruleFor(await rules(scope), {
        agencyId: scope.agencyId,
        queueId: (row.queue_id as number | null) ?? undefined,
      })
      if (rule?.compressAfterDays === undefined || Number(row.started_at) > now() - rule.compressAfterDays * DAY_MS)
        return {}
      const found = await findFile(recordingsDir, String(row.path))
      if (typeof found !== 'object') return { fault: { state: found === 'missing' ? 'missing' : 'unreadable' } }
      // A file that is not what it was when it closed stays as it is, for whoever looks into it.
      if ((await hashFile(found.path)) !== row.sha256) return { fault: { state: 'changed' } }
      const target = found.path.replace(/\.wav$/, '.opus')
      const part = `${target}.part`
      try {
        await opus.encode(found.path, part)
        const { durationMs } = await opus.peaks(part, 1)
        const wanted = Number(row.duration_ms ?? durationMs)
        if (Math.abs(durationMs - wanted) > Math.max(200, wanted / 100))
          throw new Error(`${durationMs} ms instead of ${wanted}`)
        const sha256 = await hashFile(part)
        const { size } = await stat(part)
        await rename(part, target)
        const changed = await db
          .knex('recordings')
          .where({ ...own, state: 'present', held: false, sha256: row.sha256 })
          .update({
            path: String(row.path).replace(/\.wav$/, '.opus'),
            sha256,
            bytes: size,
            original_sha256: row.sha256,
            original_bytes: row.bytes ?? null,
            compressed_at: now(),
            // What was verified was the WAV: the new file has its first verification the next night.
            verified_at: null,
            verified_state: null,
            verified_run: null,
            leftover: row.path,
          })
        if (changed === 0) {
          await unlink(target).catch(() => undefined)
          return {}
        }
        await drop(String(row.path))
        await forget(row.id)
        return { bytes: found.size - size }
      } catch (error) {
        await unlink(part).catch(() => undefined)
        return { fault: { state: 'not_packed', detail: (error as Error).message } }
      }
    },
  }
}
