// A server whose agents change state four times a second while screens look on: the whole platform on the example centre, or
// the least that can be done, `ws` that sends ready bytes to all. Says over IPC what processor time a stretch took.
import { join } from 'node:path'
import { WebSocket, WebSocketServer } from 'ws'
import { readConfig } from '../server/config.ts'
import { openDatabase, scopeOf } from '../server/database/index.ts'
import { seedExample } from '../server/example/index.ts'
import { createPlatform } from '../server/platform.ts'

export type Ready = { ready: string; cookie: string }
export type Spent = { cpuMs: number }
const [kind, home, bytes] = process.argv.slice(2) as ['vera' | 'bare', string, string]
const everyMs = 250
const say = (message: Ready | Spent) => process.send?.(message)

if (kind === 'vera') {
  const config = {
    ...readConfig({ PORT: '0', CALL_LISTEN: '127.0.0.1:0', LOG_LEVEL: 'error', DEMO: 'off' }),
    home,
    databaseUrl: `sqlite:${join(home, 'vera.sqlite')}`,
    recordingsDir: join(home, 'recordings'),
    cdrDir: join(home, 'cdr'),
  }
  const db = openDatabase(config.databaseUrl)
  await db.migrate()
  await (await seedExample({ db, clock: { now: Date.now }, seed: 'vera', password: 'screens-1234', log: () => {} }))
    .history
  await db.close()
  const platform = await createPlatform(config, { say: () => {} })
  const address = await platform.start()
  const { agents } = platform.telephony.routing
  const supervisor = await platform.db.knex('users').where({ username: 'supervisora' }).first('id', 'agency_id')
  const people = await platform.db
    .knex('users')
    .where({ agency_id: supervisor.agency_id, role: 'agent', active: true })
    .select('id')
  for (const { id } of people) {
    agents.signIn(id)
    agents.ready(id)
  }
  let n = 0
  setInterval(() => {
    const { id } = people[Math.floor(n / 2) % people.length]
    if (n++ % 2 === 0) agents.takeBreak(id)
    else agents.ready(id)
  }, everyMs)
  const { token } = await platform.http.sessions.issue(scopeOf(supervisor.agency_id), { userId: supervisor.id })
  say({ ready: `${address.replace('http', 'ws')}/live`, cookie: `vera_session=${token}` })
} else {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  server.on('listening', () => {
    const { port } = server.address() as { port: number }
    say({ ready: `ws://127.0.0.1:${port}/`, cookie: '' })
  })
  server.on('connection', (socket) => socket.on('message', () => {}))
  setInterval(() => {
    const frame = Buffer.from(
      `{"now":${Date.now()},"since":[${Date.now()}],"rest":"`.padEnd(Number(bytes) - 2, 'x').concat('"}'),
    )
    for (const client of server.clients) if (client.readyState === WebSocket.OPEN) client.send(frame, { binary: false })
  }, everyMs)
}

let before = process.cpuUsage()
process.on('message', (word) => {
  if (word === 'begin') before = process.cpuUsage()
  else {
    const { user, system } = process.cpuUsage(before)
    say({ cpuMs: (user + system) / 1_000 })
  }
})
process.on('disconnect', () => process.exit(0))
