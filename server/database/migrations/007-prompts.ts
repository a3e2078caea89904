import type { Knex } from 'knex'

/** The library of prompts: versions and where they are used; recognised speech. */
export async function up(_knex: Knex): Promise<void> {}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
