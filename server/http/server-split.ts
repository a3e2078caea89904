import { EventEmitter } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyServerFactory } from 'fastify'

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void

/**
 * Node-RED's comms and @fastify/websocket each answer every upgrade of the server they are given. So there is one server,
 * and each gets an emitter of its own that sees only the upgrades and requests of its paths.
 */
export type SplitServer = {
  factory: FastifyServerFactory
  /** For @fastify/websocket. */
  platform: EventEmitter
  editor: Editor
}

export type Editor = {
  /** Hand this to `RED.init` as its server. */
  server: Server
  /** Where requests below `/editor` go (an express app); until then they are answered 503. */
  attach(handler: RequestHandler): void
  readonly attached: boolean
}

/** True for `/editor`, `/editor/...` and `/editor?...` only. */
export const isEditorPath = (url: string | undefined) => /^\/editor(?:[/?#]|$)/.test(url ?? '')

export function splitServer(): SplitServer {
  const platform = new EventEmitter()
  const editorEvents = new EventEmitter()
  let editorHandler: RequestHandler | undefined

  const answerEditor: RequestHandler = (request, response) => {
    if (editorHandler) return editorHandler(request, response)
    response.writeHead(503, { 'content-type': 'text/plain; charset=utf-8', 'retry-after': '2' })
    response.end('El editor de flujos todavía no está listo. Probá de nuevo en unos segundos.\n')
  }
  const refuse = (socket: Duplex) => socket.end('HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\n\r\n')

  return {
    platform,
    factory(handler, options) {
      const server = createServer({ maxHeaderSize: 16_384 }, (request, response) => {
        if (isEditorPath(request.url)) answerEditor(request, response)
        else handler(request, response)
      })
      // Fastify sets these only on servers it makes itself.
      const { keepAliveTimeout, requestTimeout } = options as { keepAliveTimeout?: number; requestTimeout?: number }
      if (keepAliveTimeout) server.keepAliveTimeout = keepAliveTimeout
      if (requestTimeout) server.requestTimeout = requestTimeout
      server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
        const events = isEditorPath(request.url) ? editorEvents : platform
        if (!events.emit('upgrade', request, socket, head)) refuse(socket)
      })
      return server
    },
    editor: {
      server: editorEvents as unknown as Server,
      attach(handler) {
        editorHandler = handler
      },
      get attached() {
        return editorHandler !== undefined
      },
    },
  }
}
