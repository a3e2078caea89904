import type { Knex } from 'knex'
import { agency, instant } from './columns.ts'

/** Who saved the plan of a queue last: of two who edit it at once the second is told whom they would replace. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('staffing_saves', (t) => {
    agency(t)
    t.integer('queue_id').unsigned().notNullable() // 0: the whole agency
    t.integer('user_id').unsigned().notNullable().references('id').inTable('users')
    instant(t, 'saved_at').notNullable()
    t.primary(['agency_id', 'queue_id'])
  })
}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
