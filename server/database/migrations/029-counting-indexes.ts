import type { Knex } from 'knex'

/** What counts a month does it by an index alone: the seal counts every stay, the day its alarms. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('queue_stays', (t) => t.index(['agency_id', 'enqueued_at', 'queue_id', 'outcome']))
  await knex.schema.alterTable('queue_stays', (t) => t.dropIndex(['agency_id', 'enqueued_at']))
  await knex.schema.alterTable('interactions', (t) => t.index(['agency_id', 'alarm', 'created_at']))
}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
