import type { Knex } from 'knex'
import { agency, flag, instant, uuid } from './columns.ts'

/** Flows, prompts, alarms, wallboards, schedules. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('flow_deploys', (t) => {
    t.increments('id')
    t.integer('user_id').unsigned() // null: shipped with the product
    t.string('username', 60).notNullable()
    instant(t, 'at').notNullable()
    t.text('flows', 'longtext').notNullable() // JSON
    t.text('credentials', 'longtext').notNullable() // JSON, encrypted by Node-RED
  })
  await knex.schema.createTable('node_red_storage', (t) => {
    t.string('name', 60).primary() // settings, sessions, library entries
    t.text('body', 'longtext').notNullable()
  })
  await knex.schema.createTable('prompts', (t) => {
    t.increments('id')
    agency(t)
    t.string('name', 100).notNullable()
    t.text('text').notNullable()
    t.string('file', 200) // an uploaded recording; null: spoken from the text
    instant(t, 'updated_at').notNullable()
    t.unique(['agency_id', 'name'])
  })
  await knex.schema.createTable('alarms', (t) => {
    uuid(t, 'id').primary()
    agency(t)
    instant(t, 'at').notNullable()
    t.string('code', 60).notNullable() // flow.no_next_step, prompt.missing, switch.down
    t.text('message').notNullable()
    t.string('subject', 120).notNullable().defaultTo('')
    t.integer('seen_by').unsigned()
    instant(t, 'seen_at')
    t.index(['agency_id', 'at'])
  })
  await knex.schema.createTable('wallboards', (t) => {
    uuid(t, 'id').primary()
    agency(t)
    t.string('name', 100).notNullable()
    t.text('layout').notNullable() // JSON
    t.string('token_hash', 64)
  })
  await knex.schema.createTable('schedules', (t) => {
    t.increments('id')
    agency(t)
    t.integer('owner_id').unsigned().notNullable().references('id').inTable('users')
    t.string('name', 120).notNullable()
    t.string('report', 40).notNullable()
    t.text('parameters').notNullable() // JSON
    t.string('cron', 60).notNullable()
    t.string('time_zone', 60).notNullable()
    t.string('format', 6).notNullable() // xlsx, csv
    t.text('recipients').notNullable() // JSON [address]
    flag(t, 'active', true)
    instant(t, 'created_at').notNullable()
  })
  await knex.schema.createTable('schedule_runs', (t) => {
    t.increments('id')
    agency(t)
    t.integer('schedule_id').unsigned().notNullable().references('id').inTable('schedules')
    instant(t, 'due_at').notNullable()
    instant(t, 'started_at').notNullable()
    instant(t, 'ended_at')
    t.string('state', 10).notNullable() // running, sent, failed
    t.text('error')
    // The lock: of several servers only the one that inserts this row sends it.
    t.unique(['schedule_id', 'due_at'])
  })
}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
