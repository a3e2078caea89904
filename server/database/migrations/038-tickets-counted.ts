import type { Knex } from 'knex'
import { unlessDone } from '../dialect/index.ts'

/** What reports count of tickets (opened, solved, owed, late; of an agency, by topic and back office) is counted by this index alone. */
const columns = ['agency_id', 'solved_at', 'created_at', 'due_at', 'topic_id', 'back_office_id']

export async function up(knex: Knex): Promise<void> {
  await unlessDone(knex.schema.alterTable('tickets', (t) => t.index(columns, 'tickets_counted')))
}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
