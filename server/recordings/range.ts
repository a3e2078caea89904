/** Bytes first..last, both included. */
export type Part = { first: number; last: number }

/**
 * One range of RFC 9110 section 14: undefined when the whole is to be sent (no header, another unit, several ranges, or a
 * malformed one), `unsatisfiable` when nothing of it lies within `size` bytes.
 */
export function readRange(header: string | undefined, size: number): Part | undefined | 'unsatisfiable' {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '')
  if (!match || (match[1] === '' && match[2] === '')) return undefined
  const [, from = '', to = ''] = match
  if (from === '') {
    const length = Math.min(Number(to), size)
    return length === 0 ? 'unsatisfiable' : { first: size - length, last: size - 1 }
  }
  const first = Number(from)
  if (to !== '' && Number(to) < first) return undefined
  if (first >= size) return 'unsatisfiable'
  return { first, last: to === '' ? size - 1 : Math.min(Number(to), size - 1) }
}
