import type { Knex } from 'knex'
import { agency, instant } from './columns.ts'

/** Schedules: tries, receipts, kept files. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('schedule_runs', (t) => {
    t.string('kind', 8).notNullable().defaultTo('due') // due, now, sample
    t.integer('attempts').notNullable().defaultTo(1)
    instant(t, 'next_try_at') // of a run in state `retry`
    instant(t, 'sending_at') // set before the mail server is spoken to: from then on nobody sends it again
    t.text('receipt') // what the mail server answered
    t.index(['state', 'next_try_at'])
  })
  await knex.schema.createTable('schedule_files', (t) => {
    t.increments('id')
    agency(t)
    t.integer('run_id').unsigned().notNullable().references('id').inTable('schedule_runs')
    t.string('name', 200).notNullable()
    t.string('type', 120).notNullable()
    t.specificType('content', 'longblob').notNullable()
    instant(t, 'created_at').notNullable()
    t.index('run_id')
    t.index('created_at')
  })
}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
