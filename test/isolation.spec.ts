// Nobody sees, hears or changes anything of another agency: every route with an id is tried with the ids of the neighbour, by
// every role. A new route is tried by itself; one whose body this file does not know fails here until it is told.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { pino } from 'pino'
import { readConfig } from '../server/config.ts'
import type { Database, Scope } from '../server/database/index.ts'
import type { Role } from '../server/http/index.ts'
import { createPlatform, type Platform } from '../server/platform.ts'
import { makeAgency } from '../server/testing/database.ts'

const MARK = 'SECRETOVECINO'
const roles: Role[] = ['agency_administrator', 'supervisor', 'agent', 'flow_designer', 'back_office', 'wallboard']

let platform: Platform
let db: Database
let home: string
let theirs: Scope
let ours: Scope
/** Of the neighbour, by kind. */
const ids: Record<string, string | number> = {}
const tokens = new Map<Role, string>()

before(async () => {
  home = await mkdtemp(join(tmpdir(), 'vera-isolation-'))
  const env = { DATABASE_URL: `sqlite:${join(home, 'v.sqlite')}`, FREESWITCH_URL: 'esl://:x@127.0.0.1:1', PORT: '0' }
  const config = { ...readConfig(env), home, recordingsDir: join(home, 'rec'), cdrDir: join(home, 'cdr') }
  platform = await createPlatform(config, { log: pino({ level: 'silent' }), say: () => {} })
  db = platform.db
  await db.migrate()
  ours = await makeAgency(db, 'propio')
  theirs = await makeAgency(db, 'vecino')
  for (const role of roles) {
    const userId = await add('users', { agency_id: ours.agencyId, username: role, name: role, role, created_at: 0 })
    tokens.set(role, (await platform.http.sessions.issue(ours, { userId, kind: 'token' })).token)
  }
  await neighbour()
})
after(async () => {
  await platform?.stop()
  await rm(home, { recursive: true, force: true })
})

async function add(table: string, row: object): Promise<number> {
  const [id] = await db.knex(table).insert(row)
  return id as number
}

