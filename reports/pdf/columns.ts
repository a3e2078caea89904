// Which columns of a table stand beside each other on a page of paper, how wide and how large: pure.

export type Part = { columns: number[]; widths: number[]; fontSize: number }

/** Points beside each other in a cell, left and right. */
const padding = 8
/** Of a letter, in parts of its size: Roboto's digits; bold titles need a little more. */
const letter = 0.57
const sizes = [8, 7.5, 6.5] as const
/** Longer text wraps. */
const [fewest, most] = [5, 24]
/** Few columns across the whole page would be hard to follow with the eye. */
const widest = 110

/**
 * `front`: how many columns name a row; each part begins with them. The largest letters with which all columns stand in one part,
 * else the smallest and as many parts as it takes. A title's words and a value are not broken.
 */
export function layColumns(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  { front, pageWidth }: { front: number; pageWidth: number },
): Part[] {
  const letters = titles.map((title, index) => {
    const words = title.split(/\s+/).map((word) => word.length + 1)
    const longest = rows.reduce((longest, row) => Math.max(longest, row[index]?.length ?? 0), 0)
    return Math.max(fewest, ...words, Math.min(most, longest))
  })
  const width = (index: number, fontSize: number) => letters[index]! * fontSize * letter + padding
  const sum = (columns: readonly number[], fontSize: number) =>
    columns.reduce((all, index) => all + width(index, fontSize), 0)
  const all = titles.map((_, index) => index)
  const names = all.slice(0, front)
  const fontSize = sizes.find((size) => sum(all, size) <= pageWidth) ?? sizes.at(-1)!
  const parts: number[][] = []
  let part: number[] | undefined
  for (const index of all.slice(front)) {
    if (!part || sum([...part, index], fontSize) > pageWidth) {
      part = [...names]
      parts.push(part)
    }
    part.push(index)
  }
  if (!part) parts.push(names)
  return parts.map((columns) => {
    const taken = sum(columns, fontSize)
    const room = Math.min(pageWidth, Math.max(taken, columns.length * widest))
    return { columns, fontSize, widths: columns.map((index) => (width(index, fontSize) * room) / taken - padding) }
  })
}
