import { randomUUID } from 'node:crypto'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { runCommand } from './api.ts'
import type { Channel, Headers } from './channel.ts'
import type { Core, EventSink } from './core.ts'

/** What `myevents` brings: no CUSTOM, RECORD or PLAYBACK [freeswitch.md]. */
const ofOneLeg = [
  'CHANNEL_CREATE',
  'CHANNEL_DESTROY',
  'CHANNEL_STATE',
  'CHANNEL_CALLSTATE',
  'CHANNEL_ANSWER',
  'CHANNEL_HANGUP',
  'CHANNEL_HANGUP_COMPLETE',
  'CHANNEL_EXECUTE',
  'CHANNEL_EXECUTE_COMPLETE',
  'CHANNEL_HOLD',
  'CHANNEL_UNHOLD',
  'CHANNEL_BRIDGE',
  'CHANNEL_UNBRIDGE',
  'CHANNEL_PROGRESS',
  'CHANNEL_PROGRESS_MEDIA',
  'CHANNEL_OUTGOING',
  'CHANNEL_PARK',
  'CHANNEL_UNPARK',
  'CHANNEL_APPLICATION',
  'CHANNEL_ORIGINATE',
  'CHANNEL_UUID',
  'CHANNEL_DATA',
  'DTMF',
]
const goodbye = 'Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n'
const headBytes = 10 * 1024 * 1024

type Command = { line: string; headers: Record<string, string>; body: string }

/** One ESL connection, in either direction. `session` is the leg of an outbound one. */
class Connection implements EventSink {
  readonly #core: Core
  readonly #socket: Socket
  readonly #password: string | undefined
  readonly session: Channel | undefined
  readonly #onClose: () => void
  #buffer: Buffer = Buffer.alloc(0)
  #authorised: boolean
  #format: 'json' | 'plain' = 'plain'
  #all = false
  readonly #names = new Set<string>()
  readonly #subclasses = new Set<string>()
  readonly #filters = new Map<string, string[]>()
  #queue: Promise<void> = Promise.resolve()
  /** Set by `connect`. */
  controls = false
  linger: number | undefined
  closed = false
  onControl: (() => void) | undefined

