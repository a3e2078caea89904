// When a table gets longer or shorter, what looked at all of its rows looks at all of them again, as in Excel itself.
import { type Parts, xmlOf } from './archive.ts'
import { readReference, writeReference } from './places.ts'
import { type Area, escaped, unescaped } from './sheet.ts'

/** The data of a table ended at `last` and now at `next`. */
export type Moved = { sheet: string; area: Area; header: number; last: number; next: number }

/** The reference as it should be now; undefined: as it was. */
function followed(text: string, moves: readonly Moved[]): string | undefined {
  const found = readReference(text)
  if (!found?.area) return undefined
  const { sheet, area } = found
  const move = moves.find(
    (one) =>
      one.sheet === sheet &&
      area.bottom === one.last &&
      (area.top === one.header || area.top === one.header + 1) &&
      area.left >= one.area.left &&
      area.right <= one.area.right,
  )
  return move && move.next !== move.last ? writeReference(sheet, { ...area, bottom: move.next }) : undefined
}

const inElements = (xml: string, name: string, moves: readonly Moved[]) =>
  xml.replace(
    new RegExp(`(<(\\w+:)?${name}(?:\\s[^>]*)?>)([^<]*)(</\\2?${name}>)`, 'g'),
    (all, open, _prefix, text, close) => {
      const now = followed(unescaped(text), moves)
      return now === undefined ? all : `${open}${escaped(now)}${close}`
    },
  )

/** Charts, names and pivot tables of the workbook follow their tables. */
export function follow(parts: Parts, workbook: string, moves: readonly Moved[]): void {
  const change = (path: string, edit: (xml: string) => string) => {
    const xml = xmlOf(parts, path)
    const now = edit(xml)
    if (now !== xml) parts.set(path, Buffer.from(now))
  }
  change(workbook, (xml) => inElements(xml, 'definedName', moves))
  for (const path of parts.keys())
    if (/^xl\/charts\/chart[^/]*\.xml$/.test(path)) change(path, (xml) => inElements(xml, 'f', moves))
}

/**
 * Formulas are worked out again when the file is opened, and what was kept of them (the order, the old pivot rows) is not
 * believed.
 */
export function recalculate(parts: Parts, workbook: string): void {
  const xml = xmlOf(parts, workbook)
  const found = /<(\w+:)?calcPr\b([^>]*?)\s*(?:\/>|>\s*<\/\1?calcPr>)/.exec(xml)
  const prefix = /<(\w+:)?workbook[\s>]/.exec(xml)?.[1] ?? ''
  const rest = (found?.[2] ?? '').replace(/\s(fullCalcOnLoad|calcCompleted)="[^"]*"/g, '')
  const calc = `<${prefix}calcPr${rest} fullCalcOnLoad="1"/>`
  const names = xml.lastIndexOf(`</${prefix}definedNames>`)
  const sheets = xml.indexOf(`</${prefix}sheets>`)
  const behind =
    names >= 0 ? names + `</${prefix}definedNames>`.length : sheets >= 0 ? sheets + `</${prefix}sheets>`.length : -1
  if (found) parts.set(workbook, Buffer.from(xml.replace(found[0], calc)))
  else if (behind >= 0) parts.set(workbook, Buffer.from(xml.slice(0, behind) + calc + xml.slice(behind)))
  dropCalcChain(parts, workbook)
  for (const path of parts.keys()) {
    if (!/^xl\/pivotCache\/pivotCacheDefinition\d*\.xml$/.test(path)) continue
    const cache = xmlOf(parts, path)
    if (/refreshOnLoad="1"/.test(cache)) continue
    const open = cache
      .replace(/\srefreshOnLoad="[^"]*"/, '')
      .replace(/<((?:\w+:)?pivotCacheDefinition)\b/, '<$1 refreshOnLoad="1"')
    parts.set(path, Buffer.from(open))
  }
}

/** The list of which cell is worked out after which: one cell too many in it and Excel calls the file damaged. */
function dropCalcChain(parts: Parts, workbook: string): void {
  const path = [...parts.keys()].find((one) => /(^|\/)calcChain\.xml$/.test(one))
  if (!path) return
  parts.delete(path)
  const rels = workbook.replace(/([^/]+)$/, '_rels/$1.rels')
  const without = (part: string, tag: string) => {
    const xml = xmlOf(parts, part)
    const now = xml.replace(new RegExp(`<(?:\\w+:)?${tag}\\s[^>]*calcChain\\.xml"[^>]*/>`), '')
    if (now !== xml) parts.set(part, Buffer.from(now))
  }
  if (parts.has(rels)) without(rels, 'Relationship')
  without('[Content_Types].xml', 'Override')
}
