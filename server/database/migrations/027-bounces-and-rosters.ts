import type { Knex } from 'knex'
import { agency, instant, uuid } from './columns.ts'

/** Mailed reports that came back; rosters as they were uploaded; simulations of shared skills that run by themselves. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('schedule_runs', (t) => {
    t.text('sent_to') // JSON: addresses. Who may bounce
  })
  await knex.schema.createTable('schedule_bounces', (t) => {
    t.increments('id')
    agency(t)
    t.integer('run_id').unsigned().notNullable().references('id').inTable('schedule_runs')
    t.string('recipient', 190).notNullable() // lower case
    t.string('state', 8).notNullable() // delayed, failed
    t.string('status', 16).notNullable() // RFC 3463, `5.1.1`
    t.string('diagnostic', 500).notNullable()
    instant(t, 'noticed_at').notNullable()
    instant(t, 'told_at') // to the owner, of what failed
    t.unique(['run_id', 'recipient']) // each notification counts once, whoever reads it
    t.index(['state', 'told_at'])
  })
  await knex.schema.createTable('staffing_files', (t) => {
    uuid(t, 'id').primary()
    agency(t)
    t.integer('queue_id').unsigned().notNullable() // 0: the whole agency
    t.integer('user_id').unsigned().notNullable().references('id').inTable('users')
    t.string('name', 200).notNullable()
    t.specificType('content', 'mediumblob').notNullable()
    instant(t, 'uploaded_at').notNullable()
    instant(t, 'taken_at') // since then it is the roster; before it is a preview
    t.index(['agency_id', 'queue_id', 'taken_at'])
  })
  await knex.schema.createTable('staffing_simulations', (t) => {
    uuid(t, 'id').primary()
    agency(t)
    t.integer('user_id').unsigned().notNullable().references('id').inTable('users')
    t.string('state', 16).notNullable() // running, done, failed, cancelled, cut
    t.string('server', 64).notNullable()
    t.text('question').notNullable() // JSON: queues and agents as they were then
    t.integer('calls_done').notNullable().defaultTo(0)
    t.integer('calls_total').notNullable()
    t.text('result') // JSON
    t.string('error', 200)
    instant(t, 'created_at').notNullable()
    instant(t, 'seen_at').notNullable()
    instant(t, 'ended_at')
    t.index(['agency_id', 'created_at'])
    t.index(['state', 'seen_at'])
  })
}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
