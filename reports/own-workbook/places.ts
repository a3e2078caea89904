// Where in somebody's workbook the names of the house stand.
import { posix } from 'node:path'
import { DOMParser, type Element } from '@xmldom/xmldom'
import { type Parts, xmlOf } from './archive.ts'
import { ownName } from './names.ts'
import { WorkbookRefused } from './refused.ts'
import { type Area, areaText, readArea, textsIn } from './sheet.ts'

export type Place = {
  /** As it is written in the workbook. */
  name: string
  /** Without `vera.`, in small letters. */
  own: string
  /** The sheet's title and its part; `area` is missing where the name leads nowhere. */
  sheet: string
  path: string
  area?: Area
  /** Why it leads nowhere. */
  fault?: 'broken_reference' | 'whole_column' | 'no_header' | 'twice'
  table?: { path: string; headers: string[]; formulas: (string | undefined)[]; totals: boolean }
}
export type Structure = {
  workbook: string
  sheets: Map<string, string>
  places: Place[]
  /** All tables of a sheet, also those that are nobody's business. */
  tables: { sheet: string; area: Area }[]
}

const maxNames = 20_000

export function parseXml(text: string, part: string): Element {
  try {
    const { documentElement } = new DOMParser({
      onError: (level) => {
        if (level !== 'warning') throw new WorkbookRefused('workbook.broken', { part })
      },
    }).parseFromString(text, 'text/xml')
    if (documentElement) return documentElement
  } catch {}
  throw new WorkbookRefused('workbook.broken', { part })
}
const all = (of: Element, name: string) => Array.from(of.getElementsByTagNameNS('*', name)) as Element[]

/** Id -> path of the part, of what a part leads to within the file. */
function relations(parts: Parts, path: string): { id: string; type: string; target: string }[] {
  const rels = `${posix.dirname(path)}/_rels/${posix.basename(path)}.rels`.replace(/^\.\//, '')
  if (!parts.has(rels)) return []
  return all(parseXml(xmlOf(parts, rels), rels), 'Relationship').flatMap((one) => {
    if (one.getAttribute('TargetMode') === 'External') return []
    const target = one.getAttribute('Target') ?? ''
    return {
      id: one.getAttribute('Id') ?? '',
      type: (one.getAttribute('Type') ?? '').split('/').at(-1) as string,
      target: target.startsWith('/') ? target.slice(1) : posix.normalize(posix.join(posix.dirname(path), target)),
    }
  })
}

/** A reference as names and charts write it: `'Mi hoja'!$A$1:$B$9`. */
export function readReference(text: string): { sheet: string; ref: string; area: Area | undefined } | undefined {
  const match = /^(?:'((?:[^']|'')+)'|([^'!(),]+))!([^,!]+)$/.exec(text.trim())
  if (!match) return undefined
  const ref = match[3] as string
  return { sheet: (match[1] ?? match[2] ?? '').replaceAll("''", "'"), ref, area: readArea(ref) }
}

export const writeReference = (sheet: string, area: Area): string => {
  const plain =
    /^[A-Za-z_\u00c0-\uffff][\w.\u00c0-\uffff]*$/.test(sheet) && !/^[A-Z]{1,3}\d+$|^r\d*(c\d*)?$/i.test(sheet)
  return `${plain ? sheet : `'${sheet.replaceAll("'", "''")}'`}!${areaText(area, true)}`
}

