import type { Knex } from 'knex'

/** What supervisors did to calls and queues. */
export async function up(_knex: Knex): Promise<void> {}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
