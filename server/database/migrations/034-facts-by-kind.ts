import type { Knex } from 'knex'

/** A call has some twenty facts, of which the roll-ups read its few steps: found by the index, the others are not looked at. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('facts', (t) => t.index(['interaction_id', 'kind', 'at']))
  await knex.schema.alterTable('facts', (t) => t.dropIndex(['interaction_id', 'at']))
}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
