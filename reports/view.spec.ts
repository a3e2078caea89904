import assert from 'node:assert/strict'
import { it } from 'node:test'
import { chartConfig } from './chart/config.ts'
import { periodText } from './run.ts'
import { chartViews, shown, tableView } from './view.ts'
import type { CellValue, Table } from './workbook/index.ts'

const timeZone = 'America/Argentina/Buenos_Aires'
const day = (at: string) => Date.parse(`${at}T00:00:00-03:00`)
const tableOf = (kind: 'day' | 'text' | 'interval', rows: CellValue[][]): Table => ({
  id: 'one',
  title: 'Una',
  columns: [
    { id: 'name', title: 'Nombre', kind },
    { id: 'level', title: 'Nivel', kind: 'ratio' },
  ],
  rows,
})
const viewsOf = (table: Table, kind: 'bar' | 'line' = 'bar') =>
  chartViews(
    {
      highlights: [],
      metrics: [],
      tables: [table],
      charts: [{ id: 'c', title: 'C', kind, table: 'one', category: 'name', series: ['level'] }],
    },
    timeZone,
  )

it('what rounds to nought has no sign; what does not keeps it', () => {
  assert.equal(shown(-0, 'count', timeZone), '0')
  assert.equal(shown(-0.0001, 'ratio', timeZone), '0,0 %')
  assert.equal(shown(-0.004, 'decimal', timeZone), '0,00')
  assert.equal(shown(-300, 'duration', timeZone), '0:00:00')
  assert.equal(shown(-0.0001, 'ratio', timeZone, 'en-US'), '0.0 %')
  assert.equal(shown(-1, 'count', timeZone), '-1')
  assert.equal(shown(-0.104, 'ratio', timeZone), '-10,4 %')
  assert.equal(shown(-3_000, 'duration', timeZone), '-0:00:03')
  assert.equal(shown('-', 'text', timeZone), '-', 'people’s text stays')
})

it('a chart of nothing but noughts and dashes is not drawn, and a name without a value has no bar', () => {
  const rows = [
    ['Salud', 0],
    ['Impuestos', null],
  ]
  assert.deepEqual(viewsOf(tableOf('text', rows)), [])
  const [view] = viewsOf(tableOf('text', [...rows, ['Trámites', 0.5]]))
  assert.deepEqual(view?.labels, ['Salud', 'Trámites'])
  assert.deepEqual(view?.series[0]?.values, [0, 0.5])
  // Of days the one without a value is a gap in the line.
  const days = [day('2026-03-02'), day('2026-03-03'), day('2026-03-04')]
  const [line] = viewsOf(
    tableOf('day', [
      [days[0]!, 0.5],
      [days[1]!, null],
      [days[2]!, 1],
    ]),
    'line',
  )
  assert.deepEqual(line?.series[0]?.values, [0.5, null, 1])
})

it('what a chart says of a bar without a value is a dash, not nought', () => {
  const [view] = viewsOf(tableOf('text', [['Salud', 0.5]]))
  const { label } = chartConfig(view!, { language: 'es-AR', colors: ['#000'] }).options!.plugins!.tooltip!.callbacks!
  const said = (x: number | null) => (label as (item: object) => string)({ dataset: { label: 'Nivel' }, parsed: { x } })
  assert.equal(said(null), 'Nivel: —')
  assert.equal(said(0.5), 'Nivel: 50 %')
})

it('an axis of a few seconds goes by seconds', () => {
  const table = tableOf('text', [['Salud', 5_000]])
  table.columns[1]!.kind = 'duration'
  const scales = chartConfig(viewsOf(table)[0]!, { language: 'es-AR', colors: ['#000'] }).options!.scales!
  const { stepSize, callback } = scales.x!.ticks as unknown as { stepSize: number; callback(value: number): string }
  assert.equal(stepSize, 1_000)
  assert.deepEqual(
    [0, 2_000].map((value) => callback(value)),
    ['0:00:00', '0:00:02'],
  )
})

it('days on which nothing happened are shown as they are, unless nothing happened on any', () => {
  const rows: CellValue[][] = [
    [day('2026-03-02'), 0],
    [day('2026-03-03'), 0],
  ]
  const view = (more: CellValue[][]) =>
    tableView(tableOf('day', [...rows, ...more]), timeZone) as { empty: boolean; rows: object[] }
  assert.equal(view([]).empty, true)
  assert.equal(view([[day('2026-03-04'), 1]]).rows.length, 3)
})

it('a period of whole days is told by its days wherever it stands, else by its instants', () => {
  const said = (from: number, to: number, language?: string) =>
    periodText({ asked: { period: { from, to } }, timeZone }, language)
  const [monday, tuesday, thursday] = ['2026-03-02', '2026-03-03', '2026-03-05'].map(day) as [number, number, number]
  assert.equal(said(monday, tuesday), '02/03/2026')
  assert.equal(said(monday, thursday), '02/03/2026 al 04/03/2026')
  assert.equal(said(monday, thursday, 'en-US'), '03/02/2026 to 03/04/2026')
  assert.equal(said(monday, tuesday - 1_800_000), '02/03/2026 00:00 a 02/03/2026 23:30')
})
