import type { Knex } from 'knex'

/** What nobody can guess of a mailed run: a notification that it came back must name it. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('schedule_runs', (t) => {
    t.string('mail_token', 32) // in the Message-ID; the same for each attempt of a run
  })
}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
