import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { type Database, insertId, scopeOf } from '../database/index.ts'
import { buildHttp, type Http, type Role } from '../http/index.ts'
import { freshDatabase, makeAgency } from '../testing/database.ts'
import { answer, createPhones, type Phones, phoneRoutes, switchAddresses, switchRoutes } from './index.ts'

const secret = 'a-secret-of-some-length'
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
const hostileName = `"><user id="9999"/><X-PRE-PROCESS cmd="exec" data="id"/> $\${run_dir} ' &amp; \u0000\n]]>`
const alarms: { code: string; subject: string }[] = []
const tokens: Record<string, string> = {}
let db: Database
let http: Http
let phones: Phones
let hash = ''
const lines = {
  gateways: async () => [
    {
      name: 'red1',
      proxy: '192.0.2.1:5060',
      transport: 'udp' as const,
      register: true,
      username: 'u"<$',
      password: `p"<&>'$\${x}`,
      callerId: '',
      codecs: 'PCMA',
    },
  ],
  addresses: async () => ['192.0.2.0/24', '2001:db8::1/128'],
}

before(async () => {
  db = await freshDatabase()
  http = await buildHttp({ db })
  const scope = await makeAgency(db)
  const other = await makeAgency(db)
  const user = { agency_id: scope.agencyId, username: 'a', name: hostileName, role: 'agent', created_at: 0 }
  await insertId(db.knex('users').insert({ ...user, extension: '1001' }))
  for (const [name, role, agencyId] of [
    ['root', 'administrator', scope.agencyId],
    ['own', 'agency_administrator', scope.agencyId],
    ['foreign', 'agency_administrator', other.agencyId],
    ['agent', 'agent', scope.agencyId],
  ] as [string, Role, number][]) {
    const row = { agency_id: agencyId, username: name, name, role, created_at: 0 }
    const userId = await insertId(db.knex('users').insert(row))
    tokens[name] = (await http.sessions.issue(scopeOf(agencyId), { userId, kind: 'token' })).token
  }
  phones = createPhones({
    db,
    audit: http.audit,
    domain: 'vera.local',
    nodes: [],
    alarm: (_agency, alarm) => alarms.push(alarm),
    log: (line) => assert.fail(line),
    neverBlock: () => false,
    limit: { failures: 1, withinMs: 1_000, blockMs: 3_600_000 },
  })
  await phones.rotate(scope, undefined, '1001')
  hash = (await phones.find('1001', undefined))?.a1Hash as string
  await http.app.register(switchRoutes, { phones, lines, secret, isSwitch: switchAddresses(['192.0.2.50']) })
  await http.app.register(phoneRoutes, { phones })
})
after(async () => {
  await http.close()
  await db.close()
})

const asking = { section: 'directory', action: 'sip_auth', user: '1001', domain: 'vera.local', ip: '198.51.100.1' }
const ask = (form: Record<string, string>, authorization = basic(`vera:${secret}`), remoteAddress = '192.0.2.50') =>
  http.app.inject({
    method: 'POST',
    url: '/freeswitch/ask',
    remoteAddress,
    headers: { 'content-type': 'application/x-www-form-urlencoded', authorization },
    payload: new URLSearchParams(form).toString(),
  })

