import type { Knex } from 'knex'
import { agency } from './columns.ts'

/** Staffing: what a queue (0: the whole agency) aims at and costs, and who is planned for each half hour of the week. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('staffing_settings', (t) => {
    agency(t)
    t.integer('queue_id').unsigned().notNullable() // 0: the whole agency
    t.integer('shrinkage_percent').notNullable() // paid time away from calls: breaks, training, absence
    t.integer('cost_cents').notNullable() // an agent's hour, in cents of the agency's money
    t.integer('target_percent').notNullable()
    t.integer('target_seconds').notNullable()
    t.primary(['agency_id', 'queue_id'])
  })
  await knex.schema.createTable('staffing_roster', (t) => {
    agency(t)
    t.integer('queue_id').unsigned().notNullable()
    t.integer('weekday').notNullable() // 1 Monday .. 7 Sunday
    t.integer('slot').notNullable() // half hour of the local day, 0..47
    t.integer('agents').notNullable()
    t.primary(['agency_id', 'queue_id', 'weekday', 'slot'])
  })
}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
