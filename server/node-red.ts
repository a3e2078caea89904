// Node-RED inside Vera: the editor under /editor behind our own sign-on, and the runtime whose nodes take calls.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import type { Express } from 'express'
import type { Platform } from '../nodes/kit/platform.ts'
import { type DeployUser, type FlowNodes, type FlowStorage, flowSettings, type NodeRedLog } from './flows/index.ts'
import type { Role, Session } from './http/types.ts'

const require = createRequire(import.meta.url)

/** Who may change flows and who may only look: one set of flows serves all agencies. */
const editors: readonly Role[] = ['administrator', 'flow_designer']
const readers: readonly Role[] = ['agency_administrator', 'supervisor']

export type NodeRedOptions = {
  /** `http.editor` of server/http; without it Node-RED runs headless. */
  editor?: { server: Server; attach(handler: (request: IncomingMessage, response: ServerResponse) => void): void }
  /** The signed-in person behind a `Cookie` header. */
  sessionOf(cookie: string | undefined): Promise<Session | undefined>
  /** Called with each sign-out: sockets of the editor that it leaves open are closed. */
  onRevoked?(listener: (whom: { sessionId?: number; userId?: number }) => void): () => void
  isSameOrigin?(headers: IncomingMessage['headers']): boolean
  platform: Platform
  storage: FlowStorage
  /** Working folder (var/node-red); made when missing. */
  userDir: string
  /** Encrypts what nodes keep secret; default: one that Node-RED makes and keeps in the database. */
  credentialSecret?: string
  log: NodeRedLog
}

export type NodeRedHost = {
  /** Deploys these flows in the name of a user; as if pressed in the editor. */
  deploy(flows: FlowNodes, credentials: object, user: DeployUser): Promise<void>
  /** What runs now. */
  flows(): Promise<FlowNodes>
  readonly running: boolean
  stop(): Promise<void>
}

// Node-RED ships no types.
type Runtime = {
  init(server: unknown, settings: object): void
  start(): Promise<void>
  stop(): Promise<void>
  httpAdmin: Express
  runtime: {
    flows: {
      setFlows(options: { flows: object; user?: object; deploymentType: string }): Promise<unknown>
      getFlows(options: object): Promise<{ flows: FlowNodes }>
    }
  }
  events: {
    on(event: string, listener: (...args: unknown[]) => void): void
    off(event: string, listener: (...args: unknown[]) => void): void
  }
  hooks: { add(hook: string, listener: (event: Carrier) => void): void; clear(): void }
}

type Carrier = { msg?: { call?: { id?: unknown } }; destination?: { node?: { _expectedDoneCount?: number } } }

/** Starts Node-RED; resolves when its flows run. One for a process: Node-RED keeps its state in its modules. */
export async function startNodeRed(options: NodeRedOptions): Promise<NodeRedHost> {
  const { editor, platform, storage, userDir, log } = options
  await mkdir(userDir, { recursive: true })
  // Without it Node-RED looks for packages in the folders above.
  await writeFile(join(userDir, 'package.json'), '{}')
  const RED = require('node-red') as Runtime
  const guard = editor ? new EditorGuard(options) : undefined
  const settings = flowSettings({
    userDir,
    storageModule: storage.module,
    platform,
    log,
    credentialSecret: options.credentialSecret,
    ...(editor ? { editorFiles: await bundleEditor(userDir), adminAuth: guard!.adminAuth } : {}),
  })
  RED.init(editor ? guard!.upgrades(editor.server) : null, settings)
  follow(RED, platform)
  const standing = flowsStand(RED, log)
  await RED.start()
  await standing
  let stopped = false
  if (editor) editor.attach(await guard!.app(RED.httpAdmin))
  return {
    async deploy(flows, credentials, user) {
      const standing = flowsStand(RED, log)
      await RED.runtime.flows.setFlows({ flows: { flows, credentials }, user, deploymentType: 'full' })
      await standing
    },
    flows: async () => (await RED.runtime.flows.getFlows({})).flows,
    get running() {
      return !stopped
    },
    async stop() {
      if (stopped) return
      stopped = true
      platform.calls.deployed(false)
      guard?.stop()
      // They are the module's, not this instance's: a next start in the same process would meet them.
      RED.hooks.clear()
      await RED.stop()
    },
  }
}

