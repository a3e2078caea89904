import type { Knex } from 'knex'
import { agency, flag, instant, uuid } from './columns.ts'

/** Citizens (shared across agencies), tickets, knowledge articles. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('citizens', (t) => {
    t.increments('id')
    t.string('name', 160).notNullable()
    t.string('dni', 10).unique()
    t.string('cuit', 11).unique()
    t.string('birth_date', 10)
    t.string('email', 200)
    t.string('address', 200)
    t.string('locality', 120)
    t.text('notes')
    t.string('search', 400).notNullable() // lower case, without accents: SQLite's LIKE knows ASCII only
    flag(t, 'invented', false) // made up for the example centre
    t.integer('merged_into').unsigned().references('id').inTable('citizens')
    t.integer('created_by_agency').unsigned().references('id').inTable('agencies')
    instant(t, 'created_at').notNullable()
    instant(t, 'updated_at').notNullable()
    t.index('search')
  })
  await knex.schema.createTable('citizen_phones', (t) => {
    t.increments('id')
    t.integer('citizen_id').unsigned().notNullable().references('id').inTable('citizens')
    t.string('number', 20).notNullable() // E.164
    t.string('match_key', 20).notNullable() // national digits with the mobile 9 removed
    t.index('match_key')
    t.unique(['citizen_id', 'number'])
  })
  await knex.schema.createTable('back_offices', (t) => {
    t.increments('id')
    agency(t)
    t.string('name', 120).notNullable()
    t.string('email', 200)
    flag(t, 'active', true)
  })
  await knex.schema.createTable('tickets', (t) => {
    t.increments('id')
    agency(t)
    t.integer('number').notNullable() // counted within the agency; what the citizen is told
    t.integer('citizen_id').unsigned().references('id').inTable('citizens')
    uuid(t, 'interaction_id')
    t.integer('topic_id').unsigned().references('id').inTable('topics')
    t.integer('back_office_id').unsigned().references('id').inTable('back_offices')
    t.integer('assignee_id').unsigned().references('id').inTable('users')
    t.string('subject', 200).notNullable()
    t.text('description')
    t.string('state', 12).notNullable() // open, in_progress, waiting, solved, closed, reopened
    t.string('priority', 8).notNullable().defaultTo('normal') // low, normal, high, urgent
    instant(t, 'due_at')
    t.string('origin', 12).notNullable() // agent, flow, voicemail
    t.integer('created_by').unsigned()
    instant(t, 'created_at').notNullable()
    instant(t, 'updated_at').notNullable()
    instant(t, 'solved_at')
    instant(t, 'closed_at')
    t.integer('version').notNullable().defaultTo(1) // for guarded updates
    t.unique(['agency_id', 'number'])
    t.index(['agency_id', 'state', 'due_at'])
    t.index('citizen_id')
    t.index('interaction_id')
  })
  await knex.schema.createTable('ticket_comments', (t) => {
    t.increments('id')
    agency(t)
    t.integer('ticket_id').unsigned().notNullable().references('id').inTable('tickets')
    t.integer('user_id').unsigned()
    instant(t, 'at').notNullable()
    t.text('body').notNullable()
    t.index('ticket_id')
  })
  await knex.schema.createTable('ticket_changes', (t) => {
    t.increments('id')
    agency(t)
    t.integer('ticket_id').unsigned().notNullable().references('id').inTable('tickets')
    t.integer('user_id').unsigned()
    instant(t, 'at').notNullable()
    t.string('field', 40).notNullable()
    t.text('before')
    t.text('after')
    t.index('ticket_id')
  })
  await knex.schema.createTable('articles', (t) => {
    t.increments('id')
    agency(t)
    t.integer('topic_id').unsigned().references('id').inTable('topics')
    t.string('title', 200).notNullable()
    t.text('body').notNullable()
    instant(t, 'updated_at').notNullable()
  })
}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
