import assert from 'node:assert/strict'
import { appendFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type Config, readConfig } from '../config.ts'
import { openDatabase } from '../database/index.ts'
import { makeBackup } from './backup.ts'
import { checkBackup, isInside } from './backup-files.ts'
import { restoreBackup } from './restore.ts'

const folder = await mkdtemp(join(tmpdir(), 'vera-backup-'))
after(() => rm(folder, { recursive: true, force: true }))
let homes = 0

/** A home of its own. `server`: url of a MySQL without a database. */
async function place(server?: string): Promise<{ config: Config; end(): Promise<void> }> {
  const root = join(folder, `place${++homes}`)
  await mkdir(root)
  let databaseUrl = `sqlite:${join(root, 'var', 'vera.sqlite')}`
  let end = async () => {}
  if (server) {
    const name = `backup_${process.pid}_${homes}`
    const url = new URL(server)
    url.pathname = '/mysql'
    const admin = openDatabase(url.href)
    await admin.knex.raw(`create database ${name} character set utf8mb4`)
    url.pathname = `/${name}`
    databaseUrl = url.href
    end = async () => {
      await admin.knex.raw(`drop database ${name}`)
      await admin.close()
    }
  }
  const config = { ...readConfig({ DATABASE_URL: databaseUrl, PORT: '0' }), home: join(root, 'var') }
  await mkdir(config.home, { recursive: true })
  return { config: { ...config, recordingsDir: join(root, 'var/recordings'), cdrDir: join(root, 'cdr') }, end }
}
async function fill({ databaseUrl, home, recordingsDir }: Config): Promise<void> {
  const db = openDatabase(databaseUrl)
  await db.migrate()
  await db.knex('agencies').insert({ code: 'a', name: "Ñandú 'y' «co»", kind: 'province', created_at: 0 })
  await db.close()
  for (const [path, text] of [
    ['session-secret', 'secret'],
    ['prompts/1/a.wav', 'prompt'],
    ['facts/1.ndjson', '{}\n'],
    ['freeswitch/directory/agents.xml', '<include/>'],
    ['freeswitch/log/freeswitch.log', 'a log'],
    ['waveforms/x', 'cache'],
  ] as const) {
    await mkdir(join(home, path, '..'), { recursive: true })
    await writeFile(join(home, path), text)
  }
  await mkdir(join(recordingsDir, '1'), { recursive: true })
  await writeFile(join(recordingsDir, '1', 'talk.wav'), 'audio')
}

for (const [name, server] of [
  ['SQLite', undefined],
  ['MariaDB', process.env.TEST_MARIADB_URL],
] as const)
  test(`what is backed up comes back, ${name}`, {
    skip: name === 'MariaDB' && !server ? 'no MariaDB on this machine' : false,
  }, async () => {
    const [from, to] = [await place(server), await place(server)]
    await fill(from.config)
    const target = join(folder, `copy of ${name}`)
    await makeBackup(from.config, { folder: target, root: join(from.config.home, '..'), recordings: true })
    const { manifest, faults } = await checkBackup(target)
    assert.deepEqual(faults, [])
    assert.deepEqual(
      manifest?.files.map(({ path }) => path).sort(),
      [
        name === 'SQLite' ? 'base.sqlite' : 'base.sql',
        ...['recordings.csv', 'recordings/1/talk.wav', 'var/facts/1.ndjson', 'var/freeswitch/directory/agents.xml'],
        ...['var/prompts/1/a.wav', 'var/session-secret'],
      ].sort(),
    )
    assert.equal((await stat(target)).mode & 0o777, 0o700)
    assert.equal((await stat(join(target, 'var/session-secret'))).mode & 0o777, 0o600)
    await assert.rejects(makeBackup(from.config, { folder: target, root: folder, recordings: false }), /no está vacía/)
    await restoreBackup(to.config, target, false)
    const db = openDatabase(to.config.databaseUrl)
    assert.deepEqual(
      (await db.knex('agencies').select('name')).map((row) => row.name),
      ["Ñandú 'y' «co»"],
    )
    await db.close()
    assert.equal(await readFile(join(to.config.home, 'prompts/1/a.wav'), 'utf8'), 'prompt')
    assert.equal(await readFile(join(to.config.recordingsDir, '1/talk.wav'), 'utf8'), 'audio')
    await assert.rejects(restoreBackup(to.config, target, false), /--force/)
    assert.match(
      (await restoreBackup(to.config, target, true)).join(),
      name === 'SQLite' ? /quedó en/ : /Base repuesta/,
    )
    for (const one of [from, to]) await one.end()
  })

test('a copy that was changed, cut or added to is not restored', async () => {
  const { config } = await place()
  await fill(config)
  const target = join(folder, 'changed')
  await makeBackup(config, { folder: target, root: folder, recordings: false })
  await appendFile(join(target, 'var/prompts/1/a.wav'), '!')
  await rm(join(target, 'recordings.csv'))
  await writeFile(join(target, 'var/more'), '')
  assert.deepEqual((await checkBackup(target)).faults, [
    'recordings.csv: falta',
    'var/prompts/1/a.wav: cambió',
    'var/more: no está en la lista',
  ])
  await assert.rejects(restoreBackup(config, target, true), /La copia no está bien/)
  await rm(join(target, 'manifest.json'))
  assert.equal((await checkBackup(target)).manifest, undefined)
  await assert.rejects(
    makeBackup(config, { folder: join(config.home, 'b'), root: folder, recordings: false }),
    /otro lado/,
  )
})

test('a manifest from a stranger cannot write outside', () => {
  for (const path of ['', '../x', 'a/../../x', '/etc/x', 'a\\..\\..\\x', 'a\0b']) assert.equal(isInside(path), false)
  for (const path of ['a', 'a/b..c', '.env', '..a/b']) assert.equal(isInside(path), true)
})
