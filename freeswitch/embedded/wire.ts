import { connect, createServer, type Server, type Socket } from 'node:net'
import type { Channel } from './channel.ts'
import { Connection } from './connection.ts'
import type { Core } from './core.ts'

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
      if (connection.controls) await channel.park(() => connection.closed && channel.waiting.messages.length === 0)
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