/** Every message that carries a call is counted while it travels, so that a branch that ends is noticed. */
function follow(RED: Runtime, platform: Platform): void {
  const idOf = (event: Carrier): string | undefined => {
    const id = event.msg?.call?.id
    return typeof id === 'string' ? id : undefined
  }
  const { trace } = platform.calls
  const on = (hook: string, tell: (id: string, event: Carrier) => void) =>
    RED.hooks.add(`${hook}.vera`, (event: Carrier) => {
      const id = idOf(event)
      if (id !== undefined) tell(id, event)
    })
  on('preDeliver', trace.sent)
  on('onReceive', trace.received)
  on('onComplete', trace.done)
  // Nodes of the old style (switch is one) never say that they are done.
  on('postReceive', (id, event) => {
    if (event.destination?.node?._expectedDoneCount === 0) trace.done(id)
  })
  RED.events.on('flows:stopping', () => platform.calls.deployed(false))
  RED.events.on('flows:started', () => platform.calls.deployed(true))
}

/** `RED.start` resolves before the flows run. Resolves also when they cannot run, with a line that says why. */
function flowsStand(RED: Runtime, log: NodeRedLog): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      RED.events.off('flows:started', stop)
      RED.events.off('runtime-event', look)
      resolve()
    }
    const look = (...args: unknown[]) => {
      const { id, payload } = args[0] as { id?: string; payload?: { error?: string } }
      if (id !== 'runtime-state' || !payload?.error) return
      log.error(
        `flows: they do not run (${payload.error}); open the editor, correct and deploy them, or restore a deploy`,
      )
      stop()
    }
    RED.events.on('flows:started', stop)
    RED.events.on('runtime-event', look)
  })
}

type EditorFiles = { scripts: string[]; css: string[] }

/** The forms of our nodes, made one script for the browser. */
async function bundleEditor(userDir: string): Promise<EditorFiles> {
  const { buildSync } = await import('esbuild')
  const kit = join(import.meta.dirname, '..', 'nodes', 'kit-editor')
  const out = join(userDir, 'vera-nodes.js')
  // Once, at start: the asynchronous way would leave a process of esbuild behind.
  buildSync({
    entryPoints: [join(kit, 'index.ts')],
    outfile: out,
    bundle: true,
    minify: true,
    format: 'iife',
    globalName: 'VeraNodes',
    target: 'es2022',
    logLevel: 'error',
  })
  return { scripts: [join(kit, 'language.js'), out], css: [join(kit, 'editor.css')] }
}

/** The door of the editor: who may in, from where, and until when. */
class EditorGuard {
  readonly #options: NodeRedOptions
  readonly #sockets = new Map<Duplex, { session: Session; cookie: string | undefined }>()
  readonly #timer: NodeJS.Timeout
  readonly #stopListening: (() => void) | undefined

