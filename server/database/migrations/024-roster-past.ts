import type { Knex } from 'knex'
import { agency, instant } from './columns.ts'

/** Rosters that were replaced, with when: changing who is planned never rewrites what was. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('staffing_roster_past', (t) => {
    agency(t)
    t.integer('queue_id').unsigned().notNullable() // 0: the whole agency
    instant(t, 'until_at').notNullable()
    t.integer('weekday').notNullable() // 1 Monday .. 7 Sunday
    t.integer('slot').notNullable() // half hour of the local day, 0..47
    t.integer('agents').notNullable()
    t.primary(['agency_id', 'queue_id', 'until_at', 'weekday', 'slot'])
  })
}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
