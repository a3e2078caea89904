import { type Database, insertId, type Knex, type Scope } from '../database/index.ts'
import { AppError, type Audit } from '../http/index.ts'
import { readCard } from './card.ts'
import { readCuit, readDni, readSearch, searchText } from './identity.ts'
import { mergeCards, remainingId } from './merge.ts'
import { type Phone, readPhone } from './phones.ts'
import type { Citizen, Citizens } from './types.ts'

/** The column may hold any text: % and _ are meant literally. */
const like = (text: string) => text.replace(/[!%_]/g, '!$&')

export function createCitizens(options: { db: Database; audit: Audit; now?: () => number }): Citizens {
  const { db, audit } = options
  const now = options.now ?? Date.now

  const areaCodeOf = async (scope: Scope): Promise<string> =>
    (await db.knex('agencies').where({ id: scope.agencyId }).first('area_code'))?.area_code ?? ''

  const withPhones = async (rows: Row[]): Promise<Citizen[]> => {
    if (rows.length === 0) return []
    const phones = new Map<number, string[]>(rows.map(({ id }) => [id, []]))
    const found = await db
      .knex('citizen_phones')
      .whereIn('citizen_id', [...phones.keys()])
      .orderBy('id')
      .select('citizen_id', 'number')
    for (const { citizen_id, number } of found) phones.get(citizen_id)?.push(number)
    return rows.map((row) => citizenOf(row, phones.get(row.id)!))
  }

  const byId = async (id: number): Promise<Citizen | undefined> => {
    const remaining = await remainingId(db.knex, id)
    if (remaining === undefined) return undefined
    const [citizen] = await withPhones(await db.knex('citizens').where({ id: remaining }))
    return citizen
  }
  const existing = async (id: number): Promise<Citizen> => {
    const citizen = await byId(id)
    if (!citizen) throw new AppError('citizen.not_found', 404)
    return citizen
  }
  const byDocument = async (column: 'dni' | 'cuit', digits: string | undefined) => {
    const row =
      digits &&
      (await db
        .knex('citizens')
        .where({ [column]: digits })
        .first('id'))
    return row ? byId(row.id) : undefined
  }
  const refuseTaken = async (row: { dni?: string | null; cuit?: string | null }, own?: number) => {
    const faults: Record<string, string> = {}
    for (const column of ['dni', 'cuit'] as const) {
      const digits = row[column]
      if (!digits) continue
      const other = await db
        .knex('citizens')
        .where({ [column]: digits })
        .first('id')
      if (other && other.id !== own) faults[column] = `citizen.${column}_taken`
    }
    if (Object.keys(faults).length > 0) throw new AppError('citizen.taken', 409, {}, faults)
  }
  /** Two people type the same DNI at the same time: the unique key decides, and is told like the check above. */
  const told = async <T>(work: Promise<T>): Promise<T> =>
    work.catch((error) => {
      throw db.dialect.isDuplicate(error) ? new AppError('citizen.taken', 409) : error
    })

  return {
    byId,
    byDni: (dni) => byDocument('dni', readDni(dni)),
    byCuit: (cuit) => byDocument('cuit', readCuit(cuit)),

    async byPhone(scope, number) {
      const phone = readPhone(number, await areaCodeOf(scope))
      if (!phone) return []
      const owners = db.knex('citizen_phones').where({ match_key: phone.matchKey }).select('citizen_id')
      const rows = await db
        .knex('citizens')
        .whereIn('id', owners)
        .whereNull('merged_into')
        .orderBy([
          { column: 'updated_at', order: 'desc' },
          { column: 'id', order: 'desc' },
        ])
        .limit(20)
      return withPhones(rows)
    },

    async search(scope, text, limit = 50) {
      const { words, digits } = readSearch(text)
      if (words.length === 0) return []
      const query = db
        .knex('citizens')
        .whereNull('merged_into')
        .orderBy('name')
        .orderBy('id')
        .limit(Math.min(limit, 50))
      if (digits.length >= 3) {
        const phone = readPhone(text, await areaCodeOf(scope))
        // Part of a number: without the trunk's 0, which no key has.
        const part = digits.replace(/^0+/, '')
        query.where((either) => {
          either.where('dni', 'like', `${digits}%`).orWhere('cuit', 'like', `${digits}%`)
          const owners = db.knex('citizen_phones').select('citizen_id')
          if (phone) owners.where({ match_key: phone.matchKey })
          else owners.where('match_key', 'like', `%${part}%`)
          if (phone || part.length >= 5) either.orWhereIn('id', owners)
        })
      } else {
        for (const word of words) query.whereRaw("search like ? escape '!'", [`%${like(word)}%`])
      }
      return withPhones(await query)
    },

    async create(scope, userId, values) {
      const at = now()
      const { row, phones } = readCard(
        { ...values, name: values.name ?? '' },
        { areaCode: await areaCodeOf(scope), now: at },
      )
      await refuseTaken(row)
      const id = await told(
        db.transaction(async (trx) => {
          const created = await insertId(
            trx('citizens').insert({
              ...row,
              search: searchText(searchable(row)),
              created_by_agency: scope.agencyId,
              created_at: at,
              updated_at: at,
            }),
          )
          await writePhones(trx, created, phones ?? [])
          return created
        }),
      )
      await audit.record(scope, {
        ...(userId === undefined ? {} : { userId }),
        action: 'citizen.created',
        subjectType: 'citizen',
        subjectId: id,
      })
      return existing(id)
    },

    async update(scope, userId, id, values) {
      const before = await existing(id)
      const { row, phones } = readCard(values, { areaCode: await areaCodeOf(scope), now: now() })
      await refuseTaken(row, before.id)
      await told(
        db.transaction(async (trx) => {
          const stored = await trx('citizens').where({ id: before.id }).forUpdate().first()
          await trx('citizens')
            .where({ id: before.id })
            .update({ ...row, search: searchText(searchable({ ...stored, ...row })), updated_at: now() })
          if (phones) {
            await trx('citizen_phones').where({ citizen_id: before.id }).delete()
            await writePhones(trx, before.id, phones)
          }
        }),
      )
      await audit.record(scope, {
        ...(userId === undefined ? {} : { userId }),
        action: 'citizen.updated',
        subjectType: 'citizen',
        subjectId: before.id,
        // Which data, not the data: the audit outlives a card.
        detail: { fields: Object.keys(values) },
      })
      return existing(before.id)
    },

    async addPhone(scope, userId, id, number) {
      const citizen = await existing(id)
      const phone = readPhone(number, await areaCodeOf(scope))
      if (!phone) throw new AppError('citizen.invalid', 400, {}, { phone: 'citizen.phone_invalid' })
      const there = await db
        .knex('citizen_phones')
        .where({ citizen_id: citizen.id, match_key: phone.matchKey })
        .first('id')
      if (there) return
      await writePhones(db.knex, citizen.id, [phone])
      await audit.record(scope, {
        ...(userId === undefined ? {} : { userId }),
        action: 'citizen.phone_added',
        subjectType: 'citizen',
        subjectId: citizen.id,
      })
    },

    async merge(scope, userId, merge) {
      const done = await db.transaction((trx) => mergeCards(trx, { ...merge, at: now() }))
      if (done.merged) {
        await audit.record(scope, {
          ...(userId === undefined ? {} : { userId }),
          action: 'citizen.merged',
          subjectType: 'citizen',
          subjectId: done.into,
          detail: { from: done.from },
        })
      }
      return existing(done.into)
    },
  }
}

