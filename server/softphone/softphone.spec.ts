import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { it, type TestContext } from 'node:test'
import { WebSocket, WebSocketServer } from 'ws'
import { buildHttp } from '../http/index.ts'
import { freshDatabase, makeAgency } from '../testing/database.ts'
import { softphoneCloseCode as closeCode, type SoftphonePorts, softphoneRoutes } from './index.ts'
import { createPhoneStates } from './phone-states.ts'

const register = (user: string) =>
  [
    'REGISTER sip:vera.local SIP/2.0',
    'Via: SIP/2.0/WS a.invalid;branch=z9hG4bK56',
    `From: <sip:${user}@vera.local>;tag=65b`,
    `To: <sip:${user}@vera.local>`,
    'Call-ID: c',
    'CSeq: 1 REGISTER',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n')

/** A server with one agent and one supervisor, over a switch that says each frame back. */
async function setting(t: TestContext, ports: Partial<SoftphonePorts> = {}, frames = 400) {
  const db = await freshDatabase()
  const agency = await makeAgency(db)
  const http = await buildHttp({ db })
  const target = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(target, 'listening')
  const heard: string[] = []
  target.on('connection', (socket) =>
    socket.on('message', (raw) => {
      heard.push(raw.toString().split('\r\n')[0] as string)
      socket.send('SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n')
    }),
  )
  const told: string[] = []
  const url = `ws://127.0.0.1:${(target.address() as AddressInfo).port}`
  await http.app.register(
    softphoneRoutes({
      http,
      limits: { frames },
      ports: {
        upstream: () => ({ url }),
        credential: async () => ({ extension: '1001', domain: 'vera.local', password: 'p', expiresAt: 9 }),
        reachable: (_id, reachable, why) => void told.push(`${reachable} ${why ?? ''}`.trim()),
        reattach: () => void told.push('reattach'),
        ...ports,
      },
    }),
  )
  const address = await http.app.listen({ port: 0, host: '127.0.0.1' })
  const sign = async (role: string) => {
    const row = { agency_id: agency.agencyId, username: role, name: role, role, created_at: 0 }
    const extension = role === 'agent' ? '1001' : null
    const [userId] = await db.knex('users').insert({ ...row, extension })
    const { token, id } = await http.sessions.issue(agency, { userId: userId as number })
    return { id, userId, headers: { cookie: `vera_session=${token}` } }
  }
  const connect = (headers: object, origin = address) =>
    new WebSocket(`${address.replace('http', 'ws')}/softphone/ws`, 'sip', { headers: { ...headers, origin } })
  t.after(async () => {
    await http.close()
    for (const client of target.clients) client.terminate()
    target.close()
    await db.close()
  })
  return { http, target, heard, told, sign, connect, address }
}
const answered = async (socket: WebSocket) => String((await once(socket, 'message'))[0])
const closed = async (socket: WebSocket) => (await once(socket, 'close'))[0] as number

it('carries an agent’s SIP to the switch and back; others and other sites stay out', async (t) => {
  const { http, heard, sign, connect, told } = await setting(t)
  const agent = await sign('agent')
  const socket = connect(agent.headers)
  await once(socket, 'open')
  assert.equal(socket.protocol, 'sip')
  socket.send(register('1001'))
  assert.match(await answered(socket), /^SIP\/2\.0 200/)
  socket.send(register('1002'))
  assert.match(await answered(socket), /^SIP\/2\.0 403/)
  assert.deepEqual(heard, ['REGISTER sip:vera.local SIP/2.0'])

  for (const [headers, origin] of [
    [{}, undefined],
    [(await sign('back_office')).headers, undefined],
    [agent.headers, 'http://evil.example'],
  ] as const) {
    const refused = connect(headers, origin)
    assert.match(String(((await once(refused, 'error')) as [Error])[0]), /Unexpected server response: 40[13]/)
  }
  const post = (payload: object) =>
    http.app.inject({ method: 'POST', url: '/api/agent/phone', headers: agent.headers, payload })
  assert.equal((await post({ state: 'ready', fresh: true })).json().state, 'ready')
  assert.equal((await post({ state: 'asleep' })).statusCode, 400)
  const account = await http.app.inject({ url: '/api/softphone', headers: agent.headers })
  assert.deepEqual(
    [account.json().uri, account.json().wsPath, account.headers['cache-control']],
    ['sip:1001@vera.local', '/softphone/ws', 'no-store'],
  )
  const gone = closed(socket)
  await http.sessions.revoke(agent.id)
  assert.equal(await gone, closeCode.sessionEnded)
  assert.deepEqual(told, ['true', 'reattach', 'false network'])
})

it('says that the switch is away, and lets go of who floods or sends what is not SIP', async (t) => {
  const { target, sign, connect } = await setting(t, {}, 5)
  const { headers } = await sign('agent')
  const flood = connect(headers)
  await once(flood, 'open')
  for (let count = 0; count < 6; count++) flood.send(register('1001'))
  assert.equal(await closed(flood), closeCode.tooMany)
  const strange = connect(headers)
  await once(strange, 'open')
  strange.send('hello')
  assert.equal(await closed(strange), 1008)
  const socket = connect(headers)
  await once(socket, 'open')
  socket.send(register('1001'))
  await answered(socket)
  for (const client of target.clients) client.terminate()
  assert.equal(await closed(socket), closeCode.switchAway)
  target.close()
  assert.equal(await closed(connect(headers)), closeCode.switchAway)
})

it('has no account where the switch speaks no SIP', async (t) => {
  const { http, sign, connect } = await setting(t, { upstream: () => undefined })
  const { headers } = await sign('agent')
  assert.deepEqual((await http.app.inject({ url: '/api/softphone', headers })).json(), { enabled: false })
  assert.equal(await closed(connect(headers)), closeCode.switchAway)
})

it('turns what pages say into reachable or not, once for each change', () => {
  const told: string[] = []
  const states = createPhoneStates((id, reachable, why) => told.push(`${id} ${why ?? reachable}`))
  states.report(7, 'ready')
  states.opened(7)
  states.report(7, 'ready')
  states.report(7, 'ready')
  states.opened(7)
  states.closed(7)
  states.report(7, 'microphone')
  states.report(7, 'unregistered')
  states.report(7, 'desk')
  states.closed(7)
  assert.deepEqual(told, ['7 network', '7 true', '7 microphone', '7 phone', '7 true'])
})
