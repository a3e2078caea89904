import type { Knex } from 'knex'
import { agency, instant } from './columns.ts'

/**
 * Since when a roster has held: one that is written today says nothing of yesterday. Those that were written before this table was
 * made have no row: they hold for all the time before, as they were told until then.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('staffing_roster_begins', (t) => {
    agency(t)
    t.integer('queue_id').unsigned().notNullable() // 0: the whole agency
    instant(t, 'from_at').notNullable()
    t.primary(['agency_id', 'queue_id', 'from_at'])
  })
}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
