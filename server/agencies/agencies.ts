import { type Database, insertId, type Scope } from '../database/index.ts'
import { AppError, type Audit } from '../http/types.ts'
import { createSignal } from '../live/index.ts'

export const agencyKinds = ['province', 'municipality', 'commune', 'body'] as const
export type Agency = {
  id: number
  code: string
  name: string
  kind: (typeof agencyKinds)[number]
  parentId: number | undefined
  timeZone: string
  areaCode: string
  active: boolean
}
export type AgencyInput = Omit<Agency, 'id' | 'parentId'> & { parentId?: number | undefined }
/** A number of the trunk and the agency that it belongs to. */
export type EntryNumber = { id: number; agencyId: number; number: string; description: string }

export type Agencies = ReturnType<typeof createAgencies>

/** The tree of agencies (administrators only) and the numbers citizens dial. */
export function createAgencies({ db, audit, now = Date.now }: { db: Database; audit: Audit; now?: () => number }) {
  const changes = createSignal<{ agencyId: number }>()
  const rowOf = (row: Record<string, unknown>): Agency => ({
    id: row.id as number,
    code: row.code as string,
    name: row.name as string,
    kind: row.kind as Agency['kind'],
    parentId: (row.parent_id as number | null) ?? undefined,
    timeZone: row.time_zone as string,
    areaCode: row.area_code as string,
    active: Boolean(row.active),
  })
  const all = async (): Promise<Agency[]> => (await db.knex('agencies').orderBy('name')).map(rowOf)
  const columns = ({ code, name, kind, parentId, timeZone, areaCode, active }: AgencyInput) => ({
    code: code.trim().toLowerCase(),
    name: name.trim(),
    kind,
    parent_id: parentId ?? null,
    time_zone: timeZone,
    area_code: areaCode.trim(),
    active,
  })
  const check = async (input: AgencyInput, id?: number) => {
    try {
      new Intl.DateTimeFormat('es-AR', { timeZone: input.timeZone })
    } catch {
      throw new AppError('agency.zone_wrong', 400, {}, { timeZone: 'agency.zone_wrong' })
    }
    if (input.parentId === undefined) return
    const parents = new Map((await all()).map((agency) => [agency.id, agency.parentId]))
    if (!parents.has(input.parentId))
      throw new AppError('agency.parent_wrong', 400, {}, { parentId: 'agency.parent_wrong' })
    for (let above: number | undefined = input.parentId; above !== undefined; above = parents.get(above)) {
      if (above === id) throw new AppError('agency.parent_wrong', 400, {}, { parentId: 'agency.parent_wrong' })
    }
  }
  const taken = (error: unknown): never => {
    if (db.dialect.isDuplicate(error)) throw new AppError('agency.code_taken', 409, {}, { code: 'agency.code_taken' })
    throw error
  }
  const numberTaken = (error: unknown): never => {
    if (db.dialect.isDuplicate(error)) throw new AppError('number.taken', 409, {}, { number: 'number.taken' })
    throw error
  }
  return {
    changes,
    /** All agencies, by name: whoever calls must be an administrator or the platform itself. */
    all,
    /** The tree in the order it is drawn, with the depth of each. */
    async tree(_scope: Scope): Promise<(Agency & { depth: number })[]> {
      const list = await all()
      const known = new Set(list.map(({ id }) => id))
      const below = (parent: number | undefined, depth: number): (Agency & { depth: number })[] =>
        list
          .filter(({ parentId }) => (parentId !== undefined && known.has(parentId) ? parentId : undefined) === parent)
          .flatMap((agency) => [{ ...agency, depth }, ...below(agency.id, depth + 1)])
      return below(undefined, 0)
    },
    async get(_scope: Scope, id: number): Promise<Agency> {
      const row = await db.knex('agencies').where({ id }).first()
      if (!row) throw new AppError('agency.not_found', 404)
      return rowOf(row)
    },
    async create(scope: Scope, by: number | undefined, input: AgencyInput): Promise<number> {
      await check(input)
      const id = await insertId(db.knex('agencies').insert({ ...columns(input), created_at: now() })).catch(taken)
      await audit.record(scope, {
        userId: by,
        action: 'agency.created',
        subjectType: 'agency',
        subjectId: id,
        detail: input,
      })
      changes.emit({ agencyId: id })
      return id
    },
    async update(scope: Scope, by: number | undefined, id: number, input: AgencyInput): Promise<void> {
      await check(input, id)
      if (!input.active && id === scope.agencyId)
        throw new AppError('agency.not_your_own', 409, {}, { active: 'agency.not_your_own' })
      const changed = await db.knex('agencies').where({ id }).update(columns(input)).catch(taken)
      if (changed === 0) throw new AppError('agency.not_found', 404)
      await audit.record(scope, {
        userId: by,
        action: 'agency.updated',
        subjectType: 'agency',
        subjectId: id,
        detail: input,
      })
      changes.emit({ agencyId: id })
    },
    async numbers(scope: Scope): Promise<EntryNumber[]> {
      const rows = await db.knex('numbers').where({ agency_id: scope.agencyId }).orderBy('number')
      return rows.map(({ id, agency_id, number, description }) => ({ id, agencyId: agency_id, number, description }))
    },
    /** Whose number was dialled: only for a call that comes in. */
    async byNumber(number: string): Promise<EntryNumber | undefined> {
      const row = await db.knex('numbers').where({ number }).first()
      return row && { id: row.id, agencyId: row.agency_id, number: row.number, description: row.description }
    },
    async addNumber(scope: Scope, by: number | undefined, number: string, description: string): Promise<number> {
      const digits = number.replace(/[\s().-]/g, '')
      if (!/^\+?\d{2,20}$/.test(digits)) throw new AppError('number.wrong', 400, {}, { number: 'number.wrong' })
      const id = await insertId(
        db.knex('numbers').insert({ agency_id: scope.agencyId, number: digits, description: description.trim() }),
      ).catch(numberTaken)
      await audit.record(scope, {
        userId: by,
        action: 'number.created',
        subjectType: 'number',
        subjectId: id,
        detail: { number: digits },
      })
      changes.emit({ agencyId: scope.agencyId })
      return id
    },
    async removeNumber(scope: Scope, by: number | undefined, id: number): Promise<void> {
      if ((await db.knex('numbers').where({ agency_id: scope.agencyId, id }).del()) === 0)
        throw new AppError('number.not_found', 404)
      await audit.record(scope, { userId: by, action: 'number.deleted', subjectType: 'number', subjectId: id })
      changes.emit({ agencyId: scope.agencyId })
    },
  }
}
