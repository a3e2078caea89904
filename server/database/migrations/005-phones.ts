import type { Knex } from 'knex'
import { agency, flag, instant, uuid } from './columns.ts'

/** Phones, trunks and the numbers of each: what mod_xml_curl serves. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('phones', (t) => {
    t.increments('id')
    agency(t)
    t.string('extension', 20).notNullable().unique()
    t.string('domain', 63) // the one that the hash was made for; null: no password yet
    t.string('a1_hash', 32) // md5(extension:domain:password): the password itself is nowhere
    flag(t, 'auto_answer', false)
    instant(t, 'rotated_at')
  })
  await knex.schema.createTable('phone_sessions', (t) => {
    uuid(t, 'id').primary()
    agency(t)
    t.string('extension', 20).notNullable()
    t.string('domain', 63).notNullable()
    t.string('a1_hash', 32).notNullable() // of the user <extension>-web
    instant(t, 'created_at').notNullable()
    instant(t, 'expires_at').notNullable()
    t.index(['extension', 'expires_at'])
    t.index('expires_at')
  })
  // Of the whole centre: whoever tries passwords attacks every agency.
  await knex.schema.createTable('blocked_sources', (t) => {
    t.string('address', 64).primary()
    t.integer('failures').notNullable()
    t.string('last_username', 64).notNullable().defaultTo('')
    instant(t, 'blocked_at').notNullable()
    instant(t, 'until').notNullable()
  })
  await knex.schema.createTable('gateways', (t) => {
    t.increments('id')
    t.integer('agency_id').unsigned().references('id').inTable('agencies') // null: of the whole centre
    t.string('name', 40).notNullable().unique()
    t.string('host', 120).notNullable()
    t.integer('port').notNullable().defaultTo(5060)
    t.string('transport', 4).notNullable().defaultTo('udp') // udp, tcp, tls
    flag(t, 'register', false)
    t.string('username', 80).notNullable().defaultTo('')
    t.text('password') // sealed
    t.string('caller_id', 30).notNullable().defaultTo('')
    t.string('codecs', 60).notNullable().defaultTo('PCMA,PCMU')
    t.integer('max_lines').notNullable().defaultTo(30)
    t.integer('calls_per_second').notNullable().defaultTo(5)
    t.integer('position').notNullable().defaultTo(10) // outgoing calls try the lowest first
    t.text('addresses').notNullable() // JSON [cidr]: from where its calls come in
    flag(t, 'enabled', true)
    instant(t, 'updated_at').notNullable()
  })
  await knex.schema.alterTable('numbers', (t) => {
    t.integer('gateway_id').unsigned()
  })
}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
