import type { Knex } from 'knex'
import { agency, instant, uuid } from './columns.ts'

/** Workbooks that supervisors bring, which reports fill; each upload is a version and none is lost. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('own_workbooks', (t) => {
    uuid(t, 'id').primary()
    agency(t)
    t.string('name', 120).notNullable()
    /** The version that is filled. */
    t.integer('version').notNullable()
    instant(t, 'created_at').notNullable()
    t.index(['agency_id', 'name'])
  })
  await knex.schema.createTable('own_workbook_versions', (t) => {
    uuid(t, 'workbook_id').notNullable().references('id').inTable('own_workbooks')
    t.integer('version').notNullable()
    agency(t)
    t.string('file_name', 200).notNullable()
    t.integer('bytes').notNullable()
    t.specificType('content', 'longblob').notNullable()
    /** JSON: what was said of each name when it was uploaded. */
    t.text('notes', 'longtext').notNullable()
    t.integer('user_id').unsigned().notNullable().references('id').inTable('users')
    instant(t, 'uploaded_at').notNullable()
    t.primary(['workbook_id', 'version'])
  })
}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
