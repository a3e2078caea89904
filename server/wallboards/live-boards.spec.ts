import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Scope } from '../database/index.ts'
import type { Session } from '../http/types.ts'
import type { TopicOptions, Whom } from '../live/types.ts'
import { makeAgency, onEachDatabase } from '../testing/database.ts'
import { announce } from './announcements.ts'
import { liveBoards } from './live-boards.ts'
import type { BoardModel } from './model.ts'
import { createBoard, deleteBoard, saveBoard } from './store.ts'
import { empty, far, newTile } from './templates.ts'

const centre = {
  figures: true,
  queues: [],
  agents: [],
  health: { switch: true, database: true },
  countedAt: 1,
  explain: null,
}
const counts = { offline: 0, available: 0, offered: 0, talking: 0, wrap_up: 0, break: 0 }

onEachDatabase('boards as they live', (db) => {
  let at = 1_000_000
  const told: Whom[] = []
  const made = (database = db()) => {
    let topic: TopicOptions<BoardModel | null> | undefined
    const boards = liveBoards({
      db: database,
      live: {
        define(options) {
          topic = options as never
          return { changed: (whom = {}) => void told.push(whom) }
        },
      },
      now: { model: async () => ({ ...centre, counts, waiting: 0, oldest: null }), onChange: () => () => {} } as never,
      ports: { now: () => at },
      numbers: {
        values: async (_scope, asked) => asked.map(() => 1),
        trend: () => undefined,
        topics: () => undefined,
        onRead: () => () => {},
      },
      roles: ['supervisor', 'wallboard'],
      version: 'v',
    })
    assert.ok(topic)
    return { boards, topic }
  }
  const session = (scope: Scope, role = 'supervisor', id = 1) =>
    ({ id, scope, agencyId: scope.agencyId, agencyName: 'Provincia', role }) as Session

  test('a screen sees its one board, people those of their agency', async () => {
    const [ours, theirs] = [await makeAgency(db()), await makeAgency(db())]
    const board = await createBoard(db(), ours, 'Sala', far())
    const other = await createBoard(db(), ours, 'Otra', far())
    const screen = { secret_hash: `h${board}`, code_until: 1, approved_at: 1, agency_id: ours.agencyId, name: 'Tele' }
    const own = 700_000 + ours.agencyId
    await db()
      .knex('wallboard_screens')
      .insert({ ...screen, id: board, board_id: board, session_id: own })
    const { topic } = made()
    const sees = (who: Session, key: string) => topic.admits?.(who, key)
    assert.deepEqual(
      [await sees(session(ours, 'wallboard', own), board), await sees(session(ours, 'wallboard', own), other)],
      [true, false],
    )
    assert.deepEqual([await sees(session(ours), board), await sees(session(ours), other)], [true, true])
    assert.deepEqual([await sees(session(theirs), board), await sees(session(ours), 'none')], [false, false])
    assert.equal(await topic.snapshot(session(theirs), board), null)
  })

  test('a change is seen at once, by nobody else, and a board that is gone is told', async () => {
    const scope = await makeAgency(db())
    const id = await createBoard(db(), scope, 'Sala', far())
    const { boards, topic } = made()
    const look = () => topic.snapshot(session(scope), id)
    assert.equal((await look())?.saved, 1)
    const wanted = { version: 1, name: 'Sala', design: empty(), userId: 1, at }
    assert.equal(await saveBoard(db(), scope, id, wanted), 2)
    assert.equal((await look())?.saved, 1, 'read once in a second at most')
    told.length = 0
    boards.changed({ agencyId: scope.agencyId, key: id })
    assert.deepEqual(told, [{ agencyId: scope.agencyId, key: id }])
    assert.equal((await look())?.saved, 2)
    // Saved on another server: within a second.
    assert.equal(await saveBoard(db(), scope, id, { ...wanted, version: 2 }), 3)
    at += 1_000
    assert.equal((await look())?.saved, 3)
    await deleteBoard(db(), scope, id)
    boards.changed({ agencyId: scope.agencyId, key: id })
    assert.equal(await look(), null)
  })

  test('announcements are of their boards', async () => {
    const scope = await makeAgency(db())
    const tile = newTile('announcement', 'a', { x: 0, y: 0, w: 6, h: 2 })
    const design = { ...empty(), pages: [{ id: 'p', name: '', seconds: 20, tiles: [tile] }] }
    const [one, two] = [await createBoard(db(), scope, 'Una', design), await createBoard(db(), scope, 'Otra', design)]
    const say = (text: string, boardIds: string[]) =>
      announce(db(), scope, { text, urgent: false, from: 0, until: at * 2, boardIds, madeBy: 1 }, at)
    await say('a todos', [])
    await say('a una', [one])
    const { boards } = made()
    const heard = async (id: string) =>
      (await boards.model(session(scope), id))?.tiles.a?.news?.map(({ text }) => text).sort()
    assert.deepEqual(await heard(one), ['a todos', 'a una'])
    assert.deepEqual(await heard(two), ['a todos'])
    const drawn = await boards.preview(session(scope), design)
    assert.deepEqual(
      drawn.tiles.a?.news?.map(({ text }) => text),
      ['a todos'],
    )
  })

  test('while the database is away boards stay as they were', async () => {
    const scope = await makeAgency(db())
    const id = await createBoard(db(), scope, 'Sala', far())
    let away = false
    const flaky = {
      ...db(),
      knex: ((table: string) => {
        if (away) throw new Error('away')
        return db().knex(table)
      }) as never,
    }
    const { boards } = made(flaky)
    assert.equal((await boards.model(session(scope), id))?.name, 'Sala')
    away = true
    at += 5_000
    assert.equal((await boards.model(session(scope), id))?.name, 'Sala')
    await assert.rejects(boards.model(session(scope), 'another'))
  })
})