  constructor(core: Core, socket: Socket, options: { password?: string; session?: Channel; onClose(): void }) {
    this.#core = core
    this.#socket = socket
    this.#password = options.password
    this.session = options.session
    this.#onClose = options.onClose
    this.#authorised = options.session !== undefined
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('error', () => this.#gone())
    socket.on('close', () => this.#gone())
    if (!options.session) this.#write('Content-Type: auth/request\n\n')
  }

  #write(text: string): void {
    if (!this.closed && this.#socket.writable) this.#socket.write(text)
  }
  reply(text: string, more = ''): void {
    this.#write(`Content-Type: command/reply\nReply-Text: ${text}\n${more}\n`)
  }
  #gone(): void {
    if (this.closed) return
    this.closed = true
    this.#core.sinks.delete(this)
    this.#onClose()
  }
  /** Says goodbye and closes. */
  end(disposition = 'disconnect'): void {
    if (this.closed) return
    const about = this.session ? `Controlled-Session-UUID: ${this.session.uuid}\n` : ''
    this.#write(
      `Content-Type: text/disconnect-notice\n${about}${this.session ? `Content-Disposition: ${disposition}\n` : ''}Content-Length: ${goodbye.length}\n\n${goodbye}`,
    )
    this.#socket.end()
    this.#gone()
  }
  destroy(): void {
    this.#socket.destroy()
    this.#gone()
  }
  /** The leg is down: with `linger` its last events still come. */
  lingering() {
    if (this.closed || !this.session) return
    this.#write(
      `Content-Type: text/disconnect-notice\nControlled-Session-UUID: ${this.session.uuid}\nContent-Disposition: linger\nChannel-Name: ${this.session.name}\nLinger-Time: ${this.linger}\nContent-Length: 0\n\n`,
    )
  }

  #receive(chunk: Buffer): void {
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk])
    for (;;) {
      let start = 0
      while (this.#buffer[start] === 10 || this.#buffer[start] === 13) start++
      if (start > 0) this.#buffer = this.#buffer.subarray(start)
      const plain = this.#buffer.indexOf('\n\n')
      const carriage = this.#buffer.indexOf('\n\r\n')
      const end = plain < 0 ? carriage : carriage < 0 ? plain : Math.min(plain, carriage)
      if (end < 0) {
        if (this.#buffer.length > headBytes) this.destroy()
        return
      }
      const head = this.#buffer.toString('utf8', 0, end).replace(/\r/g, '')
      const [line = '', ...rest] = head.split('\n')
      const headers: Record<string, string> = {}
      for (const header of rest) {
        const at = header.indexOf(':')
        if (at > 0) headers[header.slice(0, at).toLowerCase()] = header.slice(at + 1).trim()
      }
      const length = Number(headers['content-length'] ?? 0) || 0
      const bodyAt = end + (end === carriage ? 3 : 2)
      if (this.#buffer.length < bodyAt + length) return
      const body = this.#buffer.toString('utf8', bodyAt, bodyAt + length)
      this.#buffer = this.#buffer.subarray(bodyAt + length)
      // One command at a time and in order: `api` blocks the listener on the real one too.
      this.#queue = this.#queue
        .then(() => this.#handle({ line: line.trim(), headers, body }))
        .catch((error: Error) => {
          this.#core.log(`ESL command ${JSON.stringify(line.slice(0, 80))} failed: ${error.stack}`)
          this.reply('-ERR internal error')
        })
    }
  }

  async #handle(command: Command): Promise<void> {
    if (this.closed) return
    const at = command.line.search(/\s/)
    const verb = (at < 0 ? command.line : command.line.slice(0, at)).toLowerCase()
    const argument = at < 0 ? '' : command.line.slice(at + 1).trim()
    if (!this.#authorised) return this.#login(verb, argument)
    switch (verb) {
      case 'api':
      case 'bgapi':
        return this.#api(verb, argument, command.headers)
      case 'event':
      case 'myevents':
      case 'nixevent':
      case 'noevents':
      case 'filter':
        return this.#subscribe(verb, argument)
      case 'sendmsg':
        return this.#sendmsg(argument, command)
      case 'connect':
        return this.#connect()
      case 'linger': {
        if (!this.session) return this.reply('-ERR not controlling a session')
        this.linger = argument ? Number(argument) : -1
        return this.reply(argument ? `+OK will linger ${argument} seconds` : '+OK will linger')
      }
      case 'nolinger':
        this.linger = undefined
        return this.reply('+OK will not linger')
      case 'resume':
        return this.reply('+OK')
      case 'getvar': {
        const value = this.session?.get(argument)
        return this.reply(value ?? (this.session ? '' : '-ERR command not found'))
      }
      case 'exit':
      case '...':
        this.reply('+OK bye')
        return this.end()
      case 'divert_events':
      case 'log':
      case 'nolog':
        return this.reply(
          verb === 'nolog'
            ? '+OK no longer logging'
            : verb === 'log'
              ? `+OK log level ${argument} [${argument}]`
              : '+OK events diverted',
        )
      default:
        return this.reply('-ERR command not found')
    }
  }

  #login(verb: string, argument: string) {
    if (verb === 'exit') return this.end()
    if (verb !== 'auth') return this.reply('-ERR command not found')
    if (argument === this.#password) {
      this.#authorised = true
      return this.reply('+OK accepted')
    }
    this.reply('-ERR invalid')
    this.end()
  }

  async #api(verb: string, line: string, headers: Record<string, string>): Promise<void> {
    if (!line) return this.reply('-ERR command not found')
    if (verb === 'bgapi') {
      const job = headers['job-uuid'] || randomUUID()
      this.reply(`+OK Job-UUID: ${job}`, `Job-UUID: ${job}\n`)
      const [command = '', ...rest] = line.split(' ')
      void runCommand(this.#core, line).then((body) => {
        const about: Headers = { 'Job-UUID': job, 'Job-Command': command }
        if (rest.length > 0) about['Job-Command-Arg'] = rest.join(' ')
        this.#core.emit('BACKGROUND_JOB', undefined, about, false, body)
      })
      return
    }
    const text = (await runCommand(this.#core, line)) || '-ERR no reply\n'
    this.#write(`Content-Type: api/response\nContent-Length: ${Buffer.byteLength(text)}\n\n${text}`)
  }

  #subscribe(verb: string, argument: string) {
    const words = argument.split(/\s+/).filter(Boolean)
    switch (verb) {
      case 'event': {
        if (['plain', 'json', 'xml'].includes(words[0]?.toLowerCase() ?? ''))
          this.#format = words.shift()!.toLowerCase() === 'json' ? 'json' : 'plain'
        if (words.length === 0) return this.reply('-ERR no keywords supplied')
        let custom = false
        for (const word of words) {
          if (custom) this.#subclasses.add(word)
          else if (word.toUpperCase() === 'ALL') this.#all = true
          else if (word.toUpperCase() === 'CUSTOM') custom = true
          else this.#names.add(word.toUpperCase())
        }
        this.#core.sinks.add(this)
        return this.reply(`+OK event listener enabled ${this.#format}`)
      }
      case 'myevents': {
        const uuid = words.find((word) => !['plain', 'json', 'xml'].includes(word)) ?? this.session?.uuid
        if (words.includes('json')) this.#format = 'json'
        if (!uuid) return this.reply('-ERR invalid uuid')
        for (const name of ofOneLeg) this.#names.add(name)
        this.#filters.set('Unique-ID', [uuid])
        this.#core.sinks.add(this)
        return this.reply('+OK Events Enabled')
      }
      case 'nixevent': {
        if (words.length === 0) return this.reply('-ERR no keywords supplied')
        if (this.#all) {
          // Without a list of all names, ALL minus some is ALL with these refused.
          for (const word of words) this.#refused.add(word.toUpperCase())
        }
        for (const word of words) this.#names.delete(word.toUpperCase())
        return this.reply('+OK events nixed')
      }
      case 'noevents':
        this.#all = false
        this.#names.clear()
        this.#subclasses.clear()
        this.#core.sinks.delete(this)
        return this.reply('+OK no longer listening for events')
      default: {
        const [first = '', ...rest] = words
        if (first === 'delete') {
          const [header = '', value] = rest
          if (header === 'all') this.#filters.clear()
          else if (value === undefined) this.#filters.delete(header)
          else {
            const left = (this.#filters.get(header) ?? []).filter((one) => one !== value)
            if (left.length > 0) this.#filters.set(header, left)
            else this.#filters.delete(header)
          }
          return this.reply(`+OK filter deleted. [${header}][${value ?? ''}]`)
        }
        const value = rest.join(' ')
        if (!first || !value) return this.reply('-ERR invalid syntax')
        this.#filters.set(first, [...(this.#filters.get(first) ?? []), value])
        return this.reply(`+OK filter added. [${first}]=[${value}]`)
      }
    }
  }
  readonly #refused = new Set<string>()

  #connect() {
    if (!this.session) return this.reply('-ERR command not found')
    const headers = this.#core.describe('CHANNEL_DATA', this.session)
    const lines = Object.entries({
      ...headers,
      'Content-Type': 'command/reply',
      'Reply-Text': '+OK',
      'Socket-Mode': 'async',
      Control: 'full',
    }).map(([key, value]) => `${key}: ${key === 'Reply-Text' || key === 'Content-Type' ? value : encode(value)}`)
    this.#write(`${lines.join('\n')}\n\n`)
    this.controls = true
    this.onControl?.()
  }

  #sendmsg(uuid: string, { headers, body }: Command) {
    const channel = uuid ? this.#core.channels.get(uuid) : this.session
    if (!channel?.alive) return this.reply(`-ERR invalid session id [${uuid}]`)
    const call = headers['call-command']
    if (call === 'execute') {
      channel.post({
        application: headers['execute-app-name'] ?? '',
        argument: headers['execute-app-arg'] ?? body,
        ...(headers['event-uuid'] ? { id: headers['event-uuid'] } : {}),
        lock: headers['event-lock'] === 'true',
        loops: Number(headers.loops ?? 1) || 1,
      })
    } else if (call === 'hangup') channel.hangup(headers['hangup-cause'] ?? 'NORMAL_CLEARING')
    else return this.reply('-ERR invalid command')
    return this.reply('+OK')
  }

  wants(name: string, subclass: string | undefined): boolean {
    if (this.#refused.has(name)) return false
    if (name === 'CUSTOM') return this.#all || this.#subclasses.has(subclass ?? '')
    return this.#all || this.#names.has(name)
  }
  take(headers: Headers, body: string | undefined) {
    if (this.#filters.size > 0 && ![...this.#filters].some(([name, values]) => values.includes(headers[name] ?? '\0')))
      return
    if (this.#format === 'json') {
      const text = JSON.stringify(
        body === undefined ? headers : { ...headers, 'Content-Length': String(Buffer.byteLength(body)), _body: body },
      )
      return this.#write(`Content-Length: ${Buffer.byteLength(text)}\nContent-Type: text/event-json\n\n${text}`)
    }
    const lines = Object.entries(headers).map(([key, value]) => `${key}: ${encode(value)}\n`)
    const text = `${lines.join('')}${body === undefined ? '\n' : `Content-Length: ${Buffer.byteLength(body)}\n\n${body}`}`
    this.#write(`Content-Length: ${Buffer.byteLength(text)}\nContent-Type: text/event-plain\n\n${text}`)
  }
}

/** FreeSWITCH's URL encoding: everything but a few signs; unlike ours it leaves commas and slashes alone. */
function encode(value: string): string {
  return encodeURIComponent(value.toWellFormed()).replace(/%(2C|2F|40|24|26|2B|3D)/gi, (text) =>
    text === '%2C' || text === '%2F' ? decodeURIComponent(text) : text,
  )
}

/** The switch's side of ESL: the event socket and the `socket` application. */
export class Wire {
  readonly #core: Core
  readonly #connections = new Set<Connection>()
  readonly #server: Server
  readonly #dialling = new Set<Socket>()

  constructor(core: Core, password: string) {
    this.#core = core
    this.#server = createServer((socket) => {
      const connection = new Connection(core, socket, { password, onClose: () => this.#connections.delete(connection) })
      this.#connections.add(connection)
    })
    core.callOut = (channel, address) => this.#callOut(channel, address)
  }

  /** Opens the event socket on loopback; resolves with the port. */
  listen(port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, '127.0.0.1', () => {
        this.#server.off('error', reject)
        resolve((this.#server.address() as { port: number }).port)
      })
    })
  }

  /**
   * The application `socket`: hands the leg to the first of `host:port|host:port` that answers, and parks it until the
   * connection ends or the leg goes elsewhere. The connection stays, with the leg's events, until the leg is down.
   */
  async #callOut(channel: Channel, addresses: string): Promise<boolean> {
    for (const address of addresses.split('|')) {
      const at = address.lastIndexOf(':')
      const host = at < 0 ? address : address.slice(0, at)
      channel.set('socket_host', host)
      const socket = await this.#dial(host, Number(at < 0 ? 8084 : address.slice(at + 1)) || 8084)
      if (!socket) continue
      const connection = new Connection(this.#core, socket, {
        session: channel,
        onClose: () => {
          this.#connections.delete(connection)
          channel.letGo(connection)
          channel.poke()
        },
      })
      this.#connections.add(connection)
      channel.onGone.push(() => {
        if (connection.closed) return
        if (connection.linger === undefined) return connection.end()
        channel.keptBy.add(connection)
        connection.lingering()
        if (connection.linger < 0) return connection.end()
        this.#core.clock.after(connection.linger * 1000, () => connection.end())
      })
      connection.onControl = () => channel.poke()
      const woken = await channel.pass(25_000, false, () => connection.controls || connection.closed)
      if (woken === 'time') connection.destroy()
      if (connection.controls) await channel.park(() => connection.closed && channel.messages.length === 0)
      return true
    }
    return false
  }
  #dial(host: string, port: number): Promise<Socket | undefined> {
    return new Promise((resolve) => {
      const socket = connect(port, host)
      this.#dialling.add(socket)
      const done = (result: Socket | undefined) => {
        this.#dialling.delete(socket)
        socket.removeAllListeners()
        if (!result) socket.destroy()
        resolve(result)
      }
      socket.setTimeout(5000, () => done(undefined))
      socket.once('connect', () => {
        socket.setTimeout(0)
        done(socket)
      })
      socket.once('error', () => done(undefined))
    })
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const socket of this.#dialling) socket.destroy()
    for (const connection of [...this.#connections]) connection.destroy()
    await closed
  }
  /** Drops all connections without a word, as a crash does. */
  cut(): void {
    for (const connection of [...this.#connections]) connection.destroy()
  }
}
