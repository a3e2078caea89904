// Phones and lines on a real FreeSWITCH (FREESWITCH_BIN): what the server tells is what registers, rings and calls out.
import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { followServers } from '../../freeswitch/conf/follow.ts'
import { findFreeswitch, startFreeswitch } from '../../freeswitch/conf/process.ts'
import { defaultSite } from '../../freeswitch/conf/site.ts'
import { EslClient } from '../../freeswitch/esl/index.ts'
import { type Database, insertId, type Scope } from '../database/index.ts'
import { buildHttp, type Http } from '../http/index.ts'
import { freshDatabase, makeAgency } from '../testing/database.ts'
import { createTrunks, type Trunks, trunkEvents } from '../trunks/index.ts'
import { Handset } from './handset.ts'
import { createPhones, type Phones, phoneEvents, switchAddresses, switchRoutes } from './index.ts'

const binary = findFreeswitch(process.env.FREESWITCH_BIN, '')

describe('phones and lines on FreeSWITCH', { skip: binary ? false : 'FREESWITCH_BIN is not set' }, () => {
  const secret = 'the-secret-of-the-switch'
  let folder: string
  let db: Database
  let http: Http
  let scope: Scope
  let client: EslClient
  let phones: Phones
  let trunks: Trunks
  let follower: ReturnType<typeof followServers>
  let stopSwitch: () => Promise<void>
  let agentsPort = 0
  let userId = 0
  const alarms: string[] = []
  const handsets: Handset[] = []
  const handset = async () => {
    const one = await Handset.open(agentsPort)
    handsets.push(one)
    return one
  }
  /** Resolves once the phones' state satisfies `wanted`; each look waits for a change. */
  const until = async (wanted: () => boolean, what: string) => {
    const late = AbortSignal.timeout(10_000)
    while (!wanted()) {
      const changed = new EventEmitter()
      const stop = phones.changes.on(() => changed.emit('change'))
      await once(changed, 'change', { signal: late }).catch(() => assert.fail(`in time: ${what}`))
      stop()
    }
  }
  const agents = () => phones.registered('1001').map(({ agent }) => agent)

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vera-phones-'))
    const ports = await freePorts(5)
    agentsPort = ports[1] as number
    const site = {
      ...defaultSite(join(folder, 'switch')),
      ...{ eslPort: ports[0] as number, agentsPort, agentsWsPort: ports[2] as number, trunkPort: ports[3] as number },
      ...{ rtpFirst: 30_000, rtpLast: 30_200, recordingsDir: join(folder, 'recordings'), cdrDir: join(folder, 'cdr') },
      ...{ servers: [`http://127.0.0.1:${ports[4]}`], switchSecret: secret },
    }
    db = await freshDatabase()
    scope = await makeAgency(db)
    const row = { agency_id: scope.agencyId, username: 'ana', name: 'Ana "$${domain}"', role: 'agent', created_at: 0 }
    userId = await insertId(db.knex('users').insert({ ...row, extension: '1001' }))
    http = await buildHttp({ db })
    const running = await startFreeswitch(binary as string, site)
    stopSwitch = running.stop
    const address = { host: '127.0.0.1', port: site.eslPort, password: running.password }
    client = new EslClient({ address, events: [...phoneEvents, ...trunkEvents] })
    const nodes = [{ name: 'fs1', client }]
    const alarm = (_agency: number, { code }: { code: string }) => void alarms.push(code)
    const log = (line: string) => assert.fail(line)
    const limit = { failures: 3, withinMs: 60_000, blockMs: 60_000 }
    const common = { db, audit: http.audit, nodes, alarm, log }
    phones = createPhones({ ...common, domain: 'vera.local', neverBlock: () => false, limit })
    trunks = createTrunks({ ...common, secret })
    await http.app.register(switchRoutes, { phones, lines: trunks, secret, isSwitch: switchAddresses(['127.0.0.1']) })
    await http.app.listen({ host: '127.0.0.1', port: ports[4] as number })
    const up = new Promise<void>((done) => client.on('up', () => done()))
    client.start()
    await up
    await phones.start()
    await trunks.start()
    follower = followServers({ site, command: (text) => client.bgapi(text), say: () => {}, everyMs: 1e9 })
    await follower.ask()
  })
  after(async () => {
    for (const one of handsets) one.close()
    follower?.stop()
    phones?.stop()
    trunks?.stop()
    await http?.close()
    await client?.stop()
    await stopSwitch?.()
    await db?.close()
    await rm(folder, { recursive: true, force: true })
  })

  it('a phone registers with the password that was shown, the browser with its own; a ring reaches both', async () => {
    const [desk, browser] = [await handset(), await handset()]
    const { user, password } = await phones.rotate(scope, undefined, '1001')
    const web = await phones.browserCredential(userId)
    assert.equal(await desk.register(user, password), 200)
    await until(() => agents().length === 1, 'the desk phone is known')
    assert.equal(await browser.register(web.user, web.password), 200)
    await until(() => agents().length === 2, 'both are known')
    const [first] = phones.registered('1001')
    assert.deepEqual([first?.agent, first?.node, first?.address], ['browser', 'fs1', '127.0.0.1'])
    assert.match(first?.userAgent ?? '', /^vera-test/)
    await phones.setAutoAnswer(scope, undefined, '1001', true)
    const rung = Promise.all([once(desk.calls, 'INVITE'), once(browser.calls, 'INVITE')])
    const result = client
      .bgapi('originate {originate_timeout=5}user/1001@vera.local &park()')
      .catch((e: Error) => e.message)
    for (const [invite] of await rung) assert.match(String(invite), /^Call-Info:.*answer-after=0/im)
    assert.equal(await result, 'USER_BUSY')
  })

  it('what a reconnected platform reads from the switch is what it knew', async () => {
    const before = phones.registered('1001').map(({ agent, address, port }) => ({ agent, address, port }))
    await phones.relist()
    assert.deepEqual(
      phones.registered('1001').map(({ agent, address, port }) => ({ agent, address, port })),
      before,
    )
  })

  it('a new password throws the phone out, and the former one counts no more', async () => {
    const [desk] = handsets as [Handset]
    const former = desk.password
    const { user, password } = await phones.rotate(scope, undefined, '1001')
    await until(() => !agents().includes('desk'), 'the phone is out')
    assert.equal(await desk.register(user, former), 403)
    assert.equal(await desk.register(user, password), 200)
    await until(() => agents().includes('desk'), 'the phone is back')
  })

  it('a second desk phone takes the place of the first, and somebody is told', async () => {
    const [desk] = handsets as [Handset]
    const second = await handset()
    assert.equal(await second.register('1001', desk.password, false, 120, 'vera-other'), 200)
    await until(() => phones.registered('1001').some(({ userAgent }) => userAgent === 'vera-other'), 'it is seen')
    const found = phones.registered('1001').filter(({ agent }) => agent === 'desk')
    assert.deepEqual(
      found.map(({ port, others }) => [port, others.map(({ userAgent }) => userAgent)]),
      [[second.port, ['vera-test']]],
    )
    assert.ok(alarms.includes('phones.registered_twice'))
    assert.equal(await desk.register('1001', desk.password), 200)
  })

  it('without the platform phones register anew; a wrong password still does not', async () => {
    const [desk, browser] = handsets as [Handset, Handset]
    await follower.ask()
    const { port } = http.app.server.address() as { port: number }
    await new Promise((closed) => {
      http.app.server.close(closed)
      http.app.server.closeAllConnections()
    })
    try {
      assert.equal(await desk.register('1001', desk.password), 200)
      assert.equal(await browser.register('1001-web', browser.password), 200)
      assert.equal(await desk.register('1001', 'wrong', false), 403)
      assert.equal(await follower.ask(), 'silent')
      assert.equal(await follower.ask(), 'silent')
      assert.equal(await client.api('module_exists mod_xml_curl'), 'false', 'the switch asks nobody who is away')
      assert.equal(await desk.register('1001', desk.password), 200)
    } finally {
      const open = once(http.app.server, 'listening')
      http.app.server.listen(port, '127.0.0.1')
      await open
    }
    assert.equal(await follower.ask(), 'same')
    assert.equal(await client.api('module_exists mod_xml_curl'), 'true')
  })

  it('who tries passwords is shut out, even with the right one, until somebody opens', async () => {
    const scanner = await handset()
    for (const one of handsets) if (one.user) await one.register(one.user, one.password, true, 0)
    await until(() => agents().length === 0, 'nobody is registered from here')
    for (const name of ['1001', '9999', 'admin']) assert.equal(await scanner.register(name, 'guess', false), 403)
    const [desk] = handsets as [Handset]
    const late = Date.now() + 5_000
    while (!phones.scanners.isBlocked('127.0.0.1') && Date.now() < late)
      await new Promise((next) => setTimeout(next, 10))
    assert.equal(await desk.register('1001', desk.password), 403)
    assert.deepEqual(
      (await phones.blocked()).map(({ address }) => address),
      ['127.0.0.1'],
    )
    assert.ok(alarms.includes('phones.source_blocked'))
    await phones.unblock(scope, undefined, '127.0.0.1')
    assert.equal(await desk.register('1001', desk.password), 200)
  })

  it('a line added on the page is there at once, changes at once, and calls go over the next one when it fails', async () => {
    const carrier = await handset()
    const dead = await handset()
    const line = {
      ...{
        host: '127.0.0.1',
        port: carrier.port,
        transport: 'udp' as const,
        register: false,
        username: '',
        enabled: true,
      },
      ...{ callerId: '3425550100', codecs: ['PCMA'], maxLines: 10, callsPerSecond: 10, addresses: ['192.0.2.0/24'] },
    }
    await trunks.create(scope, undefined, { ...line, name: 'second', position: 20 })
    const id = await trunks.create(scope, undefined, { ...line, name: 'first', position: 10, port: dead.port })
    dead.close()
    assert.equal(await client.api('acl 192.0.2.77 trunk'), 'true')
    assert.equal(await client.api('acl 127.0.0.1 trunk'), 'true', "the site's own address stays")
    assert.deepEqual(
      (await trunks.list(scope)).map(({ name, states }) => [name, states[0]?.state]),
      [
        ['first', 'up'],
        ['second', 'up'],
      ],
    )
    const dial = trunks.dialNumber('3424123456', scope.agencyId)
    const rung = once(carrier.calls, 'INVITE')
    const result = client
      .bgapi(`originate {originate_timeout=10}${dial} &park()`, 30_000)
      .catch((e: Error) => e.message)
    const [invite] = await rung
    assert.match(String(invite), /^INVITE sip:3424123456@127\.0\.0\.1/)
    assert.match(String(invite), /^From:.*<sip:3425550100@/im)
    assert.equal(await result, 'USER_BUSY')
    await trunks.update(scope, undefined, id, { ...line, name: 'first', position: 10, callerId: '0800' })
    assert.match(await client.api('sofia status gateway first'), new RegExp(`<sip:0800@127.0.0.1:${carrier.port}>`))
    await trunks.remove(scope, undefined, id)
    assert.match(await client.api('sofia status gateway first'), /Invalid Gateway/)
    assert.equal(await follower.ask(), 'changed')
  })
})

/** Ports that nobody has now. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  await Promise.all(servers.map((server) => new Promise<void>((open) => server.listen(0, '127.0.0.1', open))))
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))))
  return ports
}