test('a switch of ours with the secret is told the hash; the name comes as text', async () => {
  const told = await ask(asking)
  assert.equal(told.statusCode, 200)
  assert.match(String(told.headers['content-type']), /^text\/xml/)
  assert.ok(told.body.includes(`<param name="a1-hash" value="${hash}"/>`))
  assert.equal(XMLValidator.validate(told.body), true)
  assert.equal(told.body.match(/<user /g)?.length, 1)
  assert.ok(!/X-PRE-PROCESS/.test(told.body.replaceAll(/"[^"]*"/g, '""')))
  const seen = new XMLParser({ ignoreAttributes: false, processEntities: true, htmlEntities: true }).parse(told.body)
  const variables = seen.document.section.domain.groups.group.users.user.variables.variable as { '@_value': string }[]
  assert.match(variables[1]?.['@_value'] ?? '', /^"><user id="9999"\/>/)
})

test('a foreign address learns nothing, whatever it shows; with our secret its owner is told', async () => {
  alarms.length = 0
  for (const from of ['192.0.2.51', '127.0.0.1', '::1']) {
    for (const url of ['/freeswitch/ask', '/freeswitch/snapshot']) {
      const method = url.endsWith('snapshot') ? 'GET' : 'POST'
      const refused = await http.app.inject({
        method,
        url,
        remoteAddress: from,
        headers: { authorization: basic('vera:no') },
      })
      assert.equal(refused.statusCode, 403)
      assert.ok(!refused.body.includes(hash))
    }
  }
  assert.deepEqual(alarms, [])
  assert.equal((await ask(asking, basic(`vera:${secret}`), '192.0.2.51')).statusCode, 403)
  assert.deepEqual(
    alarms.map(({ code, subject }) => [code, subject]),
    [['switch.refused_address', '192.0.2.51']],
  )
})

test('a wrong secret is 401 and one alarm, however often', async () => {
  alarms.length = 0
  for (const wrong of ['', basic('vera:'), basic(`root:${secret}`), `Bearer ${secret}`, basic(`vera:${secret}x`)])
    assert.equal((await ask(asking, wrong)).statusCode, 401)
  assert.deepEqual(
    alarms.map(({ code }) => code),
    ['switch.refused_secret'],
  )
  assert.ok((phones.refusals().find(({ why }) => why === 'secret')?.count ?? 0) >= 5)
  assert.ok(!JSON.stringify(phones.refusals()).includes(secret))
})

test('who is not known, blocked or of another domain gets no hash; the copy on the switch does not decide', async () => {
  const body = async (change: Record<string, string>) => (await ask({ ...asking, ...change })).body
  const unknown = await body({ user: '1002' })
  assert.match(unknown, /<user id="1002">.*a1-hash.*sip-forbid-register/s)
  assert.match(await body({ user: '1002', action: 'user_call' }), /status="not found"/)
  assert.match(await body({ domain: 'other.local' }), /status="not found"/)
  assert.match(await body({ section: 'dialplan' }), /status="not found"/)
  assert.match(await body({ section: 'configuration', key_value: 'sofia.conf' }), /status="not found"/)
  await phones.scanners.failure('203.0.113.9', '1001')
  const blocked = await body({ ip: '203.0.113.9' })
  assert.ok(!blocked.includes(hash) && /sip-forbid-register/.test(blocked))
  assert.ok((await body({ ip: '203.0.113.10' })).includes(hash))
})

test('lines and access lists, for the trunk only, odd passwords as text', async () => {
  const told = (await ask({ section: 'directory', purpose: 'gateways', profile: 'trunk' })).body
  assert.equal(XMLValidator.validate(told), true)
  assert.match(told, /<gateway name="red1">/)
  assert.ok(told.includes('value="p&#34;&#60;&#38;&#62;&#39;&#36;&#36;{x}"'))
  assert.match((await ask({ section: 'directory', purpose: 'gateways', profile: 'agents' })).body, /not found/)
  const acl = (await ask({ section: 'configuration', key_value: 'acl.conf' })).body
  assert.match(acl, /<node type="allow" cidr="192.0.2.0\/24"\/><node type="allow" cidr="2001:db8::1\/128"\/>/)
  const copy = await http.app.inject({
    url: '/freeswitch/snapshot',
    remoteAddress: '::ffff:192.0.2.50',
    headers: { authorization: basic(`vera:${secret}`) },
  })
  const { users, domain, gateways, addresses } = copy.json()
  assert.deepEqual([domain, gateways.length, addresses.length], ['vera.local', 1, 2])
  assert.deepEqual(users, [{ extension: '1001', name: hostileName, autoAnswer: false, a1Hash: hash }])
})

test('whatever the switch was made to ask, the answer keeps its shape', async () => {
  const shape = (xml: string) => xml.replaceAll(/"[^"<>]*"/g, '""').replaceAll(/\s+/g, ' ')
  const shapes = new Set(
    await Promise.all(
      ['1001', '9', 'x'.repeat(65)].flatMap((user) =>
        ['sip_auth', 'user_call'].map(async (action) =>
          shape(await answer({ ...asking, user, action }, phones, lines)),
        ),
      ),
    ),
  )
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 80 }),
    fc.constantFrom(
      hostileName,
      '1001" x="',
      '$${run_dir}',
      '<!ENTITY x SYSTEM "file:///etc/passwd">',
      '1001-web',
      '__proto__',
    ),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        user: text,
        key_value: text,
        ip: text,
        purpose: text,
        action: fc.constantFrom('sip_auth', 'user_call'),
      }),
      async (given) => {
        const xml = await answer({ ...asking, ...given }, phones, lines)
        assert.equal(XMLValidator.validate(xml), true)
        assert.ok(shapes.has(shape(xml)), xml)
        assert.ok(!xml.includes('$${run_dir}'))
        if (!/^1001(-web)?$/.test(given.user)) assert.ok(!xml.includes(hash))
      },
    ),
    { numRuns: 300 },
  )
  for (const odd of [{}, { section: ['directory'] }, { ...asking, user: ['1001', '1002'] }, { ...asking, domain: 7 }])
    assert.match(await answer(odd, phones, lines), /not found/)
})

