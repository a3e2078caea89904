import type { Knex } from 'knex'

/** How a server waits while another one migrates, ms. */
export type MigrationWait = {
  everyMs?: number /** Without one more migration done it is given up. */
  patienceMs?: number
}

/**
 * Brings the schema up to date. Several servers may be started at once: one does it, the others wait for it (knex itself refuses
 * them). @throws Error when nothing moves for so long (an hour: an index over a large table takes its time) that whoever began must have died: MySQL cannot undo half a migration
 */
export async function migrateTogether(knex: Knex, { everyMs = 500, patienceMs = 3_600_000 }: MigrationWait = {}) {
  let done = -1
  let since = performance.now()
  for (;;) {
    try {
      await ensureLock(knex)
      await knex.migrate.latest()
      return
    } catch (error) {
      if (!isBegunByAnother(error)) throw error
    }
    const now = await knex('knex_migrations')
      .count({ count: '*' })
      .then(
        ([row]) => Number(row?.count),
        () => 0,
      )
    if (now !== done) since = performance.now()
    done = now
    if (performance.now() - since > patienceMs) {
      throw new Error(
        'la base quedó a medio actualizar (otro servidor empezó y no terminó). Restaurá la copia de antes de actualizar y volvé a arrancar un solo servidor.',
      )
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}

/**
 * knex's lock with its one row, before knex looks for it. Its own way is to look and then to insert: two servers at once leave two
 * rows, and then nobody ever gets the lock.
 */
async function ensureLock(knex: Knex) {
  const table = 'knex_migrations_lock'
  if (!(await knex.schema.hasTable(table))) {
    await knex.schema.createTable(table, (t) => {
      t.increments('index').primary()
      t.integer('is_locked')
    })
  }
  if (!(await knex(table).first())) await knex(table).insert({ index: 1, is_locked: 0 }).onConflict('index').ignore()
}

/** The lock is taken, or knex's own tables were made by the other one between our look and our making them. */
function isBegunByAnother(error: unknown): boolean {
  const { name, message } = error as Error
  return name === 'MigrationLocked' || /knex_migrations(_lock)?['`]? already exists/.test(message)
}
