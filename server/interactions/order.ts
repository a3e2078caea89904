type Row = { at: number | string; body: string }

/** Facts as they were told: steps of one millisecond by their place. Others of one instant stay as they came. */
export function inOrder<One extends Row>(rows: readonly One[]): One[] {
  const place = ({ body }: Row) => Number((JSON.parse(body) as { place?: unknown }).place ?? 0) || 0
  return [...rows].sort((a, b) => Number(a.at) - Number(b.at) || place(a) - place(b))
}
