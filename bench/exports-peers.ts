// What else writes such a file: libraries, and the least that anybody could write.
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { createRequire } from 'node:module'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { crc32, createDeflateRaw } from 'node:zlib'
import { writeXlsxStream } from 'hucre/xlsx'
import type { CellValue, Column } from '../reports/workbook/index.ts'

export type Asked = { path: string; columns: readonly Column[]; rows: number; row(n: number): CellValue[] }

const formats: Partial<Record<Column['kind'], string>> = { duration: '[h]:mm:ss', ratio: '0.0%' }

async function exceljs({ path, columns, rows, row }: Asked): Promise<void> {
  const library = createRequire(import.meta.url)('exceljs') as typeof import('exceljs')
  const book = new library.stream.xlsx.WorkbookWriter({ filename: path, useStyles: true, useSharedStrings: false })
  const sheet = book.addWorksheet('Llamadas')
  sheet.columns = columns.map(({ id, title, kind }) => ({
    header: title,
    key: id,
    style: { numFmt: formats[kind] ?? '@' },
  }))
  for (let n = 0; n < rows; n++) sheet.addRow(row(n)).commit()
  sheet.commit()
  await book.commit()
}

async function hucre({ path, columns, rows, row }: Asked): Promise<void> {
  function* all() {
    for (let n = 0; n < rows; n++) yield row(n)
  }
  const book = writeXlsxStream(all(), {
    name: 'Llamadas',
    columns: columns.map(({ title, kind }) => ({ header: title, numFmt: formats[kind] ?? '@' })),
    freezePane: { rows: 1 },
  })
  await pipeline(Readable.fromWeb(book as Parameters<typeof Readable.fromWeb>[0]), createWriteStream(path))
}

/** One sheet of text and numbers, without formats, through one deflate: no checks, no second sheet, nothing to open it nicely. */
async function thin({ path, columns, rows, row }: Asked): Promise<void> {
  const file = createWriteStream(path)
  const central: Buffer[] = []
  let offset = 0
  const write = async (bytes: Buffer) => {
    offset += bytes.length
    if (!file.write(bytes)) await once(file, 'drain')
  }
  const part = async (name: string, chunks: Iterable<string>) => {
    const begins = offset
    const local = Buffer.alloc(30)
    local.writeUInt32LE(0x04034b50, 0)
    local.writeUInt32LE(0x00080014, 4)
    local.writeUInt16LE(8, 8)
    local.writeUInt16LE(name.length, 26)
    await write(Buffer.concat([local, Buffer.from(name)]))
    let [sum, size] = [0, 0]
    const from = offset
    const deflate = createDeflateRaw({ level: 1 })
    const counted = function* () {
      for (const text of chunks) {
        const bytes = Buffer.from(text)
        sum = crc32(bytes, sum)
        size += bytes.length
        yield bytes
      }
    }
    await pipeline(Readable.from(counted()), deflate, async (packed) => {
      for await (const bytes of packed) await write(bytes as Buffer)
    })
    const tail = Buffer.alloc(16)
    const entry = Buffer.alloc(46)
    const sizes = [sum, offset - from, size]
    tail.writeUInt32LE(0x08074b50, 0)
    for (const [place, value] of sizes.entries()) {
      tail.writeUInt32LE(value, 4 + 4 * place)
      entry.writeUInt32LE(value, 16 + 4 * place)
    }
    entry.writeUInt32LE(0x02014b50, 0)
    entry.writeUInt32LE(0x00140014, 4)
    entry.writeUInt32LE(0x00080008, 8)
    entry.writeUInt16LE(name.length, 28)
    entry.writeUInt32LE(begins, 42)
    central.push(entry, Buffer.from(name))
    await write(tail)
  }
  const head = '<?xml version="1.0" encoding="UTF-8"?>'
  const types = 'application/vnd.openxmlformats-officedocument.spreadsheetml'
  const office = 'http://schemas.openxmlformats.org'
  const main = `xmlns="${office}/spreadsheetml/2006/main"`
  const links = `${office}/officeDocument/2006/relationships`
  const relations = `${head}<Relationships xmlns="${office}/package/2006/relationships"><Relationship Id="r1" Type="${links}`
  await part('[Content_Types].xml', [
    `${head}<Types xmlns="${office}/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/b.xml" ContentType="${types}.sheet.main+xml"/><Override PartName="/s.xml" ContentType="${types}.worksheet+xml"/></Types>`,
  ])
  await part('_rels/.rels', [`${relations}/officeDocument" Target="b.xml"/></Relationships>`])
  await part('_rels/b.xml.rels', [`${relations}/worksheet" Target="s.xml"/></Relationships>`])
  await part('b.xml', [
    `${head}<workbook ${main} xmlns:r="${links}"><sheets><sheet name="Llamadas" sheetId="1" r:id="r1"/></sheets></workbook>`,
  ])
  const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  const line = (cells: readonly CellValue[]) => {
    let text = '<row>'
    for (const cell of cells) {
      if (cell === null) text += '<c/>'
      else if (typeof cell === 'number') text += `<c><v>${cell}</v></c>`
      else text += `<c t="inlineStr"><is><t>${escaped(String(cell))}</t></is></c>`
    }
    return `${text}</row>`
  }
  function* sheet() {
    yield `${head}<worksheet ${main}><sheetData>${line(columns.map(({ title }) => title))}`
    for (let n = 0; n < rows; n += 200) {
      let text = ''
      for (let one = n; one < Math.min(n + 200, rows); one++) text += line(row(one))
      yield text
    }
    yield '</sheetData></worksheet>'
  }
  await part('s.xml', sheet())
  const directory = Buffer.concat(central)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(central.length / 2, 8)
  end.writeUInt16LE(central.length / 2, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  await write(Buffer.concat([directory, end]))
  file.end()
  await once(file, 'finish')
}

/** By the name under which the table tells them. */
export const peers: Record<string, (asked: Asked) => Promise<void>> = {
  'exceljs stream writer': exceljs,
  'hucre stream writer': hucre,
  'thin writer (deflate 1)': thin,
}
