import { connect, createServer, type Socket } from 'node:net'

/** A wire to a switch for the specs: it can be cut (nobody answers any more) and led to another switch. */
export type CuttableWire = {
  readonly port: number
  /** As when the machine is gone: no goodbye, and no new connection. */
  cut(): void
  /** Works again, now to this port. */
  lead(port: number): void
  close(): Promise<void>
}

export async function cuttableWire(target: number): Promise<CuttableWire> {
  let to: number | undefined = target
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    if (to === undefined) return near.destroy()
    const far = connect(to, '127.0.0.1')
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one)
      one.on('error', () => {})
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
    return undefined
  })
  await new Promise<void>((open) => server.listen(0, '127.0.0.1', open))
  const cut = () => {
    to = undefined
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: (server.address() as { port: number }).port,
    cut,
    lead(port) {
      to = port
    },
    close() {
      cut()
      return new Promise((closed) => void server.close(() => closed()))
    },
  }
}
