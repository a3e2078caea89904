import type { Knex } from 'knex'
import { agency, flag, instant, uuid } from './columns.ts'

/** Boards are drawn by two people at once at times: each keeping raises the number. What supervisors announce on them. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('wallboards', (t) => {
    t.integer('version').unsigned().notNullable().defaultTo(1)
    t.integer('changed_by').unsigned()
    instant(t, 'changed_at')
  })
  await knex.schema.createTable('announcements', (t) => {
    uuid(t, 'id').primary()
    agency(t)
    t.string('text', 280).notNullable()
    flag(t, 'urgent', false)
    instant(t, 'from_at').notNullable()
    instant(t, 'until_at').notNullable()
    t.text('board_ids').notNullable() // JSON; none: all boards
    t.integer('made_by').unsigned()
    instant(t, 'made_at').notNullable()
    t.index(['agency_id', 'until_at'])
  })
}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
