import type { Knex } from 'knex'
import { agency, instant } from './columns.ts'

/** Interval roll-ups: what each quarter of an hour and each local day counted, and which must be counted again. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('interval_totals', (t) => {
    agency(t)
    t.string('size', 4).notNullable() // 15m, day
    t.string('family', 6).notNullable() // whole, queue, agent, topic, line
    instant(t, 'begins_at').notNullable()
    t.integer('subject').unsigned().notNullable() // queue, agent, topic; of a line: direction. 0: none
    t.integer('queue_id').unsigned().notNullable() // 0: none
    t.string('label', 60).notNullable() // channel; of a line: gateway
    t.text('totals').notNullable() // packTotals
    t.primary(['agency_id', 'size', 'family', 'begins_at', 'subject', 'queue_id', 'label'])
  })
  await knex.schema.createTable('rollup_marks', (t) => {
    agency(t)
    t.string('size', 4).notNullable()
    instant(t, 'begins_at').notNullable()
    t.integer('version').notNullable() // grows with each fact that came late, so that none is lost while it is counted
    t.primary(['agency_id', 'size', 'begins_at'])
  })
  await knex.schema.createTable('rollup_progress', (t) => {
    t.integer('agency_id').unsigned().primary().references('id').inTable('agencies')
    instant(t, 'until').notNullable() // all before it is rolled up, but for the marks
    t.integer('version').notNullable() // of the measures
    t.string('time_zone', 60).notNullable() // that days were cut in
  })
  await knex.schema.alterTable('agent_states', (t) => t.index(['agency_id', 'ended_at']))
  // Calls that went on when an interval began.
  await knex.schema.alterTable('interactions', (t) => t.index(['agency_id', 'created_at', 'ended_at', 'channel']))
  // Stays refused at the door are rejected interactions; until now only the stay said so.
  await knex('interactions')
    .whereNull('rejected_reason')
    .whereIn('id', knex('queue_stays').where('outcome', 'rejected').select('interaction_id'))
    .update({ rejected_reason: 'busy' })
}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
