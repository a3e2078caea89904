import type { Database, Scope } from '../../server/database/index.ts'
import { chartPicture } from '../chart/picture.ts'
import { said, titleOf } from '../english.ts'
import { fillScheduled, ownWorkbookId } from '../own-workbook/index.ts'
import { platformReports, reports } from '../reports.ts'
import { daysText, type Format, makeFile, prepare } from '../run.ts'
import { chartViews, shown, tableView } from '../view.ts'
import type { Highlight, Language } from '../workbook/index.ts'

/** A mail with more rows than this would be refused by most servers. */
const mostMailedRows = 100_000
const mostPictures = 4

export type BundleFormat = Format | 'both'
export const bundleFormats: Record<BundleFormat, readonly Format[]> = {
  xlsx: ['xlsx'],
  pdf: ['pdf'],
  csv: ['csv'],
  both: ['xlsx', 'pdf'],
}
export type Wanted = {
  report: string
  query: Record<string, unknown>
  format: BundleFormat
  /** A report over every agency: whoever sends it was seen to be an administrator of the platform. */
  platform?: true
  publicUrl?: string | undefined
  /** Of whoever scheduled it. */
  language?: Language | undefined
  /** UTC ms. */
  now: number
}
export type BundleTable = { title: string; columns: { title: string; number: boolean }[]; rows: object[] }
/** What a mail with a report is made of. */
export type Bundle = {
  title: string
  agency: string
  period: string
  highlights: { label: string; value: string }[]
  table: BundleTable | undefined
  files: { name: string; type: string; bytes: Uint8Array }[]
  pictures: { id: string; title: string; bytes: Uint8Array }[]
}

/** Makes the files and pictures of a report. Drawing blocks: the platform does it in a thread (`bundleInThread`). */
export async function makeBundle(db: Database, scope: Scope, wanted: Wanted): Promise<Bundle> {
  const own = ownWorkbookId(wanted.report)
  if (own) return { table: undefined, pictures: [], ...(await fillScheduled(db, scope, own, wanted)) }
  const report = (wanted.platform ? platformReports : reports).find(({ id }) => id === wanted.report)
  if (!report) throw new Error(`el informe ${wanted.report} ya no existe`)
  const context = await prepare(db, scope, report, wanted.query, wanted.now, wanted.language)
  if (report.kind === 'detail' && (await report.detail.count(context)) > mostMailedRows)
    throw new Error(`son más de ${mostMailedRows} filas: descargalo desde la pantalla o achicá el período`)
  const { language } = context
  const found = report.kind === 'summary' ? await report.run(context) : undefined
  const files = []
  for (const format of bundleFormats[wanted.format]) {
    const { name, type, content } = await makeFile(context, format, {
      ...(found ? { outcome: found } : {}),
      ...(wanted.publicUrl ? { publicUrl: wanted.publicUrl } : {}),
    })
    files.push({ name, type, bytes: Buffer.concat(await content.map((piece) => Buffer.from(piece)).toArray()) })
  }
  const outcome = found && said(found, language)
  const views = outcome ? chartViews(outcome, context.timeZone, language).slice(0, mostPictures) : []
  const first = outcome?.tables.find((table) => table.rows.length > 0)
  const text = ({ label, value, kind }: Highlight) => ({ label, value: shown(value, kind, context.timeZone, language) })
  return {
    title: titleOf(report, language),
    agency: context.agency,
    period: daysText(context.asked.period, context.timeZone, language),
    highlights: (outcome?.highlights ?? []).map(text),
    table: first && narrow(tableView(first, context.timeZone, undefined, language)),
    files,
    pictures: views.map((view) => ({ id: view.id, title: view.title, bytes: chartPicture(view) })),
  }
}

/** The first columns only: a mail is read on a telephone. */
function narrow(view: object): BundleTable {
  const table = view as Omit<BundleTable, 'rows'> & { rows: { cells: object[] }[]; totals?: object[] }
  const wide = 6
  const rows = [...table.rows.slice(0, 20), ...(table.totals ? [{ cells: table.totals }] : [])]
  return {
    title: table.title,
    columns: table.columns.slice(0, wide).map(({ title, number }) => ({ title, number })),
    rows: rows.map((row) => ({ cells: row.cells.slice(0, wide) })),
  }
}
