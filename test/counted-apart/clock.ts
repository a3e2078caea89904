// A day in minutes: time stands still while anything is under way, and jumps to the next thing that somebody waits for.
import { Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import type { Knex } from 'knex'

/** Turns of the event loop without a byte, a query or a file under way after which nobody can still be working. */
const QUIET_TURNS = 6
const working = /^(FSReq|TCPConnect|WriteWrap|ShutdownWrap|GetAddrInfo)/

type Pool = { numUsed(): number; numPendingAcquires(): number }
type Timer = { at: number; order: number; run: (() => void) | undefined }

export type JumpingClock = {
  now(): number
  after(ms: number, run: () => void): () => void
  /** Lives on until this instant (UTC ms), or until there is nothing to wait for. */
  runUntil(until: number): Promise<void>
  /** Whoever has a connection of this database, or waits for one, is at work. */
  watch(knex: Knex): void
  stop(): void
}

/**
 * Whole milliseconds from `startAt` on. What calls cost here takes no time in it, so that the platform's instants and the
 * switch's are the same and can be compared to the millisecond.
 */
export function jumpingClock(startAt: number): JumpingClock {
  let now = startAt
  let order = 0
  const heap: Timer[] = []
  /** Both ends of every connection to the switch are in this process: whatever goes on begins with a write. */
  let moves = 0
  const { write } = Socket.prototype
  Socket.prototype.write = function (this: Socket, ...text: Parameters<typeof write>) {
    moves++
    return write.apply(this, text)
  } as typeof write
  const pools: Pool[] = []

  const before = (a: Timer, b: Timer) => a.at < b.at || (a.at === b.at && a.order < b.order)
  function push(timer: Timer): void {
    let place = heap.push(timer) - 1
    while (place > 0) {
      const above = (place - 1) >> 1
      if (!before(timer, heap[above]!)) break
      heap[place] = heap[above]!
      place = above
    }
    heap[place] = timer
  }
  function pop(): Timer {
    const first = heap[0]!
    const last = heap.pop()!
    if (heap.length === 0) return first
    let place = 0
    for (;;) {
      let child = 2 * place + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++
      if (!before(heap[child]!, last)) break
      heap[place] = heap[child]!
      place = child
    }
    heap[place] = last
    return first
  }

  const busy = () =>
    pools.some((pool) => pool.numUsed() + pool.numPendingAcquires() > 0) ||
    process.getActiveResourcesInfo().some((name) => working.test(name))
  async function settled(): Promise<void> {
    let seen = moves
    for (let quiet = 0; quiet < QUIET_TURNS; ) {
      await turn()
      quiet = moves === seen && !busy() ? quiet + 1 : 0
      seen = moves
    }
  }

  return {
    now: () => now,
    after(ms, run) {
      const timer: Timer = { at: now + Math.max(0, Math.ceil(ms)), order: order++, run }
      push(timer)
      return () => {
        timer.run = undefined
      }
    },
    async runUntil(until) {
      for (;;) {
        // Before looking: what settles may set something nearer, or take the nearest back.
        await settled()
        while (heap[0] && !heap[0].run) pop()
        if (!heap[0] || heap[0].at > until) break
        const next = pop()
        now = next.at
        next.run?.()
      }
      now = Math.max(now, until)
    },
    watch: (knex) => void pools.push(knex.client.pool),
    stop() {
      Socket.prototype.write = write
    },
  }
}
