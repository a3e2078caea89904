// What Excel demands of a file and other readers forgive: order of elements (ECMA-376, part 1), ids, relationships, limits.
import { posix } from 'node:path'
import { DOMParser, type Element } from '@xmldom/xmldom'
import { unzip } from '../workbook/zip.ts'

const words = (text: string) => text.trim().split(/\s+/)
const axis = words(
  `axId scaling delete axPos majorGridlines minorGridlines title numFmt majorTickMark minorTickMark tickLblPos spPr txPr crossAx
  crosses crossesAt auto crossBetween lblAlgn lblOffset tickLblSkip tickMarkSkip noMultiLvlLbl majorUnit minorUnit dispUnits extLst`,
)
/** Children in the order of the schema, by the parent's name. */
const orders: Record<string, string[]> = {
  worksheet: words(
    `sheetPr dimension sheetViews sheetFormatPr cols sheetData sheetCalcPr sheetProtection protectedRanges scenarios autoFilter
    sortState dataConsolidate customSheetViews mergeCells phoneticPr conditionalFormatting dataValidations hyperlinks printOptions
    pageMargins pageSetup headerFooter rowBreaks colBreaks customProperties cellWatches ignoredErrors smartTags drawing
    legacyDrawing legacyDrawingHF drawingHF picture oleObjects controls webPublishItems tableParts extLst`,
  ),
  workbook: words(
    `fileVersion fileSharing workbookPr workbookProtection bookViews sheets functionGroups externalReferences definedNames calcPr
    oleSize customWorkbookViews pivotCaches smartTagPr smartTagTypes webPublishing fileRecoveryPr webPublishObjects extLst`,
  ),
  styleSheet: words('numFmts fonts fills borders cellStyleXfs cellXfs cellStyles dxfs tableStyles colors extLst'),
  sheetView: words('pane selection pivotSelection extLst'),
  cfRule: words('formula colorScale dataBar iconSet extLst'),
  dataBar: words('cfvo color'),
  dxf: words('font numFmt fill alignment border protection extLst'),
  xf: words('alignment protection extLst'),
  c: words('f v is extLst'),
  table: words('autoFilter sortState tableColumns tableStyleInfo extLst'),
  headerFooter: words('oddHeader oddFooter evenHeader evenFooter firstHeader firstFooter'),
  chartSpace: words(
    `date1904 lang roundedCorners AlternateContent style clrMapOvr pivotSource protection chart spPr txPr externalData printSettings
    userShapes extLst`,
  ),
  chart: words(
    `title autoTitleDeleted pivotFmts view3D floor sideWall backWall plotArea legend plotVisOnly dispBlanksAs showDLblsOverMax extLst`,
  ),
  barChart: words('barDir grouping varyColors ser dLbls gapWidth overlap serLines axId extLst'),
  lineChart: words('grouping varyColors ser dLbls dropLines hiLowLines upDownBars marker smooth axId extLst'),
  ser: words(
    'idx order tx spPr invertIfNegative pictureOptions marker dPt dLbls trendline errBars cat val smooth shape extLst',
  ),
  catAx: axis,
  valAx: axis,
  scaling: words('logBase orientation max min extLst'),
  legend: words('legendPos legendEntry layout overlay spPr txPr extLst'),
}

const kids = (element: Element) => [...element.childNodes].filter((node): node is Element => node.nodeType === 1)
const named = (element: Element, name: string) => kids(element).filter((one) => one.localName === name)
const inside = (element: Element, name: string) => [...element.getElementsByTagNameNS('*', name)]

function orderFaults(path: string, element: Element): string[] {
  const order = orders[element.localName ?? '']
  const found: string[] = []
  let before = -1
  for (const child of kids(element)) {
    if (order && child.namespaceURI === element.namespaceURI) {
      const at = order.indexOf(child.localName ?? '')
      if (at < 0) found.push(`${path}: <${child.localName}> has no place in <${element.localName}>`)
      else if (at < before)
        found.push(`${path}: <${child.localName}> of <${element.localName}> stands behind <${order[before]}>`)
      before = Math.max(before, at)
    }
    found.push(...orderFaults(path, child))
  }
  return found
}

function columnNumber(reference: string): number {
  return [...reference.replace(/\d+$/, '')].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0)
}