type Row = {
  id: number
  name: string
  dni: string | null
  cuit: string | null
  birth_date: string | null
  email: string | null
  address: string | null
  locality: string | null
  notes: string | null
  invented: boolean | number
  created_at: number | string
  updated_at: number | string
}

const searchable = (row: Partial<Record<'name' | 'dni' | 'cuit' | 'email' | 'locality', string | null>>) => ({
  name: row.name ?? '',
  dni: row.dni ?? undefined,
  cuit: row.cuit ?? undefined,
  email: row.email ?? undefined,
  locality: row.locality ?? undefined,
})

async function writePhones(trx: Knex, citizenId: number, phones: Phone[]): Promise<void> {
  if (phones.length === 0) return
  await trx('citizen_phones')
    .insert(phones.map(({ number, matchKey }) => ({ citizen_id: citizenId, number, match_key: matchKey })))
    .onConflict(['citizen_id', 'number'])
    .ignore()
}

function citizenOf(row: Row, phones: string[]): Citizen {
  return {
    id: row.id,
    name: row.name,
    ...(row.dni === null ? {} : { dni: row.dni }),
    ...(row.cuit === null ? {} : { cuit: row.cuit }),
    ...(row.birth_date === null ? {} : { birthDate: row.birth_date }),
    ...(row.email === null ? {} : { email: row.email }),
    ...(row.address === null ? {} : { address: row.address }),
    ...(row.locality === null ? {} : { locality: row.locality }),
    ...(row.notes === null ? {} : { notes: row.notes }),
    phones,
    invented: Boolean(row.invented),
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
  }
}
