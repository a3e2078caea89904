import type { Knex } from 'knex'
import { agency, instant, uuid } from './columns.ts'

/** Legs that Vera dials itself within an interaction (callbacks, transfers to a number): each is a seizure of a line. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('call_records', (t) => t.string('gateway', 60)) // of a leg that was dialled
  await knex.schema.createTable('dialled_legs', (t) => {
    uuid(t, 'id').primary()
    agency(t)
    uuid(t, 'interaction_id').notNullable()
    t.string('gateway', 60).notNullable()
    instant(t, 'dialled_at').notNullable()
    instant(t, 'answered_at')
    instant(t, 'ended_at').notNullable()
    t.index(['agency_id', 'dialled_at'])
    t.index('interaction_id')
  })
}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
