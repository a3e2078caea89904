// The parts of a workbook from outside: nothing is believed before it is counted.
import { fromBuffer, type ZipFile } from 'yauzl'
import { zip } from '../workbook/zip.ts'
import { WorkbookRefused } from './refused.ts'

/** Part's path -> its bytes, in the order of the file. */
export type Parts = Map<string, Buffer>

/** Written as hexadecimal into a statement, which MariaDB takes up to 16 MiB as it is installed. */
export const maxBytes = 7 * 1_048_576
const maxUnpacked = 160 * 1_048_576
const maxParts = 4_000

/**
 * Reads an .xlsx. @throws WorkbookRefused for what is no workbook, holds programs or ways out of the file, or is out of all measure (`most`: bytes when
 * unpacked)
 */
export async function readParts(bytes: Buffer, most = maxUnpacked): Promise<Parts> {
  if (bytes.length > maxBytes) throw new WorkbookRefused('workbook.too_big', { megabytes: maxBytes / 1_048_576 })
  // An old .xls, and an .xlsx with a password, are both OLE files.
  if (bytes.subarray(0, 4).equals(Buffer.from([0xd0, 0xcf, 0x11, 0xe0])))
    throw new WorkbookRefused('workbook.old_or_locked')
  const parts = await new Promise<Parts>((resolve, reject) => {
    const refuse = () => reject(new WorkbookRefused('workbook.not_one'))
    fromBuffer(bytes, { lazyEntries: true, validateEntrySizes: true }, (error, file) => {
      if (error || !file) return refuse()
      void unpack(file, most).then(resolve, (why) => (why instanceof WorkbookRefused ? reject(why) : refuse()))
    })
  })
  if (!parts.has('[Content_Types].xml')) throw new WorkbookRefused('workbook.not_one')
  refusePrograms(parts)
  return parts
}

function unpack(file: ZipFile, most: number): Promise<Parts> {
  const parts: Parts = new Map()
  let left = most
  return new Promise((resolve, reject) => {
    file.on('error', reject)
    file.on('end', () => resolve(parts))
    file.on('entry', (entry) => {
      const path: string = entry.fileName
      if (path.endsWith('/')) return file.readEntry()
      if (parts.size >= maxParts || entry.uncompressedSize > left)
        return reject(new WorkbookRefused('workbook.too_much'))
      if (parts.has(path) || entry.isEncrypted()) return reject(new WorkbookRefused('workbook.not_one'))
      file.openReadStream(entry, (error, stream) => {
        if (error || !stream) return reject(error ?? new Error('no stream'))
        const pieces: Buffer[] = []
        stream.on('data', (piece: Buffer) => {
          // What the directory says of its size is not believed either.
          left -= piece.length
          if (left < 0) stream.destroy(new WorkbookRefused('workbook.too_much'))
          else pieces.push(piece)
        })
        stream.on('error', reject)
        stream.on('end', () => {
          parts.set(path, Buffer.concat(pieces))
          file.readEntry()
        })
      })
    })
    file.readEntry()
  })
}

/** Macros, controls and what is read from elsewhere: a file that Vera hands on must not do anything. */
function refusePrograms(parts: Parts): void {
  const types = xmlOf(parts, '[Content_Types].xml')
  const names = [...parts.keys()].join('\n')
  if (
    /macroEnabled|vbaProject|macrosheet|ms-office\.activeX/i.test(types) ||
    /vbaProject|macrosheets\/|activeX\//i.test(names)
  )
    throw new WorkbookRefused('workbook.macros')
  if (/xl\/(externalLinks|embeddings|connections\.xml|queryTables)/i.test(names))
    throw new WorkbookRefused('workbook.outside')
  if (!/spreadsheetml\.sheet\.main\+xml/.test(types)) throw new WorkbookRefused('workbook.not_one')
}

/** The text of an XML part. @throws WorkbookRefused when it is missing, is no UTF-8, or brings definitions of its own */
export function xmlOf(parts: Parts, path: string): string {
  const bytes = parts.get(path)
  if (!bytes) throw new WorkbookRefused('workbook.broken', { part: path })
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new WorkbookRefused('workbook.broken', { part: path })
  }
  // Entities are how a kilobyte becomes a gigabyte; no spreadsheet writes any.
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) throw new WorkbookRefused('workbook.broken', { part: path })
  return text
}

/** The parts as a file again. */
export async function writeParts(parts: Parts): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of zip([...parts].map(([path, data]) => ({ path, data })))) chunks.push(chunk)
  return Buffer.concat(chunks)
}
