// The designer's doors: who may, whose boards, what is refused and where, two who save at once; announcements; moved screens.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { insertId, scopeOf } from '../database/index.ts'
import { buildHttp, type Http } from '../http/index.ts'
import type { Role } from '../http/types.ts'
import { makeAgency, onEachDatabase } from '../testing/database.ts'
import { listAnnouncements } from './announcements.ts'
import { copyName } from './list-routes.ts'
import { wallboardRoutes } from './routes.ts'
import { approveScreen, askForScreen, boardOfSession, claimScreen } from './screens.ts'
import { boardById, createBoard, listBoards } from './store.ts'
import { empty, newTile, room, templates } from './templates.ts'

onEachDatabase('the designer over HTTP', (db) => {
  let http: Http
  let ours: number
  let television = 1
  let clock = Date.parse('2026-11-29T12:00:00Z')
  const changed: object[] = []
  const people = new Map<string, { authorization: string }>()
  const queues = [{ id: 7, name: 'Mesa de entradas', targetSeconds: 20, targetPercent: 80 }]
  const roles: Role[] = [
    'administrator',
    'agency_administrator',
    'supervisor',
    'agent',
    'back_office',
    'flow_designer',
    'wallboard',
  ]

  before(async () => {
    http = await buildHttp({ db: db() })
    for (const name of ['ours', 'theirs']) {
      const { agencyId } = await makeAgency(db())
      if (name === 'ours') ours = agencyId
      for (const role of roles) {
        const row = {
          agency_id: agencyId,
          username: `${role}${agencyId}`,
          name: `${role} de ${name}`,
          role,
          created_at: 0,
        }
        const userId = await insertId(db().knex('users').insert(row))
        const { token } = await http.sessions.issue(scopeOf(agencyId), { userId })
        people.set(`${name} ${role}`, { authorization: `Bearer ${token}` })
      }
    }
    const counts = { offline: 0, available: 0, offered: 0, talking: 0, wrap_up: 0, break: 0 }
    const centre = {
      figures: true,
      waiting: 0,
      oldest: null,
      counts,
      health: { switch: true, database: true },
      queues: [],
      agents: [],
    }
    await http.app.register(
      wallboardRoutes({
        now: { model: async () => centre, onChange: () => () => undefined } as never,
        ports: {
          audit: http.audit,
          lists: { queues: async ({ agencyId }: { agencyId: number }) => (agencyId === ours ? queues : []) } as never,
          now: () => clock,
        },
        numbers: { values: async () => [], trend: () => undefined, topics: () => undefined, onRead: () => () => {} },
        live: { define: () => ({ changed: (whom: object) => changed.push(whom) }) } as never,
        db: db(),
        sessions: http.sessions,
        wallboardUser: async () => television,
        publicUrl: 'http://vera.test',
      }),
    )
  })
  after(() => http.close())

  const ask = async (who: string, method: string, url: string, payload?: object) => {
    const headers = { ...people.get(who), accept: 'application/json' }
    const answer = await http.app.inject({ method: method as 'GET', url, headers, ...(payload ? { payload } : {}) })
    const json = answer.headers['content-type']?.toString().includes('json') ? answer.json() : undefined
    return { status: answer.statusCode, body: answer.body, json, to: String(answer.headers.location ?? '') }
  }
  const supervisor = 'ours supervisor'
  const audits = async (action: string) => (await db().knex('audit').where({ agency_id: ours, action })).length
  const board = (design = room()) => createBoard(db(), scopeOf(ours), 'Sala', design)

  test('supervisors and administrators draw; agents may look; the others and other agencies may not', async () => {
    const id = await board()
    for (const role of roles) {
      const may = ['administrator', 'agency_administrator', 'supervisor'].includes(role)
      const { status } = await ask(`ours ${role}`, 'GET', `/wallboards/${id}/edit`)
      assert.equal(status, may ? 200 : 403, role)
      assert.equal((await ask(`ours ${role}`, 'GET', '/wallboards/announcements')).status, may ? 200 : 403, role)
      const looks = (await ask(`ours ${role}`, 'GET', `/wallboards/${id}`)).status
      assert.equal(looks, may || role === 'agent' || role === 'wallboard' ? 200 : 403, role)
      if (may) assert.equal((await ask(`theirs ${role}`, 'GET', `/wallboards/${id}/edit`)).status, 404, role)
    }
    const stranger = 'theirs supervisor'
    const one = { name: 'x', version: 1, design: empty() }
    const tried = await Promise.all([
      ask(stranger, 'GET', `/api/wallboards/${id}`),
      ask(stranger, 'PUT', `/api/wallboards/${id}`, one),
      ask(stranger, 'POST', `/wallboards/${id}/copy`),
      ask(stranger, 'POST', `/wallboards/${id}/rename`, { name: 'x' }),
      ask(stranger, 'POST', `/wallboards/${id}/delete`),
      ask(stranger, 'POST', `/wallboards/${id}/link`),
    ])
    assert.deepEqual(
      tried.map(({ status }) => status),
      [404, 404, 404, 404, 404, 404],
    )
    assert.deepEqual((await boardById(db(), scopeOf(ours), id))?.design, room())
  })

  test('a board is made from each template, copied, renamed and deleted, and all of it is written down', async () => {
    for (const template of Object.keys(templates)) {
      const { status, to } = await ask(supervisor, 'POST', '/wallboards', {
        name: `De ${template}`,
        template,
        queueId: 7,
      })
      assert.equal(status, 303)
      const id = /^\/wallboards\/([^/]+)\/edit$/.exec(to)?.[1] as string
      const { design } = (await boardById(db(), scopeOf(ours), id)) as NonNullable<
        Awaited<ReturnType<typeof boardById>>
      >
      assert.deepEqual(design, templates[template as 'room']({ queueIds: [7] }))
    }
    assert.equal((await ask(supervisor, 'POST', '/wallboards', { name: '  ' })).status, 400)
    assert.equal((await ask(supervisor, 'POST', '/wallboards', { name: 'x', template: 'constructor' })).status, 400)
    const id = await board()
    const copied = (await ask(supervisor, 'POST', `/wallboards/${id}/copy`)).to.split('/')[2] as string
    assert.equal((await boardById(db(), scopeOf(ours), copied))?.name, 'Sala (2)')
    assert.equal((await ask(supervisor, 'POST', `/wallboards/${copied}/rename`, { name: ' Recepción ' })).status, 303)
    const renamed = await boardById(db(), scopeOf(ours), copied)
    assert.deepEqual([renamed?.name, renamed?.version], ['Recepción', 2])
    assert.equal((await ask(supervisor, 'POST', `/wallboards/${copied}/delete`)).status, 303)
    assert.equal(await boardById(db(), scopeOf(ours), copied), undefined)
    assert.equal(await audits('wallboard.created'), Object.keys(templates).length + 1)
    assert.equal(await audits('wallboard.deleted'), 1)
    const list = await ask(supervisor, 'GET', '/wallboards')
    assert.match(list.body, /De management/)
    assert.ok(!(await ask('theirs supervisor', 'GET', '/wallboards')).body.includes('De management'))
  })

  test('what is saved is on the glass; who saves an older version is told, and nothing of the newer is lost', async () => {
    const id = await board()
    const design = empty()
    design.pages[0]?.tiles.push(newTile('figure', 't1', { x: 0, y: 0, w: 3, h: 3 }, { queueIds: [7] }))
    changed.length = 0
    const first = await ask(supervisor, 'PUT', `/api/wallboards/${id}`, { name: 'Sala', version: 1, design })
    assert.deepEqual(first.json, { id, version: 2 })
    assert.deepEqual(changed, [{ agencyId: ours, key: id }], 'its screens are told')
    assert.deepEqual((await boardById(db(), scopeOf(ours), id))?.design, design)
    const late = await ask('ours agency_administrator', 'PUT', `/api/wallboards/${id}`, {
      name: 'Mía',
      version: 1,
      design: room(),
    })
    assert.equal(late.status, 409)
    assert.equal(late.json.error.code, 'wallboard.changed')
    assert.match(late.json.error.message, /Otra persona guardó este panel/)
    const theirsNow = (await ask(supervisor, 'GET', `/api/wallboards/${id}`)).json
    assert.deepEqual([theirsNow.version, theirsNow.changedBy, theirsNow.design], [2, 'supervisor de ours', design])
    // Both buttons of the question: mine as a copy, mine in its place.
    const copy = await ask('ours agency_administrator', 'POST', '/api/wallboards', { name: 'Mía', design: room() })
    assert.equal(copy.status, 201)
    const again = await ask('ours agency_administrator', 'PUT', `/api/wallboards/${id}`, {
      name: 'Mía',
      version: 2,
      design: room(),
    })
    assert.equal(again.json.version, 3)
    assert.equal(await audits('wallboard.changed'), 3)
  })

  test('what is wrong is told at its place and leaves the board as it was', async () => {
    const id = await board()
    const save = async (design: unknown, name = 'Sala') =>
      ask(supervisor, 'PUT', `/api/wallboards/${id}`, { name, version: 1, design: design as object })
    const withTiles = (...tiles: object[]) => ({ ...empty(), pages: [{ id: 'p1', name: '', seconds: 20, tiles }] })
    const figure = newTile('figure', 'a', { x: 0, y: 0, w: 3, h: 3 })
    const cases: [string, unknown, Record<string, RegExp>][] = [
      ['overlapping', withTiles(figure, { ...figure, id: 'b', x: 1 }), { 'pages/0/tiles/1': /superpone/ }],
      ['off the page', withTiles({ ...figure, x: 10 }), { 'pages/0/tiles/0': /Se sale/ }],
      [
        'a queue that is gone',
        withTiles({ ...figure, queueIds: [7, 99] }),
        { 'pages/0/tiles/0/queueIds': /ya no existe/ },
      ],
      [
        'an unknown number',
        withTiles({ ...figure, show: 'constructor' }),
        { 'pages/0/tiles/0/show': /Elegí qué muestra/ },
      ],
      [
        'limits the wrong way round',
        withTiles({ ...figure, tone: { kind: 'limits', better: 'higher', warn: 70, bad: 80 } }),
        { 'pages/0/tiles/0/tone': /peor/ },
      ],
      [
        'a long text',
        withTiles({ ...newTile('text', 'a', figure), text: 'x'.repeat(501) }),
        { 'pages/0/tiles/0/text': /No vale/ },
      ],
      ['too many tiles', withTiles(...Array.from({ length: 4_000 }, (_, n) => ({ ...figure, id: `t${n}` }))), {}],
      ['no design at all', [1, 2, 3], { design: /No vale/ }],
      ['a prototype', JSON.parse('{"__proto__": {"version": 1}, "version": 1}'), {}],
    ]
    for (const [what, design, expected] of cases) {
      const { status, json } = await save(design)
      assert.ok(status === 422 || status === 400, `${what}: ${status}`)
      assert.match(json.error.message, /No se guardó|corregir|datos|formato/i, what)
      const fields = json.error.fields ?? {}
      for (const [path, text] of Object.entries(expected))
        assert.match(fields[path] ?? `nothing at ${path}`, text, what)
      assert.ok(Object.keys(fields).length <= 50, what)
    }
    assert.equal(
      (await save(withTiles(...Array.from({ length: 10_000 }, (_, n) => ({ ...figure, id: `t${n}` }))))).status,
      413,
    )
    assert.equal((await save(empty(), ' ')).status, 400)
    assert.equal((await save(empty(), 'x'.repeat(101))).status, 400)
    const now = await boardById(db(), scopeOf(ours), id)
    assert.deepEqual([now?.version, now?.design], [1, room()])
  })

  test('announcements: from and until in the agency’s time, on all boards or some; the glass is told', async () => {
    const id = await board()
    const path = '/wallboards/announcements'
    const one = { text: ' Hoy no hay sistema <b> ', until: '2026-11-29T18:30', urgent: 'true' }
    changed.length = 0
    assert.equal((await ask(supervisor, 'POST', path, one)).status, 303)
    assert.deepEqual(changed, [{ agencyId: ours }])
    const [made] = await listAnnouncements(db(), scopeOf(ours))
    assert.deepEqual(
      [made?.text, made?.urgent, made?.from, made?.until, made?.boardIds],
      ['Hoy no hay sistema <b>', true, clock, Date.parse('2026-11-29T21:30:00Z'), []],
    )
    assert.match((await ask(supervisor, 'GET', path)).body, /Hoy no hay sistema &lt;b&gt;/)
    const wrong: [object, string, RegExp][] = [
      [{ ...one, from: '2026-11-30T10:00', until: '2026-11-30T09:00' }, 'until', /después de empezar/],
      [{ ...one, from: '2026-11-28T10:00', until: '2026-11-28T19:00' }, 'until', /Ya pasó/],
      [{ ...one, until: '2026-11-31T10:00' }, 'until', /no existe/],
      [{ ...one, until: '2028-01-01T10:00' }, 'until', /un año/],
      [{ ...one, boards: 'some' }, 'boardIds', /al menos un panel/],
      [{ ...one, boards: 'some', boardIds: ['none'] }, 'boardIds', /ya no existe/],
      [{ ...one, text: ' ' }, 'text', /./],
      [{ ...one, text: 'x'.repeat(281) }, 'text', /./],
    ]
    for (const [body, field, text] of wrong) {
      const { status, json } = await ask(supervisor, 'POST', path, body)
      assert.equal(status, 400, JSON.stringify(body))
      assert.match(json.error.fields[field] ?? '', text, JSON.stringify(body))
    }
    const stranger = 'theirs supervisor'
    const mine = `${path}/${made?.id}`
    const some = { ...one, text: 'Solo acá', boards: 'some', boardIds: [id] }
    assert.equal((await ask(stranger, 'GET', mine)).status, 404)
    assert.equal((await ask(stranger, 'POST', mine, { ...one, version: 1 })).status, 404)
    assert.equal((await ask(stranger, 'POST', `${mine}/end`)).status, 404)
    assert.equal((await ask(stranger, 'POST', `${mine}/delete`)).status, 404)
    assert.equal((await ask(supervisor, 'POST', mine, { ...some, version: 1 })).status, 303)
    assert.deepEqual((await listAnnouncements(db(), scopeOf(ours)))[0]?.boardIds, [id])
    assert.match((await ask(supervisor, 'GET', mine)).body, new RegExp(`value="${id}" checked`))
    clock += 60_000
    assert.equal((await ask(supervisor, 'POST', `${mine}/end`)).status, 303)
    assert.equal((await listAnnouncements(db(), scopeOf(ours)))[0]?.until, clock)
    const late = await ask(supervisor, 'POST', mine, { ...some, version: 2 })
    assert.deepEqual([late.status, /terminó/.test(late.body)], [409, true], 'it is not shown again unawares')
    assert.equal((await listAnnouncements(db(), scopeOf(ours)))[0]?.until, clock)
    // Over, and its text can still be put right.
    assert.equal((await ask(supervisor, 'POST', `${mine}/end`)).status, 303)
    assert.equal((await ask(supervisor, 'POST', `${mine}/delete`)).status, 303)
    assert.deepEqual(await listAnnouncements(db(), scopeOf(ours)), [])
    assert.deepEqual(
      await Promise.all(['created', 'changed', 'ended', 'deleted'].map((one) => audits(`announcement.${one}`))),
      [1, 1, 1, 1],
    )
  })

  test('a link opens its one board, until another is made or the board is deleted', async () => {
    television = await insertId(
      db().knex('users').insert({ agency_id: ours, username: 'enlace', name: 'TV', role: 'wallboard', created_at: 0 }),
    )
    const [one, other] = [await board(), await board()]
    const link = async () => {
      const { body } = await ask(supervisor, 'POST', `/wallboards/${one}/link`)
      return /token(?:=|&#x3D;)([\w-]+)/.exec(body)?.[1] as string
    }
    const sessionOf = async (token: string) => (await http.sessions.byToken(token))?.id
    const first = await link()
    const mine = await sessionOf(first)
    assert.equal(await boardOfSession(db(), scopeOf(ours), mine ?? 0), one)
    const at = async (id: string, token: string) =>
      (await http.app.inject({ url: `/wallboards/${id}`, headers: { cookie: `vera_session=${token}` } })).statusCode
    assert.deepEqual([await at(one, first), await at(other, first)], [200, 404])
    const second = await link()
    assert.equal(await sessionOf(first), undefined, 'the older link is worth nothing')
    assert.equal(await at(one, second), 200)
    assert.equal((await ask(supervisor, 'POST', `/wallboards/${one}/delete`)).status, 303)
    assert.equal(await sessionOf(second), undefined)
  })

  test('a screen that is moved comes back with the other board', async () => {
    const [one, other] = [await board(), await board()]
    const wall = await insertId(
      db().knex('users').insert({ agency_id: ours, username: 'tele', name: 'Tele', role: 'wallboard', created_at: 0 }),
    )
    const scope = scopeOf(ours)
    const issue = () => http.sessions.issue(scope, { userId: wall, kind: 'wallboard' })
    const asked = await askForScreen(db(), clock)
    assert.ok(asked)
    const wanted = { code: asked.code, boardId: one, name: 'Tele', userId: 1, at: clock }
    const screen = await approveScreen(db(), scope, wanted)
    const claimed = await claimScreen(db(), asked.secret, clock, issue, http.sessions.revoke)
    assert.ok(claimed.state === 'approved' && claimed.boardId === one)
    const move = (who: string, boardId: string) => ask(who, 'POST', `/wallboards/screens/${screen}/move`, { boardId })
    assert.equal((await move('theirs supervisor', other)).status, 404)
    assert.equal((await move(supervisor, 'none')).status, 404)
    assert.equal((await move(supervisor, other)).status, 303)
    assert.equal(await http.sessions.byToken(claimed.token), undefined, 'its session ended')
    const again = await claimScreen(db(), asked.secret, clock, issue, http.sessions.revoke)
    assert.ok(again.state === 'approved' && again.boardId === other)
    const session = await http.sessions.byToken(again.token)
    assert.equal(await boardOfSession(db(), scope, session?.id ?? 0), other)
    assert.equal((await move(supervisor, other)).status, 303, 'there already')
    assert.ok(await http.sessions.byToken(again.token), 'and goes on')
    assert.equal((await listBoards(db(), scope)).length > 0, true)
  })
})

test('a copy has a name that no other board has', () => {
  assert.equal(copyName('Sala', []), 'Sala (2)')
  assert.equal(copyName('Sala (2)', [{ name: 'Sala (2)' }, { name: 'Sala (3)' }]), 'Sala (4)')
  assert.ok(copyName('x'.repeat(100), []).length <= 100)
})
