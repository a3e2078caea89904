import type { Knex } from 'knex'

/** The switch's own call records, imported once each, and their reconciliation. */
export async function up(_knex: Knex): Promise<void> {}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
