import type { CellKind } from '../workbook/index.ts'
import { type Parts, xmlOf } from './archive.ts'

/** Excel's own formats: [h]:mm:ss, 0.00%, date and time, date. */
const builtIn: Partial<Record<CellKind, number>> = { duration: 46, ratio: 10, instant: 22, interval: 22, day: 14 }

/**
 * Formats for figures whose cell has none of its own: half an hour would read 0.0208. They are added behind the workbook's, and
 * only those that are asked for.
 */
export function createStyles(parts: Parts, path: string | undefined): (kind: CellKind) => number | undefined {
  const made = new Map<number, number>()
  return (kind) => {
    const format = builtIn[kind]
    if (format === undefined || !path || !parts.has(path)) return undefined
    const known = made.get(format)
    if (known !== undefined) return known
    const xml = xmlOf(parts, path)
    const found = /<(\w+:)?cellXfs\b[^>]*>([\s\S]*?)<\/(?:\w+:)?cellXfs>/.exec(xml)
    if (!found) return undefined
    const [whole, prefix = '', inside = ''] = found
    const at = inside.match(new RegExp(`<${prefix}xf[\\s>]`, 'g'))?.length ?? 0
    const added = `<${prefix}xf numFmtId="${format}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>`
    const more = `<${prefix}cellXfs count="${at + 1}">${inside}${added}</${prefix}cellXfs>`
    parts.set(path, Buffer.from(xml.slice(0, found.index) + more + xml.slice(found.index + whole.length)))
    made.set(format, at)
    return at
  }
}
