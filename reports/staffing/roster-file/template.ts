// Files to start from: they are read as they are.
import { writeXlsx } from 'hucre/xlsx'
import { dayNames } from './words.ts'

const head = {
  font: { bold: true, color: { rgb: 'FFFFFF' } },
  fill: { type: 'pattern', pattern: 'solid', fgColor: { rgb: '0F4C5C' } },
} as const
const titles = dayNames.map((name) => name[0]!.toUpperCase() + name.slice(1))

export const templates = {
  agents: {
    name: 'dotacion-por-agente.xlsx',
    rows: [
      ['Agente', ...titles],
      ['Ana Pérez', ...Array(5).fill('08:00-14:00'), 'franco', 'franco'],
      ['Bruno Díaz', ...Array(5).fill('14:00-20:00'), '09:00-13:00', 'franco'],
      ['Carla Gómez', '08:00-12:00 / 16:00-20:00', ...Array(4).fill('09:00-15:00'), 'franco', 'franco'],
    ],
  },
  counts: {
    name: 'dotacion-por-media-hora.xlsx',
    rows: [
      ['Hora', ...titles],
      ...Array.from({ length: 24 }, (_, index) => {
        const time = `${String(8 + (index >> 1)).padStart(2, '0')}:${index % 2 ? '30' : '00'}`
        return [time, ...Array(5).fill(index < 20 ? 6 : 3), 0, 0]
      }),
    ],
  },
} as const
export type TemplateKind = keyof typeof templates

export function templateFile(kind: TemplateKind): Promise<Uint8Array> {
  const { rows } = templates[kind]
  return writeXlsx({
    sheets: [
      {
        name: 'Dotación',
        rows: rows.map((row) => [...row]),
        columns: [{ width: 20 }, ...titles.map(() => ({ width: kind === 'agents' ? 24 : 12 }))],
        cells: new Map(rows[0].map((_, column) => [`0,${column}`, { style: head }])),
        freezePane: { rows: 1, columns: 1 },
      },
    ],
  })
}
