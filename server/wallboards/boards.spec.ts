import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeAgency, onEachDatabase } from '../testing/database.ts'
import {
  announce,
  announcementById,
  announcementsAt,
  changeAnnouncement,
  deleteAnnouncement,
  endAnnouncement,
  listAnnouncements,
  onBoard,
} from './announcements.ts'
import { boardById, createBoard, saveBoard } from './store.ts'
import { classic, far, room } from './templates.ts'

onEachDatabase('boards', (db) => {
  test('two who edit at once do not overwrite each other', async () => {
    const [ours, theirs] = [await makeAgency(db()), await makeAgency(db())]
    const id = await createBoard(db(), ours, 'Sala', room())
    const wanted = { version: 1, name: 'Sala 2', design: far(), userId: 4, at: 5_000 }
    assert.equal(await saveBoard(db(), theirs, id, wanted), undefined)
    const both = await Promise.all([1, 2].map(() => saveBoard(db(), ours, id, wanted)))
    assert.deepEqual(both.sort(), [2, undefined])
    const board = await boardById(db(), ours, id)
    assert.deepEqual(board?.design, far())
    assert.deepEqual([board?.version, board?.name, board?.changedBy, board?.changedAt], [2, 'Sala 2', 4, 5_000])
    assert.equal(await saveBoard(db(), ours, id, { ...wanted, version: 2 }), 3)
  })

  test('a board of before designs is read as it was', async () => {
    const scope = await makeAgency(db())
    const row = { agency_id: scope.agencyId, name: 'Vieja', layout: '{"title":"","queueIds":[9]}' }
    await db()
      .knex('wallboards')
      .insert({ id: `old${scope.agencyId}`, ...row })
    assert.deepEqual((await boardById(db(), scope, `old${scope.agencyId}`))?.design, classic({ queueIds: [9] }))
  })

  test('announcements are on the glass from and until, urgent ones first, of the own agency', async () => {
    const [ours, theirs] = [await makeAgency(db()), await makeAgency(db())]
    const say = (text: string, from: number, until: number, urgent = false) =>
      announce(db(), ours, { text, urgent, from, until, boardIds: [], madeBy: 1 }, 0)
    await say('mañana', 100, 200)
    const urgent = await say('urgente 🚨', 50, 150, true)
    await say('hoy', 60, 90)
    const texts = async (at: number, scope = ours) => (await announcementsAt(db(), scope, at)).map(({ text }) => text)
    assert.deepEqual(await texts(49), [])
    assert.deepEqual(await texts(60), ['urgente 🚨', 'hoy'])
    assert.deepEqual(await texts(90), ['urgente 🚨'])
    assert.deepEqual(await texts(120), ['urgente 🚨', 'mañana'])
    assert.deepEqual(await texts(120, theirs), [])
    assert.equal(await endAnnouncement(db(), theirs, urgent, 120), false)
    assert.equal(await endAnnouncement(db(), ours, urgent, 120), true)
    assert.equal(await endAnnouncement(db(), ours, urgent, 121), false)
    assert.deepEqual(await texts(120), ['mañana'])
    assert.equal((await listAnnouncements(db(), ours)).length, 3)
  })

  test('an announcement for some boards is on those only; it is changed and deleted by its agency alone', async () => {
    const [ours, theirs] = [await makeAgency(db()), await makeAgency(db())]
    const wanted = { text: 'solo acá', urgent: false, from: 10, until: 20, boardIds: ['b1'] }
    const id = await announce(db(), ours, { ...wanted, madeBy: 1 }, 0)
    const on = async (board: string) => onBoard(await announcementsAt(db(), ours, 15), board).map(({ text }) => text)
    assert.deepEqual(await on('b1'), ['solo acá'])
    assert.deepEqual(await on('b2'), [])
    assert.equal(await changeAnnouncement(db(), theirs, id, { ...wanted, text: 'ajeno', version: 1 }), false)
    assert.equal(await changeAnnouncement(db(), ours, id, { ...wanted, boardIds: [], version: 1 }), true)
    assert.equal(
      await changeAnnouncement(db(), ours, id, { ...wanted, boardIds: [], version: 2 }),
      true,
      'nothing new is no fault',
    )
    assert.deepEqual(await on('b2'), ['solo acá'])
    assert.equal(await endAnnouncement(db(), ours, id, 15), true)
    assert.equal(await changeAnnouncement(db(), ours, id, { ...wanted, version: 3 }), false, 'ended since')
    assert.deepEqual(await on('b2'), [])
    assert.equal(await announcementById(db(), theirs, id), undefined)
    assert.equal(await deleteAnnouncement(db(), theirs, id), false)
    assert.equal(await deleteAnnouncement(db(), ours, id), true)
    assert.equal(await announcementById(db(), ours, id), undefined)
  })
})
