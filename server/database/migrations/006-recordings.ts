import type { Knex } from 'knex'
import { agency, flag, instant, uuid } from './columns.ts'

/** Recordings as evidence: rules, verification, legal hold, retention, compression, fetching from other switches. */
export async function up(knex: Knex): Promise<void> {
  // recordings.state may now also be `expiring` (its file is being removed) and `expired` (hash and row stay).
  await knex.schema.alterTable('recordings', (t) => {
    instant(t, 'verified_at')
    t.string('verified_state', 10) // ok, changed, missing, unreadable
    t.integer('verified_run').unsigned()
    flag(t, 'held', false) // an open row of recording_holds: the one guard against deletion
    instant(t, 'expired_at')
    t.integer('expired_days') // the retention by which it went
    t.string('original_sha256', 64) // of the WAV, when it was compressed
    t.bigInteger('original_bytes')
    instant(t, 'compressed_at')
    t.string('leftover', 400) // the WAV that is still to be removed after compressing
    t.index(['state', 'id'])
  })
  await knex.schema.createTable('recording_rules', (t) => {
    t.increments('id')
    agency(t)
    t.string('applies_to', 30).notNullable() // agency, queue:3, campaign:4
    t.integer('queue_id').unsigned().references('id').inTable('queues').onDelete('CASCADE')
    t.integer('campaign_id').unsigned()
    flag(t, 'record', true)
    t.integer('sample_percent').notNullable().defaultTo(100)
    t.string('announce', 100) // name of a prompt
    t.integer('retention_days') // null: for ever
    t.integer('compress_after_days') // null: never
    instant(t, 'updated_at').notNullable()
    t.unique(['agency_id', 'applies_to'])
  })
  await knex.schema.createTable('recording_settings', (t) => {
    t.integer('agency_id').unsigned().primary().references('id').inTable('agencies')
    t.string('listen_roles', 200).notNullable() // JSON
    t.string('download_roles', 200).notNullable() // JSON
    flag(t, 'agents_hear_own', true)
    t.integer('verify_hour').notNullable().defaultTo(3)
  })
  await knex.schema.createTable('recording_holds', (t) => {
    t.increments('id')
    agency(t)
    uuid(t, 'recording_id').notNullable()
    t.integer('user_id').unsigned().notNullable()
    instant(t, 'at').notNullable()
    t.string('reason', 500).notNullable()
    t.integer('lifted_by').unsigned()
    instant(t, 'lifted_at')
    t.string('lifted_reason', 500)
    t.index(['recording_id', 'at'])
  })
  await knex.schema.createTable('recording_runs', (t) => {
    t.increments('id')
    agency(t)
    t.string('kind', 10).notNullable() // verify, expire, compress
    t.string('run_key', 40).notNullable() // the agency's day, or manual and an instant
    t.string('state', 10).notNullable() // running, done, cancelled, failed
    t.string('position', 36).notNullable().defaultTo('') // id of the last recording dealt with
    t.integer('total').notNullable().defaultTo(0)
    t.integer('done').notNullable().defaultTo(0)
    t.integer('faults').notNullable().defaultTo(0)
    t.bigInteger('bytes').notNullable().defaultTo(0)
    instant(t, 'started_at').notNullable()
    instant(t, 'beat_at').notNullable()
    instant(t, 'ended_at')
    t.string('owner', 80).notNullable().defaultTo('')
    t.string('error', 300)
    t.integer('user_id').unsigned()
    // Of several servers only the one that inserts this row runs it.
    t.unique(['agency_id', 'kind', 'run_key'])
    t.index('state')
  })
  await knex.schema.createTable('recording_faults', (t) => {
    t.increments('id')
    agency(t)
    t.integer('run_id').unsigned().notNullable().references('id').inTable('recording_runs')
    uuid(t, 'recording_id').notNullable()
    t.string('state', 12).notNullable()
    t.string('detail', 200).notNullable().defaultTo('')
    t.unique(['run_id', 'recording_id'])
  })
  await knex.schema.createTable('recording_fetches', (t) => {
    uuid(t, 'recording_id').primary()
    agency(t)
    t.string('node', 60).notNullable()
    t.string('state', 10).notNullable() // waiting, done, failed
    t.integer('attempts').notNullable().defaultTo(0)
    instant(t, 'next_at').notNullable()
    t.string('fault', 20) // unreachable, refused, not_there ...
    instant(t, 'at').notNullable()
    t.index(['state', 'next_at'])
  })
}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
