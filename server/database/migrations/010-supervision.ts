import type { Knex } from 'knex'
import { agency, flag, instant, uuid } from './columns.ts'

/** What supervisors did to calls, agents and queues. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('supervision_log', (t) => {
    uuid(t, 'id').primary()
    agency(t)
    instant(t, 'at').notNullable()
    instant(t, 'ended_at') // of listening and the like: one row for each mode it was in
    t.integer('user_id').unsigned().notNullable()
    t.string('action', 20).notNullable() // listen, whisper, join, take_over, agent_state, move, queue
    t.integer('agent_id').unsigned()
    t.integer('queue_id').unsigned()
    t.string('interaction_id', 64)
    uuid(t, 'supervision_id')
    t.text('detail') // JSON
    t.index(['agency_id', 'at'])
    t.index(['supervision_id'])
  })
  await knex.schema.createTable('queue_doors', (t) => {
    t.integer('queue_id').unsigned().primary().references('id').inTable('queues')
    agency(t)
    t.boolean('open').notNullable()
    instant(t, 'until') // null: until it is changed by hand
    t.integer('user_id').unsigned().notNullable()
    instant(t, 'at').notNullable()
  })
  await knex.schema.createTable('supervision_settings', (t) => {
    t.integer('agency_id').unsigned().primary().references('id').inTable('agencies')
    flag(t, 'tell_agents', false) // agents see that somebody listens
  })
}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
