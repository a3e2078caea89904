import assert from 'node:assert/strict'
import { it } from 'node:test'
import { insertId, type Scope } from '../database/index.ts'
import { createAudit } from '../http/index.ts'
import { makeAgency, onEachDatabase } from '../testing/database.ts'
import { a1Hash, answers, type Digest, generatePassword } from './credentials.ts'
import { createPhones, type PhoneNode } from './index.ts'
import { createScanners } from './scanners.ts'
import { phoneStore } from './store.ts'

onEachDatabase('phones', (db) => {
  let extensions = 2000
  const person = async (scope: Scope, name = 'Ana') => {
    const extension = String(++extensions)
    const row = { agency_id: scope.agencyId, username: `u${extension}`, name, role: 'agent', extension, created_at: 0 }
    return { extension, userId: await insertId(db().knex('users').insert(row)) }
  }
  function room(options: Partial<Parameters<typeof createPhones>[0]> = {}) {
    let clock = 1_000_000_000_000
    const commands: string[] = []
    const alarms: string[] = []
    const node: PhoneNode = {
      name: 'fs1',
      client: {
        state: 'up',
        api: async () => '',
        bgapi: async (command: string) => {
          commands.push(command)
          return '+OK'
        },
        on() {
          return this as never
        },
        off() {
          return this as never
        },
      },
    }
    const phones = createPhones({
      db: db(),
      audit: createAudit(db(), { error: (_d, text) => assert.fail(text) }),
      domain: 'vera.local',
      nodes: [node],
      alarm: (_agency, { code }) => alarms.push(code),
      log: (line) => assert.fail(line),
      now: () => clock,
      ...options,
    })
    return { phones, commands, alarms, pass: (ms: number) => (clock += ms), now: () => clock }
  }

  it('keeps of a password only its hash, throws out who used the former one, and says so in the audit', async () => {
    const scope = await makeAgency(db())
    const { extension } = await person(scope)
    const { phones, commands } = room()
    assert.equal((await phones.find(extension, undefined))?.a1Hash, undefined)
    const first = await phones.rotate(scope, 7, extension)
    const second = await phones.rotate(scope, 7, extension)
    assert.notEqual(first.password, second.password)
    const found = await phones.find(extension, undefined)
    assert.equal(found?.a1Hash, a1Hash(extension, 'vera.local', second.password))
    assert.deepEqual(commands, Array(2).fill(`sofia profile agents flush_inbound_reg ${extension}@vera.local`))
    const rows = await db().knex('phones').where({ extension })
    assert.ok(!JSON.stringify(rows).includes(second.password))
    const audit = await db().knex('audit').where({ agency_id: scope.agencyId, action: 'phone.rotated' })
    assert.equal(audit.length, 2)
    assert.ok(!JSON.stringify(audit).includes(second.password))
  })

  it('rings the desk phone first while the browser of the extension cannot', async () => {
    const scope = await makeAgency(db())
    const { extension } = await person(scope)
    let works = true
    const on = new Map<string, (event: object) => void>()
    const client = { state: 'up' as const, api: async () => '', bgapi: async () => '' }
    const heard = {
      ...client,
      on: (name: string, hear: never) => on.set(name, hear) as never,
      off: () => undefined as never,
    }
    const { phones } = room({ nodes: [{ name: 'fs1', client: heard as never }], browserWorks: () => works })
    await phones.start()
    phones.stop()
    for (const user of [extension, `${extension}-web`])
      on.get('event')?.({ name: 'CUSTOM', subclass: 'sofia::register', headers: { 'from-user': user, expires: '60' } })
    assert.deepEqual((await phones.find(extension, undefined))?.ring, ['browser', 'desk'])
    works = false
    assert.deepEqual((await phones.find(extension, undefined))?.ring, ['desk', 'browser'])
  })

  it("does not touch another agency's phone, and forgets its settings when the extension goes over", async () => {
    const [ours, theirs] = [await makeAgency(db()), await makeAgency(db())]
    const { extension, userId } = await person(ours)
    const { phones } = room()
    await phones.setAutoAnswer(ours, undefined, extension, true)
    await phones.rotate(ours, undefined, extension)
    await assert.rejects(phones.rotate(theirs, undefined, extension), { code: 'phone.not_found' })
    await assert.rejects(phones.setAutoAnswer(theirs, undefined, extension, false), { code: 'phone.not_found' })
    assert.equal(await phones.autoAnswer(userId), true)
    await db().knex('users').where({ id: userId }).update({ agency_id: theirs.agencyId })
    const moved = await phones.find(extension, undefined)
    assert.deepEqual([moved?.a1Hash, moved?.autoAnswer], [undefined, false])
    await phones.setAutoAnswer(theirs, undefined, extension, false)
    await db().knex('users').where({ id: userId }).update({ agency_id: ours.agencyId })
    assert.equal((await phones.find(extension, undefined))?.a1Hash, undefined, 'nor does it come back')
  })

  it('a password made for another SIP domain counts no more', async () => {
    const scope = await makeAgency(db())
    const { extension } = await person(scope)
    await room().phones.rotate(scope, undefined, extension)
    assert.equal((await room({ domain: 'other.local' }).phones.find(extension, undefined))?.a1Hash, undefined)
  })

  it('gives each tab of a browser a password of its own that ends with the shift', async () => {
    const scope = await makeAgency(db())
    const { extension, userId } = await person(scope)
    const { phones, pass, now } = room()
    const first = await phones.browserCredential(userId)
    pass(1_000)
    const second = await phones.browserCredential(userId)
    assert.equal(first.user, `${extension}-web`)
    assert.equal(second.expiresAt, now() + 12 * 3_600_000)
    const hash = ({ password }: { password: string }) => a1Hash(first.user, 'vera.local', password)
    const digest = (password: string): Digest => {
      const blank = { nonce: 'n', uri: 'sip:vera.local', method: 'REGISTER', qop: 'auth', cnonce: 'c', nc: '00000001' }
      return { ...blank, response: respond(hash({ password }), blank) }
    }
    assert.equal((await phones.find(first.user, undefined))?.webA1Hash, hash(second), 'the newest is told unasked')
    assert.equal((await phones.find(first.user, digest(first.password)))?.webA1Hash, hash(first))
    assert.equal((await phones.find(first.user, digest('wrong')))?.webA1Hash, hash(second))
    const mine = (await phones.users()).find((user) => user.extension === extension)
    assert.deepEqual(mine, { extension, name: 'Ana', autoAnswer: false, webA1Hash: hash(second) })
    pass(12 * 3_600_000 - 500)
    assert.equal((await phones.find(first.user, digest(first.password)))?.webA1Hash, hash(second))
    await phones.revokeBrowser(userId)
    assert.equal((await phones.find(first.user, undefined))?.webA1Hash, undefined)
  })

  it('nobody without an extension, or switched off, has a phone', async () => {
    const scope = await makeAgency(db())
    const { extension, userId } = await person(scope)
    const { phones } = room()
    await phones.rotate(scope, undefined, extension)
    await db().knex('users').where({ id: userId }).update({ active: false })
    assert.equal(await phones.find(extension, undefined), undefined)
    assert.ok(!(await phones.users()).some((user) => user.extension === extension))
    await assert.rejects(phones.browserCredential(userId), { code: 'phone.no_extension' })
  })

  it('shuts out a source that fails too often, for a time, and opens it by hand', async () => {
    await db().knex('blocked_sources').del()
    const scope = await makeAgency(db())
    const { phones, alarms, pass } = room({ neverBlock: (address) => address === '10.0.0.1' })
    for (let n = 0; n < 9; n++) await phones.scanners.failure('192.0.2.7', `10${n}`)
    pass(5 * 60_000 + 1)
    await phones.scanners.failure('192.0.2.7', '1009')
    assert.equal(phones.scanners.isBlocked('192.0.2.7'), false, 'the others are too old to count')
    for (let n = 0; n < 9; n++) await phones.scanners.failure('192.0.2.7', '<script>')
    assert.equal(phones.scanners.isBlocked('192.0.2.7'), true)
    assert.deepEqual(alarms, ['phones.source_blocked'])
    assert.equal((await phones.blocked())[0]?.lastUsername, '?script?')
    for (let n = 0; n < 30; n++) await phones.scanners.failure('10.0.0.1', '1001')
    for (let n = 0; n < 30; n++) await phones.scanners.failure('not an address', '1001')
    assert.equal((await phones.blocked()).length, 1)
    const elsewhere = room().phones
    await elsewhere.scanners.refresh()
    assert.equal(elsewhere.scanners.isBlocked('192.0.2.7'), true, 'another server knows it from the database')
    assert.equal(await phones.unblock(scope, undefined, '192.0.2.7'), true)
    assert.equal(await phones.unblock(scope, undefined, '192.0.2.7'), false)
    assert.equal(phones.scanners.isBlocked('192.0.2.7'), false)
    for (let n = 0; n < 10; n++) await phones.scanners.failure('192.0.2.7', 'x')
    pass(3_600_001)
    assert.equal(phones.scanners.isBlocked('192.0.2.7'), false)
    assert.deepEqual(await phones.blocked(), [])
    for (let n = 0; n < 10; n++) await phones.scanners.failure('192.0.2.7', 'x')
    assert.equal((await phones.blocked()).length, 1, 'and is blocked again')
  })

  it('an office with phones that work is not shut out for one that does not', async () => {
    const heard: string[] = []
    const scanners = createScanners({
      store: phoneStore(db(), 'vera.local'),
      now: () => 1,
      neverBlock: () => false,
      inUse: (address) => address === '198.51.100.4',
      blocked: () => assert.fail('blocked'),
      suspicious: (address, username) => heard.push(`${address} ${username}`),
      failed: (error) => assert.fail(error),
    })
    for (let n = 0; n < 10; n++) await scanners.failure('198.51.100.4', '1005')
    assert.deepEqual(heard, ['198.51.100.4 1005'])
    assert.equal(scanners.isBlocked('198.51.100.4'), false)
  })
})

