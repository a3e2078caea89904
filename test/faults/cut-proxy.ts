import { connect, createServer, type Socket } from 'node:net'

/** A wire between two processes that can be made to fail in the ways a network does. */
export type CutProxy = {
  readonly port: number
  /** Connections open now. */
  readonly open: number
  /** Resets every connection; new ones are taken. */
  reset(): void
  /** Half-open: nothing passes any more on the connections there are, and nobody is told; new ones pass. */
  stall(): void
  /** Ends the stalled connections, as the keep-alive of a network does at last. */
  release(): void
  /**
   * Nobody listens any more (or again): a connection is refused. One that is taken and closed at once leaves a leg in
   * FreeSWITCH's `socket` for ever, so a platform that is down must look down.
   */
  refuse(refuses: boolean): Promise<void>
  /** Everything passes so much later, ms. */
  delay(ms: number): void
  close(): Promise<void>
}

/** Listens on a free port of loopback and passes everything to `target`. */
export async function cutProxy(target: number): Promise<CutProxy> {
  const pairs = new Set<{ near: Socket; far: Socket; stalled: boolean }>()
  let lateMs = 0
  const server = createServer({ allowHalfOpen: false }, (near) => {
    const far = connect(target, '127.0.0.1')
    const pair = { near, far, stalled: false }
    pairs.add(pair)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.setNoDelay(true)
      one.on('data', (chunk) => {
        if (pair.stalled) return
        if (lateMs > 0) setTimeout(() => !pair.stalled && other.writable && other.write(chunk), lateMs)
        else other.write(chunk)
      })
      one.on('error', () => {})
      one.on('close', () => {
        if (pair.stalled) return
        pairs.delete(pair)
        // What is still on its way, as after a FIN.
        setTimeout(() => other.destroy(), lateMs)
      })
    }
  })
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  await listen(0)
  const { port } = server.address() as { port: number }
  const end = (chosen: (pair: { stalled: boolean }) => boolean) => {
    for (const pair of [...pairs]) {
      if (!chosen(pair)) continue
      pairs.delete(pair)
      pair.stalled = false
      pair.near.resetAndDestroy()
      pair.far.resetAndDestroy()
    }
  }
  return {
    port,
    get open() {
      return pairs.size
    },
    reset: () => end((pair) => !pair.stalled),
    stall() {
      for (const pair of pairs) pair.stalled = true
    },
    release: () => end((pair) => pair.stalled),
    delay(ms) {
      lateMs = ms
    },
    async refuse(refuses) {
      if (!refuses && !server.listening) await listen(port)
      if (refuses && server.listening) server.close()
    },
    close() {
      end(() => true)
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
