// How totals are kept: those of up to 64 subjects of one family and interval in one block of bytes, so that a month of
// thousands of agents is some hundred rows. A block names its measures, so that one without a measure, or with one that is gone,
// can be read all the same.
import { addLinesOf, packWaits, reader, type Totals } from '../metrics/index.ts'
import type { Key, KeyedTotals } from './families.ts'

const subjects = 64
/** Which block of its family and interval a subject is in. */
export const blockOf = (subject: number): number => Math.floor(subject / subjects)

export type Block = { sums: Buffer; waits: Buffer }

const layout = 1
const byKey = (a: Key, b: Key) =>
  a.subject - b.subject || a.queueId - b.queueId || (a.label < b.label ? -1 : Number(a.label > b.label))

/** The same totals give the same bytes, whatever the order in which they were added up. */
export function packBlock(keyed: readonly KeyedTotals[]): Block {
  const keys = [...keyed].sort(byKey)
  const sums = writer()
  const waits = writer()
  const measures = [...new Set(keys.flatMap(({ totals }) => Object.keys(totals.sums)))].sort()
  const labels = [...new Set(keys.map(({ label }) => label))].sort()
  const places = new Map(labels.map((label, place) => [label, place]))
  sums.whole(layout)
  for (const words of [measures, labels]) {
    sums.whole(words.length)
    for (const word of words) sums.text(word)
  }
  sums.whole(keys.length)
  for (const { subject, queueId, label, totals } of keys) {
    const { waitMax, linesPeak, linesOpen } = totals
    // Only the longest wait says whether anybody waited.
    const waitsAt = waitMax < 0 ? 0 : waits.length() + 1
    sums.whole(subject)
    sums.whole(queueId)
    sums.whole(places.get(label) as number)
    sums.whole(waitMax + 1)
    sums.whole(linesPeak)
    sums.whole(linesOpen)
    sums.whole(waitsAt)
    for (const measure of measures) sums.whole(totals.sums[measure] ?? 0)
    if (waitsAt > 0) packWaits(totals.waits, waits.whole)
  }
  return { sums: sums.bytes(), waits: waits.bytes() }
}

/**
 * Adds the totals of a block, of an interval that ends at `until`, to those that `into` gives for their key; undefined: to
 * nobody's. Without `waits` theirs are left out.
 */
export function addBlock(
  { sums, waits }: { sums: Uint8Array; waits?: Uint8Array | undefined },
  until: number,
  into: (subject: number, queueId: number, label: string) => Totals | undefined,
): void {
  const read = reader(sums)
  if (read() !== layout) throw new Error('totals kept by another version of Vera: npx vera rollups rebuild')
  const text = () => String.fromCharCode(...Array.from({ length: read() }, read))
  const words = () => Array.from({ length: read() }, text)
  const [measures, labels] = [words(), words()]
  const count = measures.length
  for (let left = read(); left > 0; left--) {
    const subject = read()
    const queueId = read()
    const totals = into(subject, queueId, labels[read()] as string)
    const waitMax = read() - 1
    const lines = { linesPeak: read(), linesOpen: read(), linesUntil: until }
    const waitsAt = read()
    if (!totals) {
      for (let at = 0; at < count; at++) read()
      continue
    }
    const to = totals.sums
    for (let at = 0; at < count; at++) {
      const more = read()
      if (more === 0) continue
      const measure = measures[at] as string
      to[measure] = (to[measure] ?? 0) + more
    }
    if (waitMax > totals.waitMax) totals.waitMax = waitMax
    addLinesOf(totals, lines)
    if (waitsAt === 0) continue
    if (waits) totals.waits.addPacked(waits, waitsAt - 1)
    else totals.waits.leaveOut()
  }
}

/** Whole numbers as `reader` reads them. */
function writer() {
  let buffer = Buffer.alloc(4_096)
  let at = 0
  const whole = (value: number) => {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a whole number of zero or more: ${value}`)
    if (at + 8 > buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2)
    let rest = value
    for (; rest > 127; rest = Math.floor(rest / 128)) buffer[at++] = (rest % 128) + 128
    buffer[at++] = rest
  }
  return {
    whole,
    text(words: string) {
      whole(words.length)
      for (let place = 0; place < words.length; place++) whole(words.charCodeAt(place))
    },
    length: () => at,
    bytes: () => buffer.subarray(0, at),
  }
}
