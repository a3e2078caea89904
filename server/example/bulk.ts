import type { Knex } from '../database/index.ts'

type Value = string | number | boolean | null

/**
 * Inserts many rows with few statements: knex's own insert builds a tree for each row, which costs more than the writing.
 * Column names are ours (the keys of the first row); values are bound.
 */
export async function insertRows(trx: Knex, table: string, rows: readonly Record<string, Value>[]): Promise<void> {
  const first = rows[0]
  if (!first) return
  const columns = Object.keys(first)
  // Both databases take far more; this keeps the event loop free between statements.
  const size = Math.max(1, Math.floor(3_000 / columns.length))
  const head = `insert into ${table} (${columns.join(', ')}) values `
  const group = `(${columns.map(() => '?').join(', ')})`
  for (let start = 0; start < rows.length; start += size) {
    const chunk = rows.slice(start, start + size)
    const bindings: Value[] = []
    for (const row of chunk) for (const column of columns) bindings.push(row[column] ?? null)
    await trx.raw(head + new Array(chunk.length).fill(group).join(', '), bindings)
  }
}
