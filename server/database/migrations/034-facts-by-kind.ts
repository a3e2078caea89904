import type { Knex } from 'knex'
import { unlessDone } from '../dialect/index.ts'

/** A call has some twenty facts, of which the roll-ups read its few steps: found by the index, the others are not looked at. */
export async function up(knex: Knex): Promise<void> {
  await unlessDone(knex.schema.alterTable('facts', (t) => t.index(['interaction_id', 'kind', 'at'])))
  await unlessDone(knex.schema.alterTable('facts', (t) => t.dropIndex(['interaction_id', 'at'])))
}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