/** One of everything, all of it marked. */
async function neighbour(): Promise<void> {
  const agency_id = theirs.agencyId
  const of = { agency_id, interaction_id: 'secret-call' }
  const at = Date.now() - 60_000
  ids.agencies = agency_id
  ids.skills = await add('skills', { agency_id, name: MARK })
  ids.calendars = await add('calendars', { agency_id, name: MARK })
  await add('calendar_days', { agency_id, calendar_id: ids.calendars, day: '2026-12-25', name: MARK })
  ids.queues = await add('queues', { agency_id, code: MARK, name: MARK, skill_id: ids.skills })
  ids.topics = await add('topics', { agency_id, name: MARK, queue_id: ids.queues })
  ids.dispositions = await add('dispositions', { agency_id, name: MARK })
  ids['break-reasons'] = await add('break_reasons', { agency_id, name: MARK })
  ids['back-offices'] = await add('back_offices', { agency_id, name: MARK })
  ids.numbers = await add('numbers', { agency_id, number: '+543482000001', description: MARK })
  const person = { agency_id, username: 'vecino', name: MARK, role: 'agent', extension: '7001', created_at: 0 }
  ids.users = await add('users', person)
  ids.extension = '7001'
  await add('phones', { agency_id, extension: '7001', domain: 'vera.local', a1_hash: 'f'.repeat(32) })
  await db.knex('interactions').insert({
    ...{ id: of.interaction_id, agency_id, channel: 'voice', direction: 'inbound', from_address: MARK },
    created_at: at,
  })
  ids.interactions = of.interaction_id
  await db.knex('interaction_notes').insert({ id: 'note', ...of, at, body: MARK })
  const stay = { target_seconds: 20, target_percent: 80, short_abandon_seconds: 5, priority: 5, enqueued_at: at }
  await db.knex('queue_stays').insert({ id: 'stay', ...of, queue_id: ids.queues, ...stay })
  ids.calls = 'stay'
  ids.tickets = 9901
  const ticket = { number: 9901, subject: MARK, state: 'open', origin: 'agent', created_at: at, updated_at: at }
  await add('tickets', { agency_id, ...ticket })
  ids.knowledge = await add('articles', { agency_id, title: MARK, body: MARK, updated_at: at })
  await mkdir(platform.config.recordingsDir, { recursive: true })
  await writeFile(join(platform.config.recordingsDir, 'a.wav'), MARK)
  ids.recordings = 'secret-recording'
  const heard = { kind: 'call', state: 'present', started_at: at, closed_at: at, agent_id: ids.users }
  await db.knex('recordings').insert({ id: ids.recordings, ...of, path: 'a.wav', ...heard })
  const run = { kind: 'verify', run_key: 'day', state: 'running', started_at: at, beat_at: at, error: MARK }
  ids.runs = await add('recording_runs', { agency_id, ...run })
  ids.verification = ids.runs
  const fault = { run_id: ids.runs, recording_id: ids.recordings, state: 'changed', detail: MARK }
  await add('recording_faults', { agency_id, ...fault })
  await add('recording_holds', { agency_id, recording_id: ids.recordings, user_id: ids.users, at, reason: MARK })
  await add('recording_rules', { agency_id, applies_to: 'agency', announce: MARK, updated_at: at })
  await mkdir(join(home, 'prompts/recorded'), { recursive: true })
  await writeFile(join(home, 'prompts/recorded/secret.wav'), MARK)
  ids.prompts = await add('prompts', { agency_id, name: MARK, text: MARK, file: 'secret.wav', updated_at: at })
  const version = { prompt_id: ids.prompts, number: 1, at, text: MARK, file: 'secret.wav' }
  await add('prompt_versions', { agency_id, ...version })
  const line = { name: MARK, host: MARK, addresses: '[]', updated_at: at }
  ids.trunks = await add('gateways', { agency_id, ...line })
  const told = { user_id: ids.users, agent_id: ids.users, action: 'listen', detail: JSON.stringify({ MARK }) }
  await db.knex('supervision_log').insert({ id: 'log', agency_id, at, ...told })
  await db.knex('call_records').insert({
    ...{ core_uuid: 'core', uuid: 'leg', agency_id, switch_node: 'fs1', role: 'caller', direction: 'inbound' },
    ...{ interaction_id: of.interaction_id, from_address: MARK, to_address: MARK, started_at: at, ended_at: at },
    ...{ hangup_cause: 'X', q850: 0, hangup_side: 'caller', imported_at: at, state: 'filled' },
  })
  ids.wallboards = '3f0a8f64-3a52-4f0e-8f3c-000000000001'
  await db.knex('wallboards').insert({ id: ids.wallboards, agency_id, name: MARK, layout: '{"queueIds":[]}' })
  ids.screens = 'secret-screen'
  const paired = { secret_hash: 'x', code_until: at, approved_at: at, board_id: ids.wallboards }
  await db.knex('wallboard_screens').insert({ id: ids.screens, agency_id, name: MARK, ...paired })
  ids.announcements = 'secret-announcement'
  const said = { text: MARK, from_at: at, until_at: at + 1e9, board_ids: '[]', made_at: at }
  await db.knex('announcements').insert({ id: ids.announcements, agency_id, ...said })
  const plan = { report: 'calls', parameters: '{}', cron: '0 8 * * *', time_zone: 'UTC', format: 'xlsx' }
  const sent = { recipients: '[]', created_at: at, owner_id: ids.users, name: MARK }
  ids.schedules = await add('schedules', { agency_id, ...plan, ...sent })
  await db.knex('audit').insert({ agency_id, at, action: 'x', subject_type: 'x', subject_id: MARK })
  await db.knex('alarms').insert({ id: 'secret-alarm', agency_id, at, code: 'x', message: MARK })
  const run_id = await add('schedule_runs', {
    agency_id,
    schedule_id: ids.schedules,
    due_at: at,
    started_at: at,
    state: 'sent',
    error: MARK,
  })
  const kept = { run_id, name: MARK, type: 'text/csv', content: MARK, created_at: at }
  ids.files = await add('schedule_files', { agency_id, ...kept })
  ids.file = ids.files
  ids.exports = '3f0a8f64-3a52-4f0e-8f3c-000000000002'
  ids.downloads = ids.exports
  const asked = { report: 'calls', format: 'xlsx', parameters: JSON.stringify({ MARK }), state: 'done', server: MARK }
  const file = { file_name: MARK, created_at: at, seen_at: at, ended_at: at }
  await db.knex('exports').insert({ id: ids.exports, agency_id, user_id: ids.users, ...asked, ...file })
  ids.workbooks = '3f0a8f64-3a52-4f0e-8f3c-000000000003'
  ids.version = 1
  await db.knex('own_workbooks').insert({ id: ids.workbooks, agency_id, name: MARK, version: 1, created_at: at })
  const first = { workbook_id: ids.workbooks, version: 1, agency_id, user_id: ids.users, uploaded_at: at }
  const brought = { file_name: MARK, bytes: 6, content: MARK, notes: '[]' }
  await db.knex('own_workbook_versions').insert({ ...first, ...brought })
  const bounced = { run_id, recipient: MARK, state: 'failed', status: '5.1.1', diagnostic: MARK, noticed_at: at }
  await add('schedule_bounces', { agency_id, ...bounced })
  ids.uploads = '3f0a8f64-3a52-4f0e-8f3c-000000000005'
  const roster = { queue_id: 0, user_id: ids.users, name: MARK, content: 'Agente;lun\nx;8 a 9\n' }
  await db.knex('staffing_files').insert({ id: ids.uploads, agency_id, ...roster, uploaded_at: at, taken_at: at })
  ids.simulations = '3f0a8f64-3a52-4f0e-8f3c-000000000006'
  const played = { server: MARK, question: JSON.stringify({ queues: [], agents: [], MARK }), calls_total: 1 }
  await db.knex('staffing_simulations').insert({
    ...{ id: ids.simulations, agency_id, user_id: ids.users, state: 'done', ...played },
    ...{ created_at: at, seen_at: at },
  })
  ids.forms = await add('evaluation_forms', { agency_id, name: MARK, created_at: at })
  const asks = { pass: 80, sections: [{ id: 's', title: MARK, weight: 1, questions: [] }] }
  const draft = { form_id: ids.forms, number: 1, state: 'draft', content: JSON.stringify(asks), updated_at: at }
  const version_id = await add('evaluation_form_versions', { agency_id, ...draft })
  ids.evaluations = '3f0a8f64-3a52-4f0e-8f3c-000000000004'
  const judged = { agent_id: ids.users, evaluator_id: ids.users, form_id: ids.forms, version_id, comment: MARK }
  const instants = { called_at: at, created_at: at, updated_at: at, published_at: at, disputed_at: at }
  await db.knex('evaluations').insert({
    ...{ id: ids.evaluations, ...of, state: 'disputed', dispute: MARK, ...judged, ...instants },
  })
  const drawn = { form_id: ids.forms, evaluator_id: ids.users, agent_ids: '[]', per_agent: 5, min_ms: 0, due_at: at }
  const span = { calls_from: at, calls_to: at + 1, seed: MARK, created_by: ids.users, created_at: at }
  ids.tasks = await add('evaluation_tasks', { agency_id, name: MARK, ...drawn, ...span })
  ids.alarms = 'secret-alarm'
  ids.agents = ids.users
  ids.supervision = 'a-supervision'
  ids.nodes = 'fs1'
  ids.deploys = 1
  ids.sources = 1
}