  constructor(options: NodeRedOptions) {
    this.#options = options
    this.#stopListening = options.onRevoked?.(({ sessionId, userId }) => {
      for (const [socket, { session }] of this.#sockets) {
        if (session.id === sessionId || session.userId === userId) socket.destroy()
      }
    })
    // Sessions also end by their time, or in another process.
    this.#timer = setInterval(() => void this.#recheck(), 60_000).unref()
  }

  readonly adminAuth = {
    type: 'credentials',
    tokenHeader: 'cookie',
    tokens: async (cookie: string) => {
      const session = await this.#sessionOf(cookie)
      if (!session) return null
      return {
        username: session.username,
        userId: session.userId,
        permissions: editors.includes(session.role) ? '*' : 'read',
      }
    },
    // Nobody signs in here: the platform's own page does that.
    users: async () => null,
    authenticate: async () => null,
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#stopListening?.()
    for (const socket of this.#sockets.keys()) socket.destroy()
  }

  /** What Node-RED listens to for its socket: the same events, once the guard has let them through. */
  upgrades(server: Server): Server {
    const { EventEmitter } = require('node:events') as typeof import('node:events')
    const inner = new EventEmitter()
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      void this.#admit(request).then((session) => {
        if (!session || socket.destroyed) return socket.destroy()
        this.#sockets.set(socket, { session, cookie: request.headers.cookie })
        socket.once('close', () => this.#sockets.delete(socket))
        if (!inner.emit('upgrade', request, socket, head)) socket.destroy()
      })
    })
    return inner as unknown as Server
  }

  async app(admin: Express): Promise<(request: IncomingMessage, response: ServerResponse) => void> {
    const express = (await import('express')).default
    const app = express()
    app.disable('x-powered-by')
    app.use(async (request, response, next) => {
      response.setHeader('x-content-type-options', 'nosniff')
      response.setHeader('x-frame-options', 'SAMEORIGIN')
      response.setHeader('referrer-policy', 'same-origin')
      if (!['GET', 'HEAD'].includes(request.method) && this.#options.isSameOrigin?.(request.headers) === false) {
        return void response.status(403).json({ error: { code: 'origin.foreign', message: 'Origen no permitido' } })
      }
      // Sign-out of the editor's menu leads back to the platform; its own sign-in does not exist.
      if (request.path === '/editor/auth/revoke') return void response.json({ redirect: '/' })
      if (request.path.startsWith('/editor/auth/')) return void response.status(404).end()
      const session = await this.#sessionOf(request.headers.cookie)
      if (session) return next()
      if (request.method === 'GET' && (request.headers.accept ?? '').includes('text/html')) {
        return void response.redirect(302, `/login?next=${encodeURIComponent('/editor/')}`)
      }
      response.status(401).json({ error: { code: 'session.required', message: 'Hay que iniciar sesión' } })
    })
    app.get('/editor/vera/choices', async (_request, response) => {
      response.setHeader('cache-control', 'no-store')
      response.json(await this.#options.platform.choices())
    })
    app.get('/editor/vera/speech', async (request, response) => {
      const session = await this.#sessionOf(request.headers.cookie)
      const { text, recording } = request.query
      if (!session || (typeof text !== 'string' && typeof recording !== 'string'))
        return void response.status(400).end()
      const about = { agencyId: session.agencyId, language: 'es' as const }
      try {
        const prompt =
          typeof recording === 'string' ? { name: recording } : (text as string).replace(/^@+/, '').slice(0, 600)
        const file = await this.#options.platform.prompts.file(prompt, about)
        response
          .type('audio/wav')
          .setHeader('cache-control', 'no-store')
          .end(await readFile(file))
      } catch {
        response.status(404).end()
      }
    })
    app.use('/editor', admin)
    app.use((_request, response) => void response.status(404).end())
    return app as unknown as (request: IncomingMessage, response: ServerResponse) => void
  }

  /** The person behind the cookie if the role may be here. */
  async #sessionOf(cookie: string | undefined): Promise<Session | undefined> {
    const session = await this.#options.sessionOf(cookie).catch(() => undefined)
    return session && [...editors, ...readers].includes(session.role) ? session : undefined
  }

  async #admit(request: IncomingMessage): Promise<Session | undefined> {
    if (this.#options.isSameOrigin?.(request.headers) === false) return undefined
    return this.#sessionOf(request.headers.cookie)
  }

  async #recheck(): Promise<void> {
    for (const [socket, { cookie }] of this.#sockets) {
      if (!(await this.#sessionOf(cookie))) socket.destroy()
    }
  }
}
