import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

/** One connection to a ScriptedSwitch, as its script sees it. */
export type Line = {
  readonly socket: Socket
  /** Next message of the client: its lines, without the blank one. */
  read(): Promise<string[]>
  reply(text: string, more?: string): void
  api(body: string): void
  event(headers: Record<string, string>): void
  /** auth/request, the password, the answer; gives the password. */
  login(answer?: string): Promise<string>
}

/**
 * For tests: a server that says exactly what the test tells it to. `lines` yields the connections in the order in which
 * they came. Only as much ESL as that.
 */
export class ScriptedSwitch {
  readonly #server = createServer((socket) => this.#accept(socket))
  readonly #lines: Line[] = []
  readonly #wanted: ((line: Line) => void)[] = []
  readonly #sockets = new Set<Socket>()
  port = 0

  async listen(): Promise<this> {
    this.#server.listen(this.port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.port = (this.#server.address() as { port: number }).port
    return this
  }

  next(): Promise<Line> {
    const line = this.#lines.shift()
    if (line) return Promise.resolve(line)
    return new Promise((resolve) => this.#wanted.push(resolve))
  }

  /** Both connections of a client, logged in, subscribed: commands, events, and what was subscribed to. */
  async welcome(coreUuid: string): Promise<{ commands: Line; events: Line; subscribed: string }> {
    const commands = await this.next()
    await commands.login()
    await commands.read()
    commands.api(coreUuid)
    const events = await this.next()
    await events.login()
    const [subscribed = ''] = await events.read()
    events.reply('+OK event listener enabled json')
    return { commands, events, subscribed }
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    if (!this.#server.listening) return
    this.#server.close()
    await once(this.#server, 'close')
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket)
    const line = lineOf(socket)
    const wanted = this.#wanted.shift()
    if (wanted) wanted(line)
    else this.#lines.push(line)
  }
}

/** A socket that the test itself opened (or got) as a Line. */
export function lineOf(socket: Socket): Line {
  let text = ''
  const messages: string[][] = []
  const wanted: ((message: string[]) => void)[] = []
  // As the switch does; without it each answer waits for an acknowledgement.
  socket.setNoDelay(true)
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    text += chunk
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const message = text.slice(0, end).split('\n')
      text = text.slice(end + 2)
      const next = wanted.shift()
      if (next) next(message)
      else messages.push(message)
    }
  })
  const line: Line = {
    socket,
    read() {
      const message = messages.shift()
      return message ? Promise.resolve(message) : new Promise((resolve) => wanted.push(resolve))
    },
    reply: (words, more = '') => void socket.write(`Content-Type: command/reply\nReply-Text: ${words}\n${more}\n`),
    api: (body) =>
      void socket.write(`Content-Type: api/response\nContent-Length: ${Buffer.byteLength(body)}\n\n${body}`),
    event(headers) {
      const body = JSON.stringify(headers)
      socket.write(`Content-Length: ${Buffer.byteLength(body)}\nContent-Type: text/event-json\n\n${body}`)
    },
    async login(answer = '+OK accepted') {
      socket.write('Content-Type: auth/request\n\n')
      const [password = ''] = await line.read()
      line.reply(answer)
      return password
    },
  }
  return line
}
