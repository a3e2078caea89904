// The little of ZIP that a streamed workbook needs: read the parts of a small archive, write parts of unknown size.

import { pipeline } from 'node:stream/promises'
import { crc32, createDeflateRaw, inflateRawSync } from 'node:zlib'

export type Part = { path: string; data: string | Uint8Array | Iterable<string> | AsyncIterable<string> }

/** The parts of a small archive in memory (one that we just wrote; not for files from outside). */
export function unzip(archive: Uint8Array): Map<string, Buffer> {
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength)
  const end = bytes.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'))
  if (end < 0) throw new Error('not a ZIP archive')
  const parts = new Map<string, Buffer>()
  let at = bytes.readUInt32LE(end + 16)
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    const method = bytes.readUInt16LE(at + 10)
    const size = bytes.readUInt32LE(at + 20)
    const nameLength = bytes.readUInt16LE(at + 28)
    const local = bytes.readUInt32LE(at + 42)
    const path = bytes.toString('utf8', at + 46, at + 46 + nameLength)
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28)
    const packed = bytes.subarray(start, start + size)
    parts.set(path, method === 0 ? packed : inflateRawSync(packed))
    at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32)
  }
  return parts
}

const limit = 0xffff_ffff

function header(path: string, crc: number, packed: number, size: number, offset?: number): Buffer {
  const name = Buffer.from(path, 'utf8')
  const central = offset !== undefined
  const head = Buffer.alloc(central ? 46 : 30)
  let at = head.writeUInt32LE(central ? 0x02014b50 : 0x04034b50)
  if (central) at = head.writeUInt16LE(20, at)
  at = head.writeUInt16LE(20, at)
  at = head.writeUInt16LE(0x0808, at) // sizes follow the data; names are UTF-8
  at = head.writeUInt16LE(8, at)
  at = head.writeUInt32LE(0x00210000, at) // 1980-01-01: the file's own properties carry the time
  at = head.writeUInt32LE(central ? crc : 0, at)
  at = head.writeUInt32LE(central ? packed : 0, at)
  at = head.writeUInt32LE(central ? size : 0, at)
  head.writeUInt16LE(name.length, at)
  if (central) head.writeUInt32LE(offset, 42)
  return Buffer.concat([head, name])
}

/**
 * An archive as chunks. Parts are taken one after the other and each only as fast as the reader pulls, so memory stays
 * bounded whatever their size. Throws a RangeError when a part or the archive would pass 4 GiB.
 */
export async function* zip(parts: Iterable<Part> | AsyncIterable<Part>, level = 4): AsyncGenerator<Buffer> {
  const directory: Buffer[] = []
  let offset = 0
  for await (const part of parts) {
    const at = offset
    const local = header(part.path, 0, 0, 0)
    offset += local.length
    yield local
    const told = { crc: 0, size: 0 }
    let packed = 0
    for await (const chunk of deflate(part.data, level, told)) {
      packed += chunk.length
      yield chunk
    }
    if (told.size > limit || offset + packed > limit) throw new RangeError('the file would pass 4 GiB')
    const descriptor = Buffer.alloc(16)
    descriptor.writeUInt32LE(0x08074b50)
    descriptor.writeUInt32LE(told.crc, 4)
    descriptor.writeUInt32LE(packed, 8)
    descriptor.writeUInt32LE(told.size, 12)
    yield descriptor
    offset += packed + descriptor.length
    directory.push(header(part.path, told.crc, packed, told.size, at))
  }
  const list = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50)
  end.writeUInt16LE(directory.length, 8)
  end.writeUInt16LE(directory.length, 10)
  end.writeUInt32LE(list.length, 12)
  end.writeUInt32LE(offset, 16)
  yield list
  yield end
}

async function* deflate(
  data: Part['data'],
  level: number,
  told: { crc: number; size: number },
): AsyncGenerator<Buffer> {
  async function* counted() {
    for await (const piece of typeof data === 'string' || data instanceof Uint8Array ? [data] : data) {
      const bytes = typeof piece === 'string' ? Buffer.from(piece, 'utf8') : piece
      told.crc = crc32(bytes, told.crc)
      told.size += bytes.length
      yield bytes
    }
  }
  const packer = createDeflateRaw({ level, chunkSize: 65_536 })
  // A reader that goes away ends the loop below, that the packer, and that the source, which closes what it holds. A
  // failure of the source reaches the reader through the packer.
  const piped = pipeline(counted, packer).catch(() => undefined)
  try {
    for await (const chunk of packer) yield chunk as Buffer
  } finally {
    await piped
  }
}
