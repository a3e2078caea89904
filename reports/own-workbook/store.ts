import { randomUUID } from 'node:crypto'
import type { Database, Scope } from '../../server/database/index.ts'
import type { Note } from './fill.ts'

export type OwnWorkbook = { id: string; name: string; version: number; createdAt: number }
/** One upload; instants are UTC ms. */
export type Version = {
  version: number
  fileName: string
  bytes: number
  notes: Note[]
  by: string
  uploadedAt: number
}
export type Upload = { fileName: string; content: Buffer; notes: Note[]; userId: number; at: number }

export const mostWorkbooks = 50
/** Older versions of a workbook than these go. */
export const keptVersions = 20

type Row = Record<string, string | number | null>
const toWorkbook = (row: Row): OwnWorkbook => ({
  id: String(row.id),
  name: String(row.name),
  version: Number(row.version),
  createdAt: Number(row.created_at),
})

export async function listWorkbooks({ knex }: Database, { agencyId }: Scope): Promise<(OwnWorkbook & Version)[]> {
  const rows = await knex('own_workbooks as w')
    .join('own_workbook_versions as v', (on) => on.on('v.workbook_id', 'w.id').andOn('v.version', 'w.version'))
    .join('users as u', 'u.id', 'v.user_id')
    .where('w.agency_id', agencyId)
    .orderBy('w.name')
    .select(
      'w.id',
      'w.name',
      'w.version',
      'w.created_at',
      'v.file_name',
      'v.bytes',
      'v.notes',
      'v.uploaded_at',
      'u.name as by',
    )
  return rows.map((row) => ({ ...toWorkbook(row), ...toVersion(row) }))
}

export async function readWorkbook(
  { knex }: Database,
  { agencyId }: Scope,
  id: string,
): Promise<OwnWorkbook | undefined> {
  const row = await knex('own_workbooks').where({ agency_id: agencyId, id }).first()
  return row && toWorkbook(row)
}

const toVersion = (row: Row): Version => ({
  version: Number(row.version),
  fileName: String(row.file_name),
  bytes: Number(row.bytes),
  notes: JSON.parse(String(row.notes)) as Note[],
  by: String(row.by),
  uploadedAt: Number(row.uploaded_at),
})

/** The newest first. */
export async function listVersions({ knex }: Database, { agencyId }: Scope, id: string): Promise<Version[]> {
  const rows = await knex('own_workbook_versions as v')
    .join('users as u', 'u.id', 'v.user_id')
    .where({ 'v.agency_id': agencyId, 'v.workbook_id': id })
    .orderBy('v.version', 'desc')
    .select('v.version', 'v.file_name', 'v.bytes', 'v.notes', 'v.uploaded_at', 'u.name as by')
  return rows.map(toVersion)
}

/** The file as it was uploaded; undefined when the agency has no such version. */
export async function readContent(
  { knex }: Database,
  { agencyId }: Scope,
  id: string,
  version: number,
): Promise<Buffer | undefined> {
  const row = await knex('own_workbook_versions')
    .where({ agency_id: agencyId, workbook_id: id, version })
    .first('content')
  return row && Buffer.from(row.content)
}

/** Its id; undefined when the agency has as many as it may. */
export async function addWorkbook(
  db: Database,
  { agencyId }: Scope,
  name: string,
  upload: Upload,
): Promise<string | undefined> {
  const id = randomUUID()
  return db.knex.transaction(async (trx) => {
    const [row] = await trx('own_workbooks').where({ agency_id: agencyId }).count({ n: '*' })
    if (Number(row?.n) >= mostWorkbooks) return undefined
    await trx('own_workbooks').insert({ id, agency_id: agencyId, name, version: 1, created_at: upload.at })
    await trx('own_workbook_versions').insert(versionRow(agencyId, id, 1, upload))
    return id
  })
}

const versionRow = (
  agencyId: number,
  id: string,
  version: number,
  { fileName, content, notes, userId, at }: Upload,
) => ({
  workbook_id: id,
  version,
  agency_id: agencyId,
  file_name: fileName,
  bytes: content.length,
  content,
  notes: JSON.stringify(notes),
  user_id: userId,
  uploaded_at: at,
})

/** A new version, which is filled from now on; false when there is no such workbook. */
export async function addVersion(db: Database, { agencyId }: Scope, id: string, upload: Upload): Promise<boolean> {
  return db.knex.transaction(async (trx) => {
    const own = trx('own_workbooks').where({ agency_id: agencyId, id })
    // The row is held, so that two uploads at once get two numbers.
    if (!(await own.clone().forUpdate().first('id'))) return false
    const versions = () => trx('own_workbook_versions').where({ agency_id: agencyId, workbook_id: id })
    const last = await versions().max({ n: 'version' }).first()
    const version = Number(last?.n ?? 0) + 1
    await trx('own_workbook_versions').insert(versionRow(agencyId, id, version, upload))
    await own.clone().update({ version })
    await versions()
      .where('version', '<=', version - keptVersions)
      .delete()
    return true
  })
}

/** Takes an earlier version into use again; false when there is none. */
export async function restoreVersion(
  { knex }: Database,
  { agencyId }: Scope,
  id: string,
  version: number,
): Promise<boolean> {
  const there = await knex('own_workbook_versions')
    .where({ agency_id: agencyId, workbook_id: id, version })
    .first('version')
  if (!there) return false
  return (await knex('own_workbooks').where({ agency_id: agencyId, id }).update({ version })) > 0
}

export async function removeWorkbook(db: Database, { agencyId }: Scope, id: string): Promise<boolean> {
  return db.knex.transaction(async (trx) => {
    await trx('own_workbook_versions').where({ agency_id: agencyId, workbook_id: id }).delete()
    return (await trx('own_workbooks').where({ agency_id: agencyId, id }).delete()) > 0
  })
}