test("the page of phones: each agency's own, and no secret in it", async () => {
  const page = (who: string, url = '/admin/phones', method: 'GET' | 'POST' = 'GET') =>
    http.app.inject({ url, method, headers: { authorization: `Bearer ${tokens[who]}`, accept: 'text/html' } })
  assert.equal((await page('agent')).statusCode, 403)
  const mine = await page('own')
  assert.equal(mine.statusCode, 200)
  assert.ok(mine.body.includes('1001') && !mine.body.includes(hash) && !mine.body.includes('203.0.113.9'))
  assert.ok(!(await page('foreign')).body.includes('1001'))
  assert.ok((await page('root')).body.includes('203.0.113.9'))
  assert.equal((await page('foreign', '/admin/phones/1001/password', 'POST')).statusCode, 404)
  assert.equal((await page('own', '/admin/phones/sources/unblock', 'POST')).statusCode, 403)
  const before = hash
  const shown = await page('own', '/admin/phones/1001/password', 'POST')
  assert.equal(shown.statusCode, 200)
  assert.equal(shown.headers['cache-control'], 'no-store')
  hash = (await phones.find('1001', undefined))?.a1Hash as string
  assert.notEqual(hash, before)
})

test('the addresses of switches: names looked up, loopback only when a switch is there', async () => {
  let found = ['192.0.2.1']
  let now = 0
  const ours = switchAddresses(['fs.example', '10.0.0.9'], async () => found, { now: () => now, keepMs: 1_000 })
  assert.equal(await ours('192.0.2.1'), true)
  assert.equal(await ours('::ffff:10.0.0.9'), true)
  assert.equal(await ours('127.0.0.1'), false)
  found = ['127.0.0.1']
  assert.equal(await ours('192.0.2.1'), true, 'kept for a while')
  now = 1_001
  assert.equal(await ours('192.0.2.1'), false)
  assert.equal(await ours('::1'), true)
  const growing = ['10.0.0.9']
  const later = switchAddresses(() => growing)
  assert.equal(await later('10.0.0.10'), false)
  growing.push('10.0.0.10')
  assert.equal(await later('10.0.0.10'), true, 'a server that has joined since')
  const none = switchAddresses(['gone.example'], () => Promise.reject(new Error('ENOTFOUND')))
  assert.equal(await none('192.0.2.1'), false)
})
