import type { Knex } from 'knex'
import { agency, instant } from './columns.ts'

/** Roll-ups as blocks of many subjects: a hundredth of the rows. They are made anew from the facts at the next start. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('interval_blocks', (t) => {
    agency(t)
    t.string('size', 4).notNullable() // 15m, day
    t.string('family', 20).notNullable() // reports/rollups/families.ts
    instant(t, 'begins_at').notNullable()
    t.integer('block').unsigned().notNullable() // which 64 subjects
    t.specificType('sums', 'mediumblob').notNullable() // packBlock
    t.specificType('waits', 'mediumblob').notNullable()
    t.primary(['agency_id', 'size', 'family', 'begins_at', 'block'])
    // One agent over a long time.
    t.index(['agency_id', 'size', 'family', 'block', 'begins_at'])
  })
  await knex.schema.dropTable('interval_totals')
  await knex('rollup_marks').del()
  await knex('rollup_progress').del()
}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
