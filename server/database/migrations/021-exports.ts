import type { Knex } from 'knex'
import { agency, instant, uuid } from './columns.ts'

/** Exports that run by themselves: progress, cancel, file. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('exports', (t) => {
    uuid(t, 'id').primary()
    agency(t)
    t.integer('user_id').unsigned().notNullable().references('id').inTable('users')
    t.string('report', 64).notNullable()
    t.string('format', 8).notNullable()
    t.string('table_name', 64)
    /** JSON, as it was asked: read with `created_at` as now, so that a second run is of the same period. */
    t.text('parameters').notNullable()
    /** waiting, running, done, failed, cancelled */
    t.string('state', 16).notNullable()
    /** Who runs it and keeps its file. */
    t.string('server', 64).notNullable()
    t.integer('tries').notNullable().defaultTo(0)
    t.integer('rows_done').notNullable().defaultTo(0)
    t.integer('rows_total')
    t.bigInteger('bytes')
    t.string('file_name', 200)
    t.string('file_type', 120)
    t.string('error', 64)
    t.text('error_values')
    instant(t, 'created_at').notNullable()
    /** Of the last sign of life while it runs. */
    instant(t, 'seen_at').notNullable()
    instant(t, 'ended_at')
    t.index(['agency_id', 'user_id', 'created_at'])
    t.index(['state', 'seen_at'])
  })
}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
