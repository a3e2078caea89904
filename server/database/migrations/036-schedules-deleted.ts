import type { Knex } from 'knex'
import { instant } from './columns.ts'

/** A deleted schedule is never sent again; its history and files stay their time. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('schedules', (t) => {
    instant(t, 'deleted_at')
  })
}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