type Route = { method: string; url: string }
/** What Fastify has, read from its own picture of the tree. */
function routes(): Route[] {
  const stack: string[] = []
  const found: Route[] = []
  for (const line of platform.http.app.printRoutes({ commonPrefix: false }).split('\n')) {
    const match = /^((?:│ {3}| {4})*)(?:├── |└── )(\S*) \(([^)]+)\)/.exec(line)
    if (!match) continue
    const depth = match[1]!.length / 4
    stack.length = depth
    const above = stack[depth - 1] ?? ''
    stack[depth] = above === '/' && match[2]!.startsWith('/') ? match[2]! : above + match[2]
    for (const method of match[3]!.split(', ')) if (method !== 'HEAD') found.push({ method, url: stack[depth]! })
  }
  return found
}

/** Citizens are shared by all agencies (docs/architecture.md); a report's id is its kind; the switch's door has a guard of its own. */
const shared = /^\/(api\/)?(citizens|reports)\/:id|^\/api\/docs|^\/assets|^\/freeswitch/

/** The neighbour's id where the route wants one: by the word in front of it. */
function filled(url: string): string {
  return url.replace(/(?:([\w-]+)\/)?:(\w+)/g, (_, word: string | undefined, name: string) => {
    const wanted = name === 'id' || name === 'number' ? (word === 'versions' ? '1' : ids[word ?? '']) : ids[name]
    const id = wanted ?? (name === 'name' ? ids.nodes : undefined)
    assert.ok(id !== undefined, `this file does not know whose id ${url} wants`)
    return `${word === undefined ? '' : `${word}/`}${id}`
  })
}

