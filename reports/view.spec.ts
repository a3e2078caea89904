import assert from 'node:assert/strict'
import { it } from 'node:test'
import { chartConfig, foldName } from './chart/config.ts'
import { periodText } from './run.ts'
import { type ChartView, chartViews, shown, tableView } from './view.ts'
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

it('of hundreds of names those with most have a bar, in their order, and the chart says so', () => {
  const rows = (count: number) => Array.from({ length: count }, (_, n): CellValue[] => [`o${n}`, (n * 7) % count])
  const counts = (count: number) => {
    const table = tableOf('text', rows(count))
    table.columns[1]!.kind = 'count'
    return table
  }
  const [most] = viewsOf(counts(300))
  assert.equal(most!.title, 'C, los 40 con más')
  const expected = rows(300).filter(([, value]) => Number(value) >= 260)
  assert.deepEqual(
    most!.labels,
    expected.map(([name]) => name),
  )
  assert.deepEqual(
    most!.series[0]!.values,
    expected.map(([, value]) => value),
  )
  assert.equal(viewsOf(counts(40))[0]!.title, 'C')
})

it('of hundreds of ratios the best do not hide the worst: those over most are kept, or the first', () => {
  const names = Array.from({ length: 50 }, (_, n) => `o${n}`)
  const table = tableOf(
    'text',
    names.map((name, n) => [name, n / 50, 50 - n, n % 2]),
  )
  table.columns.push(
    { id: 'answered', title: 'Atendidas', kind: 'count' },
    { id: 'abandoned', title: 'Perdidas', kind: 'count' },
  )
  const first = viewsOf(table)[0]!
  assert.deepEqual([first.title, first.labels], ['C, los primeros 40', names.slice(0, 40)])
  table.columns[1]!.total = { kind: 'quotient', over: ['within'], under: ['answered', 'abandoned'] }
  for (const row of table.rows) if (row[0] === 'o5') row[2] = 0
  const most = viewsOf(table)[0]!
  assert.equal(most.title, 'C, los 40 con más atendidas y perdidas')
  assert.deepEqual(
    most.labels,
    names.slice(0, 41).filter((name) => name !== 'o5'),
  )
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

it('a long name beside a bar stands in two lines, whole where it can', () => {
  assert.equal(foldName('Salud', 22), 'Salud')
  assert.deepEqual(foldName('Certificado de discapacidad', 22), ['Certificado de', 'discapacidad'])
  assert.deepEqual(foldName('Municipalidad de Colonia del Ceibo (ejemplo)', 22), [
    'Municipalidad de',
    'Colonia del Ceibo (ej…',
  ])
  assert.deepEqual(foldName('x'.repeat(50), 22), ['x'.repeat(22), `${'x'.repeat(21)}…`])
  const [view] = viewsOf(tableOf('text', [['Certificado de discapacidad', 0.5]]))
  const { ticks } = chartConfig(view!, { language: 'es-AR', colors: ['#000'] }).options!.scales!.y!
  const said = (width: number) =>
    (ticks!.callback as (this: object, place: number) => unknown).call({ chart: { width } }, 0)
  assert.deepEqual(said(330), ['Certificado de', 'discapacidad'], 'on a phone')
  assert.equal(said(640), 'Certificado de discapacidad', 'on paper')
})

it('weeks of half hours are a line without points, and columns too many to be told apart their outline', () => {
  const view = (kind: ChartView['kind'], values: (number | null)[]): ChartView => ({
    id: 'c',
    title: 'C',
    kind,
    valueKind: 'count',
    flat: false,
    height: 260,
    labels: values.map(String),
    series: [{ title: 'Una', values }],
  })
  const drawn = (kind: ChartView['kind'], values: (number | null)[]) => {
    const config = chartConfig(view(kind, values), { language: 'es-AR', colors: ['#000'] })
    const [dataset] = config.data.datasets as unknown as [{ pointRadius: unknown; stepped?: string }]
    return { type: config.type, ...dataset }
  }
  const radius = (values: (number | null)[], dataIndex: number) =>
    (drawn('line', values).pointRadius as (at: object) => number)({ dataIndex })
  assert.equal(radius([1, 2, 3], 1), 3)
  const many = Array.from({ length: 500 }, (_, at) => (at === 100 || at === 102 ? null : at))
  assert.equal(radius(many, 50), 0)
  assert.equal(radius(many, 101), 3, 'between two gaps only its point tells that it is there')
  assert.equal(drawn('column', [1, 2, 3]).type, 'bar')
  const { type, stepped } = drawn('column', many)
  assert.deepEqual([type, stepped], ['line', 'middle'])
})

it('figures stand right; names and days stand left', () => {
  const { columns, rows } = tableView(tableOf('day', [[day('2026-03-02'), 1]]), timeZone) as {
    columns: { number: boolean }[]
    rows: { cells: { number: boolean }[] }[]
  }
  assert.deepEqual(
    [columns, rows[0]!.cells].map((cells) => cells.map(({ number }) => number)),
    [
      [false, true],
      [false, true],
    ],
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