/** @throws WorkbookRefused when the file is no workbook */
export function readStructure(parts: Parts): Structure {
  const workbook = relationsOfRoot(parts).find(({ type }) => type === 'officeDocument')
  if (!workbook || !parts.has(workbook.target)) throw new WorkbookRefused('workbook.not_one')
  const path = workbook.target
  const text = xmlOf(parts, path)
  // Counted before they are read: a million names would fill the memory first.
  if ((text.match(/definedName[\s>]/g)?.length ?? 0) > maxNames * 2)
    throw new WorkbookRefused('workbook.too_many_names', { most: maxNames })
  const root = parseXml(text, path)
  const targets = new Map(relations(parts, path).map(({ id, target }) => [id, target]))
  const sheets = new Map<string, string>()
  for (const one of all(root, 'sheet')) {
    const id = Array.from(one.attributes).find(({ localName }) => localName === 'id')?.value ?? ''
    const target = targets.get(id)
    if (target && parts.has(target) && /worksheets\//.test(target)) sheets.set(one.getAttribute('name') ?? '', target)
  }
  if (sheets.size === 0) throw new WorkbookRefused('workbook.no_sheets')
  const places: Place[] = []
  const seen = new Set<string>()
  for (const one of all(root, 'definedName')) {
    const name = one.getAttribute('name') ?? ''
    const own = ownName(name)
    if (own === undefined) continue
    const place = placeOf(name, own, one.textContent ?? '', sheets)
    const key = `${own} ${one.getAttribute('localSheetId') ?? ''}`
    places.push(seen.has(key) ? { ...place, area: undefined, fault: 'twice' } : place)
    seen.add(key)
  }
  const tables: Structure['tables'] = []
  for (const [sheet, sheetPath] of sheets)
    for (const { type, target } of relations(parts, sheetPath)) {
      if (type !== 'table' || !parts.has(target)) continue
      const found = readTable(parts, target, sheet, sheetPath)
      if (found.area) tables.push({ sheet, area: found.area })
      if (found.own) places.push(found as Place)
    }
  return { workbook: path, sheets, places, tables }
}

function relationsOfRoot(parts: Parts) {
  if (!parts.has('_rels/.rels')) return []
  return all(parseXml(xmlOf(parts, '_rels/.rels'), '_rels/.rels'), 'Relationship').map((one) => ({
    id: '',
    type: (one.getAttribute('Type') ?? '').split('/').at(-1) as string,
    target: (one.getAttribute('Target') ?? '').replace(/^\.?\//, ''),
  }))
}

function placeOf(name: string, own: string, text: string, sheets: Map<string, string>): Place {
  const found = readReference(text)
  const path = found && sheets.get(found.sheet)
  if (!found || !path) return { name, own, sheet: '', path: '', fault: 'broken_reference' }
  const at = { name, own, sheet: found.sheet, path }
  if (found.area) return { ...at, area: found.area }
  return { ...at, fault: /^\$?[A-Z]+:|^\$?\d+:/.test(found.ref) ? 'whole_column' : 'broken_reference' }
}

function readTable(
  parts: Parts,
  path: string,
  sheet: string,
  sheetPath: string,
): Omit<Place, 'own'> & { own?: string } {
  const root = parseXml(xmlOf(parts, path), path)
  const name = root.getAttribute('displayName') ?? root.getAttribute('name') ?? ''
  const area = readArea(root.getAttribute('ref') ?? '')
  const columns = all(root, 'tableColumn')
  const headless = root.getAttribute('headerRowCount') === '0'
  const own = ownName(name)
  const at = { name, ...(own === undefined ? {} : { own }), sheet, path: sheetPath }
  if (!area) return { ...at, fault: 'broken_reference' }
  if (headless) return { ...at, fault: 'no_header' }
  return {
    ...at,
    area,
    table: {
      path,
      // A break of line in a header is written as _x000a_.
      headers: columns.map((one) => (one.getAttribute('name') ?? '').replace(/_x000[ad]_/gi, ' ')),
      formulas: columns.map((one) => all(one, 'calculatedColumnFormula')[0]?.textContent ?? undefined),
      totals: Number(root.getAttribute('totalsRowCount') ?? 0) > 0,
    },
  }
}

/** The workbook's shared texts, read when they are first asked for. */
export function sharedTexts(parts: Parts, workbook: string): () => readonly string[] {
  let texts: string[] | undefined
  return () => {
    if (texts) return texts
    const path = relations(parts, workbook).find(({ type }) => type === 'sharedStrings')?.target
    const xml = path && parts.has(path) ? xmlOf(parts, path) : ''
    const prefix = /<(\w+:)?sst[\s>]/.exec(xml)?.[1] ?? ''
    const items = xml.matchAll(new RegExp(`<${prefix}si(?:\\s[^>]*)?(?:/>|>([\\s\\S]*?)</${prefix}si>)`, 'g'))
    texts = [...items].map(([, inside]) => textsIn(inside ?? '', prefix))
    return texts
  }
}