/** A body that the route takes, so that its refusal is for the id alone. */
const bodies: [RegExp, () => object][] = [
  [/workbooks\/[^/]+\/restore/, () => ({ version: 1 })],
  [/\/hold$|\/lift$/, () => ({ reason: 'porque sí' })],
  [/\/supervision\/[^/]+\/mode$/, () => ({ mode: 'listen' })],
  [/\/supervision\/queues\/.*open$/, () => ({ open: false })],
  [/\/supervision\/calls\/.*move$/, () => ({ first: true })],
  [/\/supervisor\/agents\/.*state$/, () => ({ state: 'offline' })],
  [/\/prompts\/\d+\/restore$/, () => ({ number: 1 })],
  [/\/notes$/, () => ({ text: 'x' })],
  [/\/topic$/, () => ({ topicId: 1 })],
  [/\/comments$/, () => ({ body: 'x', text: 'x' })],
  [/\/password$/, () => ({ password: 'una clave larga' })],
  [/\/days\/delete$/, () => ({ day: '2026-12-25' })],
  [/\/days$/, () => ({ day: '2026-12-25', name: 'x', reason: 'x' })],
  [/\/national$/, () => ({ year: 2027 })],
  [/\/calendars\/\d+$/, () => ({ name: 'x', hours: [], opens: ['08:00'], closes: ['12:00'] })],
  [/\/skills\/\d+$/, () => ({ rename: 'x' })],
  [/\/(topics|dispositions|break-reasons|back-offices)\/\d+$/, () => ({ name: 'x' })],
  [/\/knowledge\/\d+(\/edit)?$/, () => ({ title: 'x', body: 'x' })],
  [/\/users\/\d+$/, () => ({ username: 'otro', name: 'x', role: 'agent' })],
  [/\/queues\/\d+$/, () => ({ code: 'x', name: 'x' })],
  [/\/tickets\/\d+$/, () => ({ version: 1, state: 'closed', priority: 'low' })],
  [/\/wallboards\/screens\/.*\/move$/, () => ({ boardId: ids.wallboards })],
  [/\/wallboards\/.*\/rename$/, () => ({ name: 'x' })],
  [/\/api\/wallboards\/[^/]+$/, () => ({ name: 'x', version: 1, design: {} })],
  [/\/announcements\/[^/]+$/, () => ({ text: 'x', until: '2099-01-01T00:00', version: 1 })],
  [/\/agencies\/\d+$/, () => ({ code: 'x', name: 'x', kind: 'commune' })],
  [/\/phones\/7001$/, () => ({ autoAnswer: true })],
  [/\/forms\/\d+\/draft$/, () => ({ revision: 1, name: 'x', content: { pass: 1, sections: [] } })],
  [/\/tasks\/\d+\/replace$/, () => ({ recording: 'x', why: 'x' })],
  [/\/forms\/\d+\/publish$/, () => ({ revision: 1 })],
  [/\/evaluations\/[^/]+\/(draft|publish)$/, () => ({ revision: 1, answers: {}, comment: '' })],
  [/\/evaluations\/[^/]+\/(close|correct|dispute)$/, () => ({ revision: 1, answers: {}, text: 'x' })],
  [/\/recipients$/, () => ({ recipients: 'x@example.org' })],
  [/\/draining$/, () => ({ on: 'true' })],
]

/** Routes that say the same of an id that does not exist at all. */
const known = [
  /^POST \/api\/supervisor\/alarms\/.*: 200 {"seen":false}/,
  /^POST \/recordings\/.*\/lift: 409 .*not_held/,
]

async function ask(role: Role, method: string, url: string, payload?: object) {
  const answer = await platform.http.app.inject({
    method: method as 'GET',
    url,
    headers: { authorization: `Bearer ${tokens.get(role)}`, accept: 'application/json' },
    ...(payload ? { payload } : {}),
  })
  return { status: answer.statusCode, body: answer.body }
}

/** Everything that belongs to the neighbour, as one hash. */
async function picture(): Promise<string> {
  const hash = createHash('sha256')
  for (const { name } of await db.knex('sqlite_master').where({ type: 'table' }).select('name')) {
    const columns = await db.knex(name).columnInfo()
    if (!('agency_id' in columns)) continue
    hash.update(JSON.stringify(await db.knex(name).where({ agency_id: theirs.agencyId })))
  }
  hash.update(JSON.stringify(await db.knex('agencies').where({ id: theirs.agencyId })))
  return hash.digest('hex')
}

