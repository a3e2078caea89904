// A workbook of an agency, filled for a period.
import type { Database, Scope } from '../../server/database/index.ts'
import { localDay } from '../metrics/index.ts'
import { readParts, writeParts } from './archive.ts'
import { fillWorkbook, type Note } from './fill.ts'
import { answersOf } from './values.ts'

export type FillJob = {
  bytes: Uint8Array
  /** Period, queue and channel, as reports take them. */
  query: Record<string, unknown>
  /** UTC ms. */
  now: number
}
/** `days`: the period as it stands in a file's name. */
export type Filled = { bytes: Uint8Array; notes: Note[]; days: string }

/** @throws WorkbookRefused, AppError 400 for a wrong period */
export async function fillFor(db: Database, scope: Scope, { bytes, query, now }: FillJob): Promise<Filled> {
  const parts = await readParts(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  const answers = await answersOf(db, scope, query, now)
  const notes = await fillWorkbook(parts, answers)
  const { from, to } = answers.period
  const [first, last] = [from, to - 1].map((at) => localDay(at, answers.timeZone))
  return { bytes: await writeParts(parts), notes, days: first === last ? `${first}` : `${first}_${last}` }
}
