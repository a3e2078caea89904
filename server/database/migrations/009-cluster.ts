import type { Knex } from 'knex'
import { agency, flag, instant, uuid } from './columns.ts'

/** Several switches and several servers: leases, nodes, presence. */
export async function up(knex: Knex): Promise<void> {
  // Who does what only one may do. No instants: who waits watches `beat` with a clock of its own.
  await knex.schema.createTable('leases', (t) => {
    t.string('name', 60).primary()
    t.string('owner', 100).notNullable().defaultTo('') // <server>#<instance>; empty: nobody
    t.bigInteger('epoch').notNullable().defaultTo(0) // grows with each owner: the fencing token
    t.bigInteger('beat').notNullable().defaultTo(0) // grows with each renewal
  })
  await knex.schema.createTable('servers', (t) => {
    t.string('name', 63).primary()
    uuid(t, 'instance').notNullable() // another one: the process was started again
    t.string('url', 200).notNullable() // where the other servers reach it
    t.string('version', 40).notNullable().defaultTo('')
    instant(t, 'started_at').notNullable()
    instant(t, 'seen_at').notNullable()
  })
  await knex.schema.createTable('switch_nodes', (t) => {
    t.string('name', 63).primary()
    flag(t, 'draining', false)
    instant(t, 'changed_at').notNullable()
    t.integer('changed_by').unsigned()
  })
  // Who waited on a switch that was lost, and calls again, gets the place of before: once.
  await knex.schema.createTable('lost_places', (t) => {
    t.increments('id')
    agency(t)
    t.integer('queue_id').unsigned().notNullable()
    t.string('number', 40).notNullable()
    instant(t, 'place_since').notNullable()
    instant(t, 'until').notNullable()
    t.unique(['agency_id', 'queue_id', 'number'])
    t.index(['until'])
  })
  // Callbacks owed: whoever routes next goes on with them.
  await knex.schema.createTable('owed_callbacks', (t) => {
    uuid(t, 'stay_id').primary()
    agency(t)
    t.integer('queue_id').unsigned().notNullable()
    t.text('body').notNullable() // JSON of routing's Callback
    instant(t, 'saved_at').notNullable()
  })
}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
