import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import { runCommand } from './api.ts'
import type { Channel, Headers } from './channel.ts'
import type { Core, EventSink } from './core.ts'
import { encodeHeader, Subscription } from './subscription.ts'

const goodbye = 'Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n'
const headBytes = 10 * 1024 * 1024

type Command = { line: string; headers: Record<string, string>; body: string }

/** One ESL connection, in either direction. `session` is the leg of an outbound one. */
export class Connection implements EventSink {
  readonly #core: Core
  readonly #socket: Socket
  readonly #password: string | undefined
  readonly session: Channel | undefined
  readonly #onClose: () => void
  #buffer: Buffer = Buffer.alloc(0)
  #authorised: boolean
  readonly #subscription = new Subscription()
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
    this.reply(this.#subscription.command(verb, argument, this.session?.uuid))
    if (this.#subscription.none) this.#core.sinks.delete(this)
    else this.#core.sinks.add(this)
  }

  #connect() {
    if (!this.session) return this.reply('-ERR command not found')
    const headers = this.#core.describe('CHANNEL_DATA', this.session)
    const lines = Object.entries({
      ...headers,
      'Content-Type': 'command/reply',
      'Reply-Text': '+OK',
      'Socket-Mode': 'async',
      Control: 'full',
    }).map(([key, value]) => `${key}: ${key === 'Reply-Text' || key === 'Content-Type' ? value : encodeHeader(value)}`)
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
    return this.#subscription.wants(name, subclass)
  }
  take(headers: Headers, body: string | undefined) {
    const text = this.#subscription.text(headers, body)
    if (text !== undefined) this.#write(text)
  }
}
