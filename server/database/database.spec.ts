import assert from 'node:assert/strict'
import { it } from 'node:test'
import { emptyMariadb, makeAgency, onEachDatabase } from '../testing/database.ts'
import { unlessDone } from './dialect/index.ts'
import { openDatabase } from './index.ts'

onEachDatabase('database', (db) => {
  it('migrates twice without harm', async () => {
    await db().migrate()
    assert.equal((await db().knex('agencies')).length, 0)
  })

  it('waits while another server migrates, and says so when that one died', async () => {
    const lock = (is_locked: number) => db().knex('knex_migrations_lock').update({ is_locked })
    await lock(1)
    let over = false
    const waiting = db()
      .migrate({ everyMs: 5 })
      .then(() => {
        over = true
      })
    await assert.rejects(db().migrate({ everyMs: 5, patienceMs: 40 }), /a medio actualizar/)
    assert.equal(over, false)
    await lock(0)
    await waiting
  })

  it('freed of the lock of a server killed between making an index and noting it, goes on', async (t) => {
    if (db().dialect.name === 'sqlite') return t.skip('undoes all of it')
    const cut = ['029-counting-indexes', '034-facts-by-kind', '038-tickets-counted']
    const noted = db().knex('knex_migrations').whereIn('name', cut)
    assert.equal(await noted.clone().del(), 3)
    await db().migrate()
    assert.equal((await noted).length, 3)
    await assert.rejects(unlessDone(db().knex.schema.alterTable('nowhere', (t) => t.index(['id']))), /nowhere/)
  })

  it('knows a duplicate from other failures', async () => {
    await makeAgency(db(), 'twice')
    const error = await makeAgency(db(), 'twice').catch((e) => e)
    assert.equal(db().dialect.isDuplicate(error), true)
    assert.equal(db().dialect.isUnavailable(error), false)
  })

  it('keeps instants, accents and emoji as they are', async () => {
    const at = Date.UTC(2026, 10, 23, 12)
    await db().knex('agencies').insert({ code: 'ñandú', name: 'Reconquista 🌿 Ñ', kind: 'commune', created_at: at })
    const row = await db().knex('agencies').where({ code: 'ñandú' }).first()
    assert.equal(Number(row.created_at), at)
    assert.equal(row.name, 'Reconquista 🌿 Ñ')
  })

  it('streams rows and rolls back a failed transaction', async () => {
    const before = (await db().knex('agencies')).length
    await assert.rejects(
      db().transaction(async (trx) => {
        await trx('agencies').insert({ code: 'gone', name: 'gone', kind: 'body', created_at: 0 })
        throw new Error('no')
      }),
    )
    let rows = 0
    for await (const _ of db().knex('agencies').stream()) rows++
    assert.equal(rows, before)
  })
})

const skip = process.env.TEST_MARIADB_URL ? false : 'no MariaDB on this machine'
it('is migrated once by servers that are started together', { skip }, async (t) => {
  const { url, drop } = await emptyMariadb()
  const servers = Array.from({ length: 8 }, () => openDatabase(url))
  t.after(async () => {
    for (const server of servers) await server.close()
    await drop()
  })
  // All at once, and not by how long each takes to connect.
  await Promise.all(servers.map((server) => server.ping()))
  await Promise.all(servers.map((server) => server.migrate({ everyMs: 20, patienceMs: 20_000 })))
  const names = await servers[0]!.knex('knex_migrations').pluck('name')
  assert.equal(new Set(names).size, names.length)
  assert.ok(names.length >= 10)
  assert.equal((await servers[0]!.knex('knex_migrations_lock')).length, 1)
})

it('refuses a malformed url in one line without the password', () => {
  for (const url of ['postgres://u:secret@h/db', 'mysql://u:secret@h', 'sqlite:']) {
    assert.throws(
      () => openDatabase(url),
      (error: Error) => error.message.startsWith('DATABASE_URL') && !error.message.includes('secret'),
    )
  }
})