/** The answer of a phone with this a1, found by the room's own check. */
function respond(a1: string, digest: Omit<Digest, 'response'>): string {
  const { createHash } = process.getBuiltinModule('node:crypto')
  const md5 = (text: string) => createHash('md5').update(text).digest('hex')
  const response = md5(
    `${a1}:${digest.nonce}:${digest.nc}:${digest.cnonce}:${digest.qop}:${md5(`${digest.method}:${digest.uri}`)}`,
  )
  assert.ok(answers(a1, { ...digest, response }))
  return response
}

it('passwords are long, easy to copy and never twice the same', () => {
  const made = Array.from({ length: 200 }, generatePassword)
  assert.equal(new Set(made).size, 200)
  for (const password of made) assert.match(password, /^[A-HJ-NP-Za-km-np-z2-9]{24}$/)
})

it("answers the RFC's own example", () => {
  // RFC 2617, 3.5.
  const a1 = a1Hash('Mufasa', 'testrealm@host.com', 'Circle Of Life')
  const digest = { nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093', uri: '/dir/index.html', method: 'GET' }
  const rest = { qop: 'auth', nc: '00000001', cnonce: '0a4f113b', response: '6629fae49393a05397450978507c4ef1' }
  assert.equal(answers(a1, { ...digest, ...rest }), true)
  assert.equal(answers(a1, { ...digest, ...rest, uri: '/other' }), false)
})
