import type { Knex } from 'knex'

/** Where a back office is called: agents transfer to it. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('back_offices', (t) => {
    t.string('number', 24) // null: it has no telephone
  })
}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
