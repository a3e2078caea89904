// How Vera's books look. Every font names its face and size: hucre writes a font without them as an empty one.
import type { CellStyle } from 'hucre/xlsx'
import type { CellKind } from './book.ts'

export const palette = {
  ink: '1F2933',
  deep: '0F4C5C',
  soft: 'E6F0F2',
  line: 'D5DDE1',
  muted: '5F6C75',
  white: 'FFFFFF',
}
/** Colours of the series, told apart also without colour sight. */
export const seriesColors = ['0F4C5C', 'E08E45', '9A3B3B', '6BA292', '7A6C9D', 'B7B7B7']

const face = 'Calibri'
const solid = (rgb: string) => ({ type: 'pattern' as const, pattern: 'solid' as const, fgColor: { rgb } })
const side = (rgb: string, style: 'thin' | 'medium' = 'thin') => ({ style, color: { rgb } })

export const numberFormat: Record<CellKind, string> = {
  text: '@',
  instant: 'dd/mm/yyyy hh:mm:ss',
  interval: 'dd/mm/yyyy hh:mm',
  day: 'dd/mm/yyyy',
  count: '#,##0',
  duration: '[h]:mm:ss',
  ratio: '0.0%',
  decimal: '#,##0.00',
}

/** Width in characters that a value of the kind needs. */
export const kindWidth: Record<CellKind, number> = {
  text: 24,
  instant: 19,
  interval: 16.5,
  day: 12,
  count: 14,
  duration: 13.5,
  ratio: 11.5,
  decimal: 11.5,
}

export const headerStyle = (kind: CellKind): CellStyle => ({
  font: { name: face, size: 10, bold: true, color: { rgb: palette.white } },
  fill: solid(palette.deep),
  alignment: { horizontal: kind === 'text' ? 'left' : 'center', vertical: 'center', wrapText: true },
  border: { right: side('3B7080') },
})

export const bodyStyle = (kind: CellKind): CellStyle => ({
  font: { name: face, size: 10, color: { rgb: palette.ink } },
  numFmt: numberFormat[kind],
  alignment: {
    horizontal:
      kind === 'text' ? 'left' : kind === 'day' || kind === 'interval' || kind === 'instant' ? 'center' : 'right',
    vertical: 'center',
  },
  border: { bottom: side(palette.line) },
})

/** A name that opens what stands behind it. */
export const linkStyle = (kind: CellKind): CellStyle => ({
  ...bodyStyle(kind),
  font: { name: face, size: 10, underline: true, color: { rgb: palette.deep } },
})

export const barColor = 'FFA9CDD5'
const verdict = (ink: string, paper: string): CellStyle => ({
  font: { color: { rgb: ink } },
  fill: { type: 'pattern', pattern: 'solid', fgColor: { rgb: paper }, bgColor: { rgb: paper } },
})
/** Dark on pale: read in grey too, where the sign beside says the same. */
export const thresholdStyle = {
  good: verdict('1E5B33', 'DDF1E2'),
  warning: verdict('6B4A00', 'FFF1CC'),
  bad: verdict('8A1C1C', 'FBE0DE'),
}

export const totalStyle = (kind: CellKind): CellStyle => ({
  ...bodyStyle(kind),
  font: { name: face, size: 10, bold: true, color: { rgb: palette.deep } },
  fill: solid(palette.soft),
  border: { top: side(palette.deep, 'medium'), bottom: side(palette.deep) },
})

const plain = (size: number, rgb: string, bold = false): CellStyle => ({
  font: { name: face, size, bold, color: { rgb } },
  // Who presses F2 and Enter on a name that begins with = still has text.
  numFmt: numberFormat.text,
  alignment: { horizontal: 'left', vertical: 'center' },
})

export const coverStyle = {
  agency: {
    ...plain(11, palette.white, true),
    fill: solid(palette.deep),
    alignment: { horizontal: 'left', vertical: 'center', indent: 1 },
  } as CellStyle,
  title: {
    ...plain(22, palette.white, true),
    fill: solid(palette.deep),
    alignment: { horizontal: 'left', vertical: 'center', indent: 1 },
  } as CellStyle,
  subtitle: {
    ...plain(12, palette.white),
    fill: solid(palette.deep),
    alignment: { horizontal: 'left', vertical: 'center', indent: 1 },
  } as CellStyle,
  tileLabel: {
    ...plain(9.5, palette.muted),
    fill: solid(palette.soft),
    alignment: { horizontal: 'center', vertical: 'center', wrapText: true },
  } as CellStyle,
  tileValue: (kind: CellKind): CellStyle => ({
    ...plain(20, palette.deep, true),
    fill: solid(palette.soft),
    numFmt: numberFormat[kind],
    alignment: { horizontal: 'center', vertical: 'center' },
  }),
  seal: (state: keyof typeof thresholdStyle): CellStyle => ({
    ...plain(10.5, thresholdStyle[state].font?.color?.rgb ?? palette.ink, true),
    fill: solid((thresholdStyle[state].fill as { fgColor: { rgb: string } }).fgColor.rgb),
    alignment: { horizontal: 'left', vertical: 'center', indent: 1 },
  }),
  link: {
    ...plain(9, palette.deep),
    font: { name: face, size: 9, underline: true, color: { rgb: palette.deep } },
  } as CellStyle,
  label: plain(10, palette.muted),
  value: plain(10, palette.ink, true),
  note: plain(9, palette.muted),
  notice: {
    ...plain(10, palette.ink),
    alignment: { horizontal: 'left', vertical: 'center', wrapText: true },
  } as CellStyle,
}

export const definitionStyle = (bold: boolean): CellStyle => ({
  font: { name: face, size: 10, bold, color: { rgb: palette.ink } },
  alignment: { vertical: 'top', wrapText: true },
  border: { bottom: side(palette.line) },
})
