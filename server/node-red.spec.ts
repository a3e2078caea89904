import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { WebSocket } from 'ws'
import { palette } from '../nodes/palette.ts'
import { fakePorts } from '../nodes/testing/fake-platform.ts'
import { createFlowStorage, FlowCalls, parseFlow } from './flows/index.ts'
import { splitServer } from './http/server-split.ts'
import type { Role, Session } from './http/types.ts'
import { type NodeRedHost, startNodeRed } from './node-red.ts'
import { freshDatabase } from './testing/database.ts'

const starter = parseFlow(readFileSync(join(import.meta.dirname, '..', 'flows', 'mesa-de-entrada.json'), 'utf8'))

describe('the editor behind our sign-on', { timeout: 150_000 }, () => {
  let server: Server
  let host: NodeRedHost
  let origin: string
  let userDir: string
  let db: Awaited<ReturnType<typeof freshDatabase>>
  let storage: ReturnType<typeof createFlowStorage>
  const revoked = new Set<(whom: { sessionId?: number; userId?: number }) => void>()
  const roles: Record<string, Role> = { designer: 'flow_designer', supervisor: 'supervisor', agent: 'agent' }

  before(async () => {
    db = await freshDatabase()
    userDir = await mkdtemp(join(tmpdir(), 'vera-editor-'))
    const fake = fakePorts()
    storage = createFlowStorage({ db, starter: async () => starter as never, log() {} })
    const { factSink: facts, alarmSink: alarms, ports } = fake
    const agencyOf = async () => ({ id: 1, name: 'Organismo', known: true })
    const calls = new FlowCalls({ facts, alarms, queues: ports.queues, prompts: ports.prompts, agencyOf })
    const split = splitServer()
    server = split.factory((_request, response) => void response.end('platform'), {}) as Server
    host = await startNodeRed({
      editor: split.editor,
      sessionOf: async (cookie) => {
        const name = /vera_session=(\w+)/.exec(cookie ?? '')?.[1] ?? ''
        const role = roles[name]
        return role
          ? ({ id: name.length, userId: name.length, username: name, role, agencyId: 1 } as Session)
          : undefined
      },
      onRevoked: (listener) => {
        revoked.add(listener)
        return () => revoked.delete(listener)
      },
      isSameOrigin: (headers) => headers.origin === undefined || headers.origin === origin,
      platform: { ...ports, calls },
      storage,
      userDir,
      credentialSecret: 'secret of the test',
      log: { info() {}, warn() {}, error() {}, debug() {} },
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(async () => {
    await host.stop()
    server.closeAllConnections()
    server.close()
    await db.close()
    await rm(userDir, { recursive: true })
  })
  const ask = (path: string, who?: string, options: RequestInit = {}) =>
    fetch(`${origin}${path}`, {
      redirect: 'manual',
      ...options,
      headers: { ...(who ? { cookie: `vera_session=${who}` } : {}), ...(options.headers as Record<string, string>) },
    })
  const socket = (who?: string, from = origin) =>
    new WebSocket(`${origin.replace('http', 'ws')}/editor/comms`, {
      headers: { origin: from, ...(who ? { cookie: `vera_session=${who}` } : {}) },
    })

  it('lets in designers, lets supervisors look, and sends others away', async () => {
    const html = { headers: { accept: 'text/html' } }
    const page = await ask('/editor/', 'designer', html)
    assert.equal(page.status, 200)
    assert.match(await page.text(), /Vera · Flujos/)
    assert.equal((await ask('/editor/', undefined, html)).headers.get('location'), '/login?next=%2Feditor%2F')
    for (const path of [
      '/editor/flows',
      '/editor/settings',
      '/editor/nodes',
      '/editor/vera/choices',
      '/editor/red/red.min.js',
    ]) {
      assert.equal((await ask(path)).status, 401, path)
      assert.equal((await ask(path, 'agent')).status, 401, path)
      assert.equal((await ask(path, 'supervisor')).status, 200, path)
    }
    const deploy = { method: 'POST', body: '[]', headers: { 'content-type': 'application/json' } }
    assert.equal((await ask('/editor/flows', 'supervisor', deploy)).status, 401)
    assert.equal((await ask('/editor/auth/token', 'designer', { method: 'POST' })).status, 404)
  })
  it('takes no deploy from a foreign page', async () => {
    const headers = { 'content-type': 'application/json', origin: 'https://evil.example' }
    assert.equal((await ask('/editor/flows', 'designer', { method: 'POST', body: '[]', headers })).status, 403)
  })
  it('keeps a deploy in the name of who made it', async () => {
    const headers = { 'content-type': 'application/json', origin }
    const body = JSON.stringify(starter)
    assert.equal((await ask('/editor/flows', 'designer', { method: 'POST', body, headers })).status, 204)
    const [deploy] = await storage.deploys()
    assert.deepEqual([deploy?.username, deploy?.userId], ['designer', 8])
  })
  it('loads every node of ours and none that could harm', async () => {
    const sets = (await (
      await ask('/editor/nodes', 'designer', { headers: { accept: 'application/json' } })
    ).json()) as {
      types: string[]
      err?: string
    }[]
    const types = sets.flatMap((set) => (set.err ? [] : set.types))
    for (const { type } of palette) assert.ok(types.includes(type), type)
    for (const type of [
      'exec',
      'function',
      'file',
      'watch',
      'tcp in',
      'udp out',
      'http request',
      'http in',
      'mqtt in',
    ]) {
      assert.ok(!types.includes(type), type)
    }
    assert.ok(types.includes('switch'))
    const install = { method: 'POST', body: '{"module":"left-pad"}', headers: { 'content-type': 'application/json' } }
    assert.ok((await ask('/editor/nodes', 'designer', install)).status >= 400)
    const settings = (await (await ask('/editor/settings', 'designer')).json()) as Record<string, unknown>
    assert.equal(JSON.stringify(settings).includes('secret of the test'), false)
    assert.equal(settings.telemetryEnabled, false)
  })
  it('speaks Spanish', async () => {
    const headers = { accept: 'application/json' }
    const texts = await (await ask('/editor/nodes/messages?lng=es-ES', 'designer', { headers })).json()
    const menu = (texts as Record<string, Record<string, { label: string }>>)['vera-nodes/vera-menu']?.['vera-menu']
    assert.equal(menu?.label, 'menú')
    const asked = { headers: { accept: 'text/html', 'accept-language': 'es-ES' } }
    assert.match(await (await ask('/editor/nodes', 'designer', asked)).text(), /Ofrece opciones y espera una tecla/)
  })
  it("opens the editor's socket to who may in, and closes it at sign-out", async () => {
    for (const refused of [socket(), socket('agent'), socket('designer', 'https://evil.example')]) {
      const [error] = await once(refused, 'error')
      assert.match(String(error), /hang up|ECONNRESET|socket/)
    }
    const open = socket('designer')
    await once(open, 'open')
    for (const tell of revoked) tell({ userId: 8 })
    await once(open, 'close')
  })
})
