import { existsSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { openDatabase } from '../../server/database/index.ts'
import { guessedCauses } from '../../server/interactions/index.ts'
import type { SeenCall } from './load.ts'

/** What the switch itself wrote about one leg. */
export type Record = { uuid: string; variables: { [name: string]: string }; contexts: string[] }

/** Reads mod_json_cdr's files, also those that the platform has imported and put aside. */
export async function readRecords(folder: string): Promise<Map<string, Record>> {
  const records = new Map<string, Record>()
  for (const name of await readdir(folder, { recursive: true }).catch(() => [])) {
    if (!name.endsWith('.cdr.json')) continue
    const { variables, callflow } = JSON.parse(await readFile(join(folder, name), 'utf8'))
    const contexts = callflow.map((part: { caller_profile: { context: string } }) => part.caller_profile.context)
    records.set(variables.uuid, { uuid: variables.uuid, variables, contexts })
  }
  return records
}

export type Truth = {
  /** What must never be; empty when all is well. */
  faults: string[]
  figures: { [name: string]: number }
}

/**
 * Compares what the switch saw and wrote with what the platform keeps: every caller served, each call counted once, each
 * recording accounted for, nothing left open. After `settle`.
 */
export async function readTruth(given: {
  calls: SeenCall[]
  cdrDir: string
  recordingsDir: string
  databaseUrl: string
}): Promise<Truth> {
  const faults: string[] = []
  const records = await readRecords(given.cdrDir)
  const db = openDatabase(given.databaseUrl)
  const { knex } = db
  try {
    const known = new Map<string, { id: string; ended_at: number | null; hangup_cause: string | null }>(
      (await knex('interactions').select('id', 'ended_at', 'hangup_cause')).map((row) => [row.id, row]),
    )
    const counts = async (kind: string) => {
      const seen = new Map<string, string[]>()
      for (const row of await knex('facts').where({ kind }).select('interaction_id', 'body')) {
        const { cause = '' } = typeof row.body === 'string' ? JSON.parse(row.body) : row.body
        seen.set(row.interaction_id, [...(seen.get(row.interaction_id) ?? []), cause])
      }
      return seen
    }
    const [created, ends] = [await counts('interaction.created'), await counts('interaction.ended')]
    /** A guess that was corrected does not count. */
    const endsOf = (id: string) => {
      const all = ends.get(id) ?? []
      const sure = all.filter((cause) => !guessedCauses.includes(cause))
      return sure.length > 0 ? sure : all
    }
    let unserved = 0
    let fallback = 0
    for (const call of given.calls) {
      const who = `call ${call.far || call.near} of ${call.from}`
      if (!call.lost && !call.ended) faults.push(`${who}: never ended`)
      if (call.lost || call.far === '') continue
      const record = records.get(call.far)
      if (!record) {
        faults.push(`${who}: the switch wrote no record`)
        continue
      }
      const { variables } = record
      if (variables.vera_fallback === 'true') fallback++
      const talked = call.bridgedAt.length > 0
      if (!talked) unserved++
      if (!talked && !call.gaveUp) faults.push(`${who}: hung up (${variables.hangup_cause}) without talking to anybody`)
      if (talked && call.gaveUp) faults.push(`${who}: still held ${patience} s after its talk`)
      if (!talked && call.gaveUp) faults.push(`${who}: nobody took it until the caller gave up`)
      if (!call.gaveUp && variables.hangup_cause !== 'NORMAL_CLEARING')
        faults.push(`${who}: ended by ${variables.hangup_cause}`)
      if (!known.has(call.far)) {
        faults.push(`${who}: not among the interactions`)
        continue
      }
      const { ended_at, hangup_cause } = known.get(call.far)!
      if (ended_at === null) faults.push(`${who}: still open in the interactions`)
      else if (guessedCauses.includes(hangup_cause ?? '')) faults.push(`${who}: its end was guessed: ${hangup_cause}`)
      const begun = created.get(call.far)?.length ?? 0
      if (begun !== 1) faults.push(`${who}: begun ${begun} times in the facts`)
      const ended = endsOf(call.far)
      if (ended.length !== 1) faults.push(`${who}: ended ${ended.length} times in the facts: ${ended.join(', ')}`)
    }
    const lost = new Set(given.calls.filter((call) => call.lost).map((call) => call.far))
    for (const { id, ended_at } of known.values()) {
      if (ended_at === null && lost.has(id)) faults.push(`call ${id}: the switch died with it, and it is still open`)
      if (!given.calls.some((call) => call.far === id)) faults.push(`call ${id}: nobody placed it`)
    }
    for (const table of ['talk_segments', 'queue_stays', 'wrap_ups', 'offers'] as const) {
      const end = table === 'queue_stays' ? 'left_at' : 'ended_at'
      const left = await knex(table).whereNull(end).count({ n: '*' }).first()
      if (Number(left?.n) > 0) faults.push(`${left?.n} rows of ${table} have no end`)
    }
    const recordings = await knex('recordings').select('id', 'interaction_id', 'path', 'state')
    const paths = new Set<string>()
    for (const { interaction_id: interaction, path, state } of recordings) {
      const file = isAbsolute(path) ? path : join(given.recordingsDir, path)
      paths.add(file)
      if (state === 'expected') faults.push(`recording of ${interaction}: still expected`)
      if (state === 'present' && !existsSync(file))
        faults.push(`recording of ${interaction}: said present, is not there`)
      if (state === 'missing' && existsSync(file) && (await stat(file)).size > 44)
        faults.push(`recording of ${interaction}: said missing, is there`)
    }
    const files = await soundsBelow(given.recordingsDir)
    for (const file of files) if (!paths.has(file)) faults.push(`${file}: a recording that nobody knows`)
    const figures = {
      ...{
        calls: given.calls.length,
        lost: given.calls.filter((call) => call.lost).length,
        unserved,
        fallback,
      },
      ...{ interactions: known.size, recordings: recordings.length, files: files.length, records: records.size },
      filled: Number((await knex('interactions').where({ filled: true }).count({ n: '*' }))[0]!.n),
      missing: recordings.filter((row) => row.state === 'missing').length,
    }
    return { faults, figures }
  } finally {
    await db.close()
  }
}

/** How long a caller waits for the end, s. */
export const patience = 60

async function soundsBelow(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  return found
    .filter((entry) => entry.isFile() && entry.name.endsWith('.wav'))
    .map((entry) => join(entry.parentPath, entry.name))
}
