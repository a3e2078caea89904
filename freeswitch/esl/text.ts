import { isAscii, isUtf8 } from 'node:buffer'

/**
 * Bytes of the switch as text: UTF-8, and each byte that is no part of valid UTF-8 as the Latin-1 character it is in
 * the SIP of older exchanges. Never throws and loses no byte.
 */
export function decodeText(bytes: Buffer): string {
  if (isAscii(bytes)) return bytes.toString('latin1')
  if (isUtf8(bytes)) return bytes.toString('utf8')
  let text = ''
  let good = 0
  let at = 0
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at)
    if (length === 0) {
      text += bytes.toString('utf8', good, at) + String.fromCharCode(bytes[at] as number)
      at++
      good = at
    } else at += length
  }
  return text + bytes.toString('utf8', good, at)
}

/** Bytes of the valid UTF-8 sequence at `at`, 0 when there is none (RFC 3629, table 3-7 of Unicode). */
function sequenceLength(bytes: Buffer, at: number): number {
  const first = bytes[at] as number
  if (first < 0x80) return 1
  const length =
    first >= 0xc2 && first <= 0xdf ? 2 : first >= 0xe0 && first <= 0xef ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0
  if (length === 0 || at + length > bytes.length) return 0
  const second = bytes[at + 1] as number
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  if (second < low || second > high) return 0
  for (let i = at + 2; i < at + length; i++) if (((bytes[i] as number) & 0xc0) !== 0x80) return 0
  return length
}

/** `%xx` undone as the switch writes it (`+` stays); a `%` that starts no escape stays, bytes decode as in decodeText. */
export function decodePercent(text: string): string {
  if (!text.includes('%')) return text
  const source = Buffer.from(text)
  const target = Buffer.allocUnsafe(source.length)
  let used = 0
  for (let at = 0; at < source.length; at++) {
    const high = hexValue(source[at + 1])
    const low = hexValue(source[at + 2])
    if (source[at] === 0x25 && high >= 0 && low >= 0) {
      target[used++] = high * 16 + low
      at += 2
    } else target[used++] = source[at] as number
  }
  return decodeText(target.subarray(0, used))
}

function hexValue(byte: number | undefined): number {
  if (byte === undefined) return -1
  if (byte >= 48 && byte <= 57) return byte - 48
  const lower = byte | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}
