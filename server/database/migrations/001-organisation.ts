import type { Knex } from 'knex'
import { agency, flag, instant } from './columns.ts'

/** Agencies, users and how they work: sessions, skills, queues, topics, calendars, numbers, audit. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('agencies', (t) => {
    t.increments('id')
    t.string('code', 40).notNullable().unique()
    t.string('name', 160).notNullable()
    t.string('kind', 20).notNullable() // province, municipality, commune, body
    t.integer('parent_id').unsigned().references('id').inTable('agencies')
    t.string('time_zone', 60).notNullable().defaultTo('America/Argentina/Buenos_Aires')
    t.string('area_code', 6).notNullable().defaultTo('')
    flag(t, 'active', true)
    instant(t, 'created_at').notNullable()
  })
  await knex.schema.createTable('users', (t) => {
    t.increments('id')
    agency(t)
    t.string('username', 60).notNullable().unique()
    t.string('name', 120).notNullable()
    t.string('email', 200)
    t.string('password_hash', 200)
    t.string('role', 30).notNullable()
    t.string('extension', 20).unique()
    t.string('language', 8).notNullable().defaultTo('es')
    flag(t, 'active', true)
    flag(t, 'robot', false) // simulated in the example centre
    instant(t, 'created_at').notNullable()
    t.index(['agency_id', 'role'])
  })
  await knex.schema.createTable('sessions', (t) => {
    t.increments('id')
    t.string('token_hash', 64).notNullable().unique()
    t.integer('user_id').unsigned().notNullable().references('id').inTable('users')
    agency(t)
    t.string('kind', 12).notNullable().defaultTo('session') // session, token (integration), wallboard
    t.string('name', 120)
    instant(t, 'created_at').notNullable()
    instant(t, 'expires_at').notNullable()
    instant(t, 'last_seen_at').notNullable()
  })
  await knex.schema.createTable('audit', (t) => {
    t.increments('id')
    agency(t)
    t.integer('user_id').unsigned()
    instant(t, 'at').notNullable()
    t.string('action', 60).notNullable() // ticket.updated, recording.listened
    t.string('subject_type', 40).notNullable()
    t.string('subject_id', 60).notNullable()
    t.text('detail') // JSON
    t.index(['agency_id', 'at'])
    t.index(['agency_id', 'subject_type', 'subject_id'])
  })
  await knex.schema.createTable('skills', (t) => {
    t.increments('id')
    agency(t)
    t.string('name', 80).notNullable()
    t.unique(['agency_id', 'name'])
  })
  await knex.schema.createTable('agent_skills', (t) => {
    t.increments('id')
    agency(t)
    t.integer('user_id').unsigned().notNullable().references('id').inTable('users')
    t.integer('skill_id').unsigned().notNullable().references('id').inTable('skills')
    t.integer('level').notNullable() // 1..5
    t.unique(['user_id', 'skill_id'])
  })
  await knex.schema.createTable('calendars', (t) => {
    t.increments('id')
    agency(t)
    t.string('name', 100).notNullable()
    t.unique(['agency_id', 'name'])
  })
  await knex.schema.createTable('calendar_hours', (t) => {
    t.increments('id')
    agency(t)
    t.integer('calendar_id').unsigned().notNullable().references('id').inTable('calendars').onDelete('CASCADE')
    t.integer('weekday').notNullable() // 1 Monday .. 7 Sunday
    t.string('opens', 5).notNullable() // 08:00
    t.string('closes', 5).notNullable() // 18:00
  })
  await knex.schema.createTable('calendar_days', (t) => {
    t.increments('id')
    agency(t)
    t.integer('calendar_id').unsigned().notNullable().references('id').inTable('calendars').onDelete('CASCADE')
    t.string('day', 10).notNullable() // 2026-12-25
    t.string('name', 120).notNullable()
    t.string('opens', 5) // null: closed all day
    t.string('closes', 5)
    t.unique(['calendar_id', 'day'])
  })
  await knex.schema.createTable('queues', (t) => {
    t.increments('id')
    agency(t)
    t.string('code', 40).notNullable()
    t.string('name', 100).notNullable()
    t.string('channel', 10).notNullable().defaultTo('voice')
    t.integer('skill_id').unsigned().references('id').inTable('skills')
    t.integer('calendar_id').unsigned().references('id').inTable('calendars')
    t.integer('priority').notNullable().defaultTo(5)
    t.text('levels') // JSON [{afterMs, minLevel}]
    t.integer('max_wait_seconds')
    t.integer('max_size')
    t.string('no_agents', 10).notNullable().defaultTo('wait')
    t.integer('ring_seconds').notNullable().defaultTo(20)
    t.integer('wrap_up_seconds').notNullable().defaultTo(30)
    t.integer('target_seconds').notNullable().defaultTo(20)
    t.integer('target_percent').notNullable().defaultTo(80)
    t.integer('short_abandon_seconds').notNullable().defaultTo(5)
    flag(t, 'record', true)
    flag(t, 'announce_position', true)
    t.text('messages') // JSON [text]
    t.integer('message_every_seconds').notNullable().defaultTo(30)
    flag(t, 'active', true)
    t.unique(['agency_id', 'code'])
  })
  await knex.schema.createTable('topics', (t) => {
    t.increments('id')
    agency(t)
    t.integer('parent_id').unsigned().references('id').inTable('topics')
    t.integer('queue_id').unsigned().references('id').inTable('queues')
    t.string('name', 120).notNullable()
    flag(t, 'active', true)
  })
  await knex.schema.createTable('dispositions', (t) => {
    t.increments('id')
    agency(t)
    t.string('name', 120).notNullable()
    flag(t, 'resolved', false) // the citizen got what was asked
    flag(t, 'active', true)
  })
  await knex.schema.createTable('break_reasons', (t) => {
    t.increments('id')
    agency(t)
    t.string('name', 80).notNullable()
    flag(t, 'active', true)
  })
  await knex.schema.createTable('numbers', (t) => {
    t.increments('id')
    agency(t)
    t.string('number', 30).notNullable().unique() // as dialled on the trunk
    t.string('description', 120).notNullable().defaultTo('')
  })
}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