test('no route gives or changes what is of another agency, by whatever id', async () => {
  const all = routes().filter(({ url }) => url.includes(':') && !shared.test(url))
  assert.ok(all.length > 60, `${all.length} routes`)
  const before = await picture()
  const wrong: string[] = []
  for (const { method, url } of all) {
    const address = filled(url)
    const body = method === 'GET' ? undefined : (bodies.find(([pattern]) => pattern.test(address))?.[1]() ?? {})
    for (const role of roles) {
      const { status, body: said } = await ask(role, method, address, body)
      const line = `${method} ${address}: ${status} ${said.slice(0, 90)}`
      if (said.includes(MARK)) wrong.push(`${role} ${line} SHOWS IT`)
      else if (status !== 403 && status !== 404 && !known.some((one) => one.test(line))) wrong.push(`${role} ${line}`)
    }
  }
  assert.deepEqual(wrong, [])
  assert.equal(await picture(), before)
})

test('no list shows what is of another agency', async () => {
  const lists = routes()
    .filter(({ method, url }) => method === 'GET' && !/[:*]|\/ws$|\/live$|^\/readyz$/.test(url))
    .concat(...['calls', 'queues', 'agents'].map((kind) => [{ method: 'GET', url: `/api/reports/${kind}` }]))
  assert.ok(lists.length > 60, `${lists.length} lists`)
  const wrong: string[] = []
  for (const { url } of lists) {
    for (const role of roles) {
      for (const asked of [url, `${url}?agency=${theirs.agencyId}&agencyId=${theirs.agencyId}`]) {
        const { body, status } = await ask(role, 'GET', asked)
        if (body.includes(MARK) || status >= 500) wrong.push(`${role} ${asked} (${status})`)
      }
    }
  }
  assert.deepEqual(wrong, [])
})

test('an id of another agency in a body or a question is refused', async () => {
  const before = await picture()
  const asked: [Role, string, string, object?][] = [
    ['supervisor', 'POST', '/api/supervision/listen', { agentId: ids.users, mode: 'listen' }],
    ['supervisor', 'POST', '/api/supervision/listen', { agentId: ids.users, mode: 'take_over' }],
    ['agency_administrator', 'POST', '/admin/recordings/rules', { appliesTo: `queue:${ids.queues}`, record: true }],
    ['agency_administrator', 'POST', '/admin/recordings/rules/remove', { appliesTo: `queue:${ids.queues}` }],
    ['agency_administrator', 'GET', `/recordings/verification?run=${ids.runs}`],
    ['agency_administrator', 'GET', `/api/prompts/sound?name=${MARK}`],
    ['agency_administrator', 'GET', '/api/prompts/sound?name=..%2F..%2Frecorded%2Fsecret'],
    ['supervisor', 'GET', '/recordings/..%2Fa.wav/audio'],
    ['agent', 'POST', '/api/agent/transfer', { to: 'agent', agentId: ids.users }],
    ['agent', 'POST', '/api/agent/transfer', { to: 'queue', queueId: ids.queues }],
    ['agent', 'POST', '/api/agent/consult', { to: 'back_office', backOfficeId: ids['back-offices'] }],
  ]
  for (const [role, method, url, body] of asked) {
    const { status, body: said } = await ask(role, method, url, body)
    assert.ok(status >= 400 && status < 500, `${method} ${url}: ${status} ${said.slice(0, 200)}`)
    assert.ok(!said.includes(MARK), url)
  }
  assert.equal(await picture(), before)
})

test('a live topic has only what is of the own agency', async () => {
  const address = await platform.http.app.listen({ host: '127.0.0.1', port: 0 })
  const { WebSocket } = await import('ws')
  for (const role of roles) {
    const headers = { authorization: `Bearer ${tokens.get(role)}` }
    const socket = new WebSocket(`${address.replace('http', 'ws')}/live`, { headers })
    const frames: string[] = []
    const theirBoard = `wallboard.board:${ids.wallboards}`
    const names = [
      'supervisor.now',
      'wallboard.board:ejemplo',
      theirBoard,
      'agent.desk',
      'phones.now',
      'trunks.now',
      'cluster.nodes',
    ]
    const answered = new Set<string>()
    await new Promise<void>((resolve, reject) => {
      socket.on('error', reject)
      socket.on('open', () => {
        for (const name of names) socket.send(JSON.stringify({ subscribe: name }))
      })
      socket.on('message', (raw) => {
        const text = raw.toString()
        frames.push(text)
        const { topic, refused } = JSON.parse(text)
        assert.notEqual(topic, theirBoard)
        if (topic ?? refused) answered.add(topic ?? refused)
        if (names.every((name) => answered.has(name))) resolve()
      })
    })
    socket.terminate()
    assert.ok(!frames.join().includes(MARK), role)
  }
})
