// A workbook that shows how it is done: somebody opens it, sees names, formulas and charts, and makes their own of it.
import { writeXlsx } from 'hucre/xlsx'
import { metricOf } from '../metrics/index.ts'

const bold = { font: { bold: true } }
const title = { font: { bold: true, size: 16 } }
const muted = { font: { color: { rgb: '5F6B7A' } }, alignment: { wrapText: true } }
const head = {
  font: { bold: true, color: { rgb: 'FFFFFF' } },
  fill: { type: 'pattern', pattern: 'solid', fgColor: { rgb: '1F5FA8' } },
} as const
const figures = ['received', 'offered', 'answered', 'abandoned', 'sl_offered', 'asa', 'aht'] as const
const page = {
  pageSetup: { paperSize: 'a4', orientation: 'landscape', fitToPage: true, fitToWidth: 1, fitToHeight: 0 },
} as const
const formats: Record<string, string> = { count: '#,##0', ms: '[h]:mm:ss', ratio: '0.0%' }

/** The sample as bytes. */
export async function sampleWorkbook(): Promise<Uint8Array> {
  const label = (id: string) => metricOf(id).label.es
  const columns = ['offered', 'answered', 'abandoned', 'sl_offered', 'asa'].map(label)
  const kinds = ['count', 'count', 'count', 'ratio', 'ms']
  const cells = new Map<string, object>([
    ['0,0', { style: title }],
    ['1,2', { style: muted }],
    ['2,2', { style: muted }],
    ['1,1', { style: { numFmt: 'dd/mm/yyyy hh:mm' } }],
    ['2,1', { style: { numFmt: 'dd/mm/yyyy hh:mm' } }],
    ...figures.map((id, at): [string, object] => [
      `${5 + at},1`,
      { style: { ...bold, numFmt: formats[metricOf(id).unit] ?? 'General' } },
    ]),
    ['12,1', { formula: 'IF(B7>0,B9/B7,"")', style: { ...bold, numFmt: '0.0%' } }],
  ])
  const table = (
    front: { name: string; numFmt?: string }[],
    rows: number,
  ): [Map<string, object>, (string | null)[][]] => {
    const own = new Map<string, object>()
    const names = [...front.map(({ name }) => name), ...columns]
    for (const [at] of names.entries()) {
      own.set(`0,${at}`, { style: head })
      const kind = kinds[at - front.length]
      for (let row = 1; row <= rows; row++)
        own.set(`${row},${at}`, { style: { numFmt: kind ? formats[kind] : (front[at]?.numFmt ?? '@') } })
    }
    return [own, [names, ...Array.from({ length: rows }, () => names.map(() => null))]]
  }
  const [queueCells, queueRows] = table([{ name: 'Cola' }], 8)
  const [hourCells, hourRows] = table([{ name: 'Intervalo', numFmt: 'dd/mm hh:mm' }], 24)
  const width = (first: number) => [{ width: first }, ...columns.map(() => ({ width: 26 }))]
  const tableOf = (name: string, first: string, rows: number) => ({
    name,
    displayName: name,
    range: `A1:F${rows + 1}`,
    columns: [first, ...columns].map((column) => ({ name: column })),
    style: 'TableStyleLight9',
  })
  return writeXlsx({
    sheets: [
      {
        name: 'Resumen',
        columns: [{ width: 34 }, { width: 22 }, { width: 64 }],
        ...page,
        rows: [
          ['Mi resumen'],
          [
            'Desde',
            null,
            'Los nombres se ven en Excel en Fórmulas > Administrador de nombres. Vera completa las celdas que se llaman «vera.…».',
          ],
          ['Hasta', null, 'Todo lo demás es tuyo: formatos, fórmulas, gráficos. Vera no lo toca.'],
          ['Datos', null],
          [],
          ...figures.map((id) => [label(id), null, `Se llama vera.${id === 'sl_offered' ? 'service_level' : id}`]),
          ['Perdidas sobre ofrecidas', null, 'Una fórmula tuya: =B9/B7'],
        ],
        cells,
        charts: [
          {
            type: 'column',
            barGrouping: 'stacked',
            title: 'Por hora',
            anchor: { from: { row: 14, col: 0 }, to: { row: 32, col: 2 } },
            // Instants would be gathered by day otherwise.
            axes: { x: { auto: false } },
            series: [
              {
                name: 'Contestadas',
                values: "'Por hora'!$C$2:$C$25",
                categories: "'Por hora'!$A$2:$A$25",
                color: '1F5FA8',
              },
              {
                name: 'Perdidas',
                values: "'Por hora'!$D$2:$D$25",
                categories: "'Por hora'!$A$2:$A$25",
                color: 'C2410C',
              },
            ],
          },
        ],
      },
      {
        name: 'Por cola',
        ...page,
        columns: width(30),
        rows: queueRows,
        cells: queueCells,
        tables: [tableOf('vera_queues', 'Cola', 8)],
      },
      {
        name: 'Por hora',
        ...page,
        columns: width(20),
        rows: hourRows,
        cells: hourCells,
        tables: [tableOf('vera_queues.by_interval_by_hour', 'Intervalo', 24)],
      },
    ] as never,
    defaultFont: { name: 'Calibri', size: 11 },
    namedRanges: [
      { name: 'vera.from', range: 'Resumen!$B$2' },
      { name: 'vera.to', range: 'Resumen!$B$3' },
      { name: 'vera.health', range: 'Resumen!$B$4' },
      ...figures.map((id, at) => ({
        name: `vera.${id === 'sl_offered' ? 'service_level' : id}`,
        range: `Resumen!$B$${6 + at}`,
      })),
    ],
  })
}
