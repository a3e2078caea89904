import type { Knex } from 'knex'

/** Two people change an announcement at once at times: each keeping raises the number. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('announcements', (t) => t.integer('version').unsigned().notNullable().defaultTo(1))
}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