function cornersOf(range: string): [left: number, top: number, right: number, bottom: number] {
  const [from, to = from] = range.split(':') as [string, string?]
  const row = (reference: string) => Number(/\d+$/.exec(reference)?.[0])
  return [columnNumber(from), row(from), columnNumber(to!), row(to!)]
}

type Limits = { styles: number; dxfs: number; strings: number }

function sheetFaults(path: string, sheet: Element, { styles, dxfs, strings }: Limits): string[] {
  const found: string[] = []
  const say = (text: string) => found.push(`${path}: ${text}`)
  let lastRow = 0
  for (const row of inside(sheet, 'row')) {
    const at = Number(row.getAttribute('r'))
    if (at <= lastRow || at > 1_048_576) say(`row ${at} behind row ${lastRow}`)
    lastRow = at
    let lastColumn = 0
    for (const cell of named(row, 'c')) {
      const reference = cell.getAttribute('r') ?? ''
      const column = columnNumber(reference)
      if (column <= lastColumn || !reference.endsWith(String(at))) say(`cell ${reference} out of order`)
      lastColumn = column
      if (Number(cell.getAttribute('s') ?? 0) >= styles) say(`${reference} has a style that is none`)
      const value = named(cell, 'v')[0]?.textContent ?? ''
      const type = cell.getAttribute('t') ?? 'n'
      if (type === 's' && !(Number(value) < strings)) say(`${reference} has a text that is none`)
      if (type === 'n' && value !== '' && !Number.isFinite(Number(value))) say(`${reference} holds ${value}`)
      if ((cell.textContent ?? '').length > 33_000) say(`${reference} is too long`)
      if (named(cell, 'f')[0]?.textContent?.startsWith('=')) say(`${reference}: a formula begins with =`)
    }
  }
  let behind = 0
  for (const column of inside(sheet, 'col')) {
    if (Number(column.getAttribute('min')) <= behind) say('columns overlap')
    behind = Number(column.getAttribute('max'))
  }
  const merged = inside(sheet, 'mergeCell').map((one) => cornersOf(one.getAttribute('ref') ?? ''))
  merged.forEach(([left, top, right, bottom], at) => {
    for (const [l, t, r, b] of merged.slice(0, at))
      if (left <= r && l <= right && top <= b && t <= bottom) say('merged cells overlap')
  })
  const priorities = inside(sheet, 'cfRule').map((rule) => rule.getAttribute('priority'))
  if (new Set(priorities).size < priorities.length) say('two conditional rules of one priority')
  for (const rule of inside(sheet, 'cfRule')) {
    const dxf = rule.getAttribute('dxfId')
    if (dxf !== null && Number(dxf) >= dxfs) say(`a conditional rule with style ${dxf} of ${dxfs}`)
    if (rule.getAttribute('type') === 'expression' && dxf === null) say('a conditional rule that does nothing')
  }
  if (inside(sheet, 'hyperlink').length > 65_530) say('too many links')
  return found
}

function tableFaults(path: string, table: Element): string[] {
  const names = inside(table, 'tableColumn').map((column) => column.getAttribute('name') ?? '')
  const [left, , right] = cornersOf(table.getAttribute('ref') ?? 'A1')
  return [
    ...(new Set(names.map((name) => name.toLowerCase())).size < names.length
      ? [`${path}: two columns of one name`]
      : []),
    ...(names.length === right - left + 1 ? [] : [`${path}: columns do not fit the range`]),
  ]
}

