import type { Knex } from '../database/index.ts'
import { AppError } from '../http/index.ts'
import { searchText } from './identity.ts'

/** The card that stayed after merges; undefined when there is none with this id. */
export async function remainingId(knex: Knex, id: number): Promise<number | undefined> {
  let at = id
  for (let step = 0; step < 50; step++) {
    const row = await knex('citizens').where({ id: at }).first('merged_into')
    if (!row) return undefined
    if (row.merged_into === null) return at
    at = row.merged_into
  }
  throw new Error(`citizen ${id} was merged in a circle`)
}

/** Tables that point at a citizen by `citizen_id`, and move with them. */
const followers = ['interactions', 'tickets', 'callbacks'] as const
const taken = ['dni', 'cuit', 'birth_date', 'email', 'address', 'locality'] as const

/**
 * Joins two cards inside a transaction. `merged` is false when that had been done already.
 * @throws AppError `citizen.not_found` (404), `citizen.merge_itself` (400)
 */
export async function mergeCards(
  trx: Knex,
  wanted: { into: number; from: number; at: number },
): Promise<{ into: number; from: number; merged: boolean }> {
  if (wanted.into === wanted.from) throw new AppError('citizen.merge_itself', 400)
  const into = await remainingId(trx, wanted.into)
  const from = await remainingId(trx, wanted.from)
  if (into === undefined || from === undefined) throw new AppError('citizen.not_found', 404)
  if (into === from) return { into, from: wanted.from, merged: false }
  // Locked in the order of their ids: two merges of the same cards wait for each other instead of crossing.
  const rows = await trx('citizens').whereIn('id', [into, from]).orderBy('id').forUpdate()
  const stays = rows.find((row) => row.id === into)
  const goes = rows.find((row) => row.id === from)
  if (!stays || !goes) throw new AppError('citizen.not_found', 404)
  if (stays.merged_into !== null || goes.merged_into !== null) return mergeCards(trx, wanted)

  await movePhones(trx, into, from)
  for (const table of followers) await trx(table).where({ citizen_id: from }).update({ citizen_id: into })
  const added: Record<string, string> = {}
  for (const column of taken) if (!stays[column] && goes[column]) added[column] = goes[column]
  const notes = [stays.notes, goes.notes].filter(Boolean)
  // A document is unique: the old card lets go of it before the other takes it.
  const released = Object.fromEntries(['dni', 'cuit'].filter((column) => added[column]).map((column) => [column, null]))
  await trx('citizens')
    .where({ id: from })
    .update({ ...released, merged_into: into, updated_at: wanted.at })
  await trx('citizens').where({ merged_into: from }).update({ merged_into: into })
  const merged = { ...stays, ...added }
  await trx('citizens')
    .where({ id: into })
    .update({
      ...added,
      notes: notes.length > 0 ? [...new Set(notes)].join('\n') : null,
      search: searchText(merged),
      updated_at: wanted.at,
    })
  return { into, from, merged: true }
}

async function movePhones(trx: Knex, into: number, from: number): Promise<void> {
  const known = await trx('citizen_phones').where({ citizen_id: into }).select('match_key')
  const keys = known.map((row) => row.match_key as string)
  if (keys.length > 0) await trx('citizen_phones').where({ citizen_id: from }).whereIn('match_key', keys).delete()
  await trx('citizen_phones').where({ citizen_id: from }).update({ citizen_id: into })
}
