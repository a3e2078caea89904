import type { Knex } from 'knex'

/** Several switches and several servers: leases, nodes, presence. */
export async function up(_knex: Knex): Promise<void> {}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
