import type { Knex } from 'knex'
import { agency, duration, instant } from './columns.ts'

/** The library of prompts: each save keeps the earlier one. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('prompts', (t) => {
    t.string('language', 5) // null: the caller's
  })
  await knex.schema.createTable('prompt_versions', (t) => {
    t.increments('id')
    agency(t)
    t.integer('prompt_id').unsigned().notNullable().references('id').inTable('prompts').onDelete('CASCADE')
    t.integer('number').notNullable() // 1, 2, ... in each prompt
    instant(t, 'at').notNullable()
    t.integer('user_id').unsigned() // null: shipped, or from before versions were kept
    t.string('username', 60).notNullable().defaultTo('')
    t.text('text').notNullable()
    t.string('language', 5)
    t.string('file', 200) // null: spoken from the text
    t.string('sha256', 64)
    duration(t, 'duration_ms')
    t.text('sound') // JSON {before, after: {rms, peak} dBFS, shape: [0..100]}
    t.unique(['prompt_id', 'number'])
    t.index(['agency_id', 'at'])
  })
}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
