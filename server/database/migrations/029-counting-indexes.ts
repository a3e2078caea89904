import type { Knex } from 'knex'
import { unlessDone } from '../dialect/index.ts'

/** What counts a month does it by an index alone: the seal counts every stay, the day its alarms. */
export async function up(knex: Knex): Promise<void> {
  await unlessDone(
    knex.schema.alterTable('queue_stays', (t) => t.index(['agency_id', 'enqueued_at', 'queue_id', 'outcome'])),
  )
  await unlessDone(knex.schema.alterTable('queue_stays', (t) => t.dropIndex(['agency_id', 'enqueued_at'])))
  await unlessDone(knex.schema.alterTable('interactions', (t) => t.index(['agency_id', 'alarm', 'created_at'])))
}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
