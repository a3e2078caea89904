import type { Knex } from 'knex'
import { instant, uuid } from './columns.ts'

/** Screens on the wall: each asks with a code, is approved for one board, and has one session that can be revoked. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('wallboard_screens', (t) => {
    uuid(t, 'id').primary()
    // Null until somebody approves it: who asks has no agency yet.
    t.integer('agency_id').unsigned().references('id').inTable('agencies')
    uuid(t, 'board_id')
    t.string('name', 100)
    t.string('secret_hash', 64).notNullable().unique() // what the screen shows that it is the one that asked
    t.string('code', 6).unique() // null once approved
    instant(t, 'code_until').notNullable()
    t.integer('session_id').unsigned() // the token's; null until the screen came for it
    t.integer('approved_by').unsigned()
    instant(t, 'approved_at')
    t.index(['agency_id', 'board_id'])
  })
}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