/** What Excel would «repair»; an empty list for a clean file. */
export function xlsxFaults(archive: Uint8Array): string[] {
  const found: string[] = []
  const parts = unzip(archive)
  const xml = new Map<string, Element>()
  for (const [path, data] of parts) {
    if (!/\.(xml|rels|vml)$/.test(path)) continue
    try {
      const root = new DOMParser({
        onError: (level, message) => level !== 'warning' && found.push(`${path}: ${message}`),
      }).parseFromString(data.toString('utf8'), 'text/xml').documentElement
      if (root) xml.set(path, root)
    } catch (error) {
      found.push(`${path}: ${(error as Error).message}`)
    }
  }
  const types = xml.get('[Content_Types].xml')
  if (!types) return [...found, 'no [Content_Types].xml']
  const defaults = new Set(named(types, 'Default').map((one) => one.getAttribute('Extension')))
  const overrides = new Set(named(types, 'Override').map((one) => (one.getAttribute('PartName') ?? '').slice(1)))
  for (const path of overrides) if (!parts.has(path)) found.push(`a type for ${path}, which is not there`)
  for (const path of parts.keys())
    if (path !== '[Content_Types].xml' && !overrides.has(path) && !defaults.has(path.split('.').at(-1) ?? ''))
      found.push(`${path} has no type`)

  const relations = new Map<string, Map<string, string>>()
  for (const [path, root] of xml) {
    if (!path.endsWith('.rels')) continue
    const source = path.replace(/_rels\/([^/]*)\.rels$/, '$1')
    const ids = new Map<string, string>()
    for (const one of named(root, 'Relationship')) {
      const id = one.getAttribute('Id') ?? ''
      if (ids.has(id)) found.push(`${path}: ${id} twice`)
      const target = one.getAttribute('Target') ?? ''
      const outside = one.getAttribute('TargetMode') === 'External'
      const whole = target.startsWith('/')
        ? target.slice(1)
        : posix.normalize(posix.join(posix.dirname(source), target))
      if (!outside && !parts.has(whole)) found.push(`${path}: ${target} is not there`)
      ids.set(id, outside ? target : whole)
    }
    relations.set(source, ids)
  }
  for (const [path, root] of xml) {
    found.push(...orderFaults(path, root))
    for (const element of [root, ...inside(root, '*')])
      for (const attribute of element.attributes) {
        if (attribute.namespaceURI?.endsWith('/officeDocument/2006/relationships') && attribute.value)
          if (!relations.get(path)?.has(attribute.value)) found.push(`${path}: relationship ${attribute.value} is none`)
        if (attribute.name === 'rgb' && !/^[0-9A-F]{8}$/i.test(attribute.value))
          found.push(`${path}: colour ${attribute.value}`)
      }
  }

  const styles = xml.get('xl/styles.xml')
  const count = (name: string) => (styles ? kids(named(styles, name)[0] ?? styles).length : 0)
  const strings = xml.get('xl/sharedStrings.xml')
  const limits = {
    styles: count('cellXfs'),
    dxfs: styles && named(styles, 'dxfs')[0] ? count('dxfs') : 0,
    strings: strings ? named(strings, 'si').length : 0,
  }
  for (const [path, root] of xml) {
    if (root.localName === 'worksheet') found.push(...sheetFaults(path, root, limits))
    if (root.localName === 'table') found.push(...tableFaults(path, root))
  }
  const tables = [...xml.values()].filter((root) => root.localName === 'table')
  for (const key of ['id', 'displayName'])
    if (new Set(tables.map((one) => one.getAttribute(key)?.toLowerCase())).size < tables.length)
      found.push(`two tables of one ${key}`)

  const workbook = xml.get('xl/workbook.xml')
  if (!workbook) return [...found, 'no workbook']
  const sheets = inside(workbook, 'sheet').map((sheet) => sheet.getAttribute('name') ?? '')
  for (const name of sheets)
    if (name.length > 31 || name === '' || /[[\]:*?/\\]|^'|'$/.test(name)) found.push(`a sheet called «${name}»`)
  if (new Set(sheets.map((name) => name.toLowerCase())).size < sheets.length) found.push('two sheets of one name')
  const defined = inside(workbook, 'definedName').map((one) => {
    const local = one.getAttribute('localSheetId')
    if (local !== null && !(Number(local) < sheets.length)) found.push(`a name for sheet ${local}`)
    const sheet = /^'((?:[^']|'')+)'!/.exec(one.textContent ?? '')?.[1]?.replaceAll("''", "'")
    if (sheet !== undefined && !sheets.includes(sheet)) found.push(`a name for the sheet «${sheet}»`)
    if (sheet === undefined && /^[^!']*\s[^!]*!/.test(one.textContent ?? ''))
      found.push(`${one.textContent} is not quoted`)
    return `${one.getAttribute('name')?.toLowerCase()} ${local}`
  })
  if (new Set(defined).size < defined.length) found.push('two names alike')
  return found
}
