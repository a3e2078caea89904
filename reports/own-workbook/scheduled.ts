// A workbook as what a schedule sends.
import type { Database, Scope } from '../../server/database/index.ts'
import { english } from '../english.ts'
import { daysText } from '../run.ts'
import { shown } from '../view.ts'
import { type Language, xlsxType } from '../workbook/index.ts'
import { slug } from './names.ts'
import { fillFor } from './own-workbook.ts'
import { readContent, readWorkbook } from './store.ts'
import { answersOf } from './values.ts'

/** How a schedule names a workbook among the reports. */
export const scheduledAs = (id: string): string => `workbook:${id}`
/** The workbook's id; undefined: it is a report of ours. */
export const ownWorkbookId = (report: string): string | undefined => /^workbook:([0-9a-f-]{36})$/.exec(report)?.[1]

/** The filled file with the figures that every mail tells. @throws Error with what its owner can do, in Spanish */
export async function fillScheduled(
  db: Database,
  scope: Scope,
  id: string,
  { query, now, language = 'es' }: { query: Record<string, unknown>; now: number; language?: Language | undefined },
) {
  const workbook = await readWorkbook(db, scope, id)
  const bytes = workbook && (await readContent(db, scope, id, workbook.version))
  if (!workbook || !bytes) throw new Error('la planilla fue eliminada: programá el envío de otra')
  const filled = await fillFor(db, scope, { bytes, query, now })
  const answers = await answersOf(db, scope, query, now)
  const { timeZone, period } = answers
  const say = (text: string) => (language === 'en-US' ? english(text) : text)
  const tell = async (metric: string) => {
    const { label, value, kind } = await answers.cell({ kind: 'figure', metric })
    return { label: say(label), value: shown(value, kind, timeZone, language) }
  }
  const highlights = await Promise.all(['offered', 'answered', 'abandoned', 'sl_offered', 'asa'].map(tell))
  const wrong = filled.notes.filter(({ state }) => state === 'bad').map(({ name }) => name)
  const { value: agency } = await answers.cell({ kind: 'about', what: 'agency' })
  return {
    title: workbook.name,
    agency: String(agency),
    period: daysText(period, timeZone, language),
    highlights: [
      ...highlights,
      ...(wrong.length > 0
        ? [{ label: say('Nombres por revisar en la planilla'), value: wrong.slice(0, 5).join(', ') }]
        : []),
    ],
    files: [
      {
        name: `${slug(workbook.name).replaceAll('_', '-') || 'planilla'}-${filled.days}.xlsx`,
        type: xlsxType,
        bytes: filled.bytes,
      },
    ],
  }
}
