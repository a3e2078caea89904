// Pieces of the tables of staffing.
import type { Column } from '../workbook/index.ts'

export const column = (id: string, title: string, kind: Column['kind'], more: Partial<Column> = {}): Column => ({
  id,
  title,
  kind,
  ...more,
})
export const sum = { total: { kind: 'sum' } } as const
export const percent = (value: number | null | undefined) =>
  value === null || value === undefined ? '—' : `${(100 * value).toFixed(1).replace('.', ',')} %`
