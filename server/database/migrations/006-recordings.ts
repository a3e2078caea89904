import type { Knex } from 'knex'

/** Recordings as evidence: rules, verification, legal hold, retention, marks. */
export async function up(_knex: Knex): Promise<void> {}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
