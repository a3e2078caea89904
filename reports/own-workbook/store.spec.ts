import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { it } from 'node:test'
import { makeAgency, onEachDatabase } from '../../server/testing/database.ts'
import { maxBytes } from './archive.ts'
import * as store from './store.ts'

const upload = (n: number, userId: number): store.Upload => ({
  fileName: `v${n}.xlsx`,
  content: Buffer.from([0, 255, 39, n]),
  notes: [{ name: 'vera.asa', where: 'H!A1', state: 'good', code: 'cell', values: { label: 'ñ' } }],
  userId,
  at: n,
})

onEachDatabase('own workbooks', (db) => {
  it('are kept by agency, with their versions', async () => {
    const [mine, other] = [await makeAgency(db()), await makeAgency(db())]
    const [userId] = (await db()
      .knex('users')
      .insert({
        username: `u${mine.agencyId}`,
        name: 'Marta',
        role: 'supervisor',
        agency_id: mine.agencyId,
        created_at: 0,
      })) as [number]
    const id = (await store.addWorkbook(db(), mine, 'Mi día', upload(1, userId)))!
    assert.equal(await store.addVersion(db(), mine, id, upload(2, userId)), true)
    const [one] = await store.listWorkbooks(db(), mine)
    assert.deepEqual(
      [one!.name, one!.version, one!.fileName, one!.by, one!.notes[0]!.values.label],
      ['Mi día', 2, 'v2.xlsx', 'Marta', 'ñ'],
    )
    assert.deepEqual(await store.readContent(db(), mine, id, 1), Buffer.from([0, 255, 39, 1]))
    const largest = randomBytes(maxBytes)
    assert.equal(await store.addVersion(db(), mine, id, { ...upload(3, userId), content: largest }), true)
    assert.ok(largest.equals((await store.readContent(db(), mine, id, 3))!))
    assert.equal(await store.restoreVersion(db(), mine, id, 1), true)
    assert.equal((await store.readWorkbook(db(), mine, id))!.version, 1)
    assert.equal(await store.restoreVersion(db(), mine, id, 9), false)

    assert.deepEqual(await store.listWorkbooks(db(), other), [])
    assert.equal(await store.readWorkbook(db(), other, id), undefined)
    assert.equal(await store.readContent(db(), other, id, 1), undefined)
    assert.deepEqual(await store.listVersions(db(), other, id), [])
    assert.equal(await store.addVersion(db(), other, id, upload(3, userId)), false)
    assert.equal(await store.restoreVersion(db(), other, id, 1), false)
    assert.equal(await store.removeWorkbook(db(), other, id), false)

    for (let n = 4; n <= store.keptVersions + 5; n++) await store.addVersion(db(), mine, id, upload(n, userId))
    assert.equal((await store.listVersions(db(), mine, id)).length, store.keptVersions)
    assert.equal(await store.removeWorkbook(db(), mine, id), true)
    assert.equal(await store.readContent(db(), mine, id, store.keptVersions), undefined)
    for (let n = 0; n < store.mostWorkbooks; n++)
      assert.ok(await store.addWorkbook(db(), mine, `${n}`, upload(n, userId)))
    assert.equal(await store.addWorkbook(db(), mine, 'one too many', upload(1, userId)), undefined)
  })
})
