import type { CallEntry } from './types.ts'

/** A dialled number or a pattern without what people write into it: `+54 (342) 456-X` -> `54342456X`. */
export function plainNumber(text: string): string {
  return text.toUpperCase().replace(/[^0-9X*]/g, '')
}

/** Whether the number fits: `X` is one digit, a final `*` any rest, empty is any number. */
export function fits(pattern: string, number: string): boolean {
  const wanted = plainNumber(pattern)
  if (wanted === '') return true
  const open = wanted.endsWith('*')
  const fixed = open ? wanted.slice(0, -1) : wanted
  if (open ? number.length < fixed.length : number.length !== fixed.length) return false
  return [...fixed].every((digit, at) => digit === 'X' || digit === number[at])
}

/** Exact first, then the pattern with most fixed digits, last the one that takes any number. */
function rank(pattern: string): number {
  const wanted = plainNumber(pattern)
  if (wanted === '') return -1
  const digits = wanted.replace(/[^0-9]/g, '').length
  return /[X*]/.test(wanted) ? digits : 1_000 + digits
}

/** The way into the flows for a dialled number. Of equals the first added stands, so that the choice never flickers. */
export function entryFor(entries: Iterable<CallEntry>, dialled: string): CallEntry | undefined {
  const number = plainNumber(dialled)
  let best: CallEntry | undefined
  for (const entry of entries) {
    if (fits(entry.number, number) && (!best || rank(entry.number) > rank(best.number))) best = entry
  }
  return best
}
