// One owner at a time, agreed on through one row, whatever the clocks of the servers say.

/** The row of a lease as it stands. `beat` grows with each renewal, `epoch` with each owner. */
export type LeaseRow = { owner: string; epoch: number; beat: number }

/** Each is one guarded statement; all reject when the database cannot be asked. */
export type LeaseStore = {
  read(name: string): Promise<LeaseRow | undefined>
  /** False when the row is not as it was seen: somebody renewed or took it. */
  take(name: string, owner: string, seen: LeaseRow | undefined): Promise<boolean>
  /** False when it is not ours any more. */
  renew(name: string, owner: string, epoch: number): Promise<boolean>
  release(name: string, owner: string, epoch: number): Promise<void>
}

export type LeaseClock = {
  /** Time since anything, ms; only differences count, and it may stand still while the machine sleeps. */
  steady(): number
  /** The machine's date, ms: it may jump, and so it can only end a lease, never lengthen it. */
  date(): number
  /** Runs once after `ms`; the answer takes it back. */
  after(ms: number, run: () => void): () => void
}

export type LeaseOptions = {
  name: string
  /** This very process: another start is another owner. */
  owner: string
  store: LeaseStore
  /** How long a renewal counts, from the moment it was sent (5,000). */
  termMs?: number
  renewMs?: number
  /** How long a row must stand still before it is taken: the term and what clocks may differ in it (6,000). */
  patienceMs?: number
  pollMs?: number
  clock?: LeaseClock
  onGained(epoch: number): void
  /** Before the term ends, always: nobody else may own it yet. */
  onLost(): void
  log?(line: string): void
}

export type Lease = {
  start(): void
  /** Gives it back, so that the next owner need not wait. */
  stop(): Promise<void>
  /** Whether we may act, this instant. */
  holds(): boolean
  /** The owner as the row said last; undefined: nobody, or not read yet. */
  readonly owner: string | undefined
  readonly epoch: number
}

const realClock: LeaseClock = {
  steady: () => performance.now(),
  date: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}

/**
 * The owner renews every `renewMs`, and counts itself owner for `termMs` from the sending of the last renewal that came through.
 * Who waits takes the row only if it saw it unchanged for `patienceMs` by its own clock, in one statement that fails when
 * the row changed after all. As it saw the last beat after it was sent, the term is over by then.
 */
export function createLease(options: LeaseOptions): Lease {
  const { name, owner, store, termMs = 5_000, renewMs = 1_500, patienceMs = 6_000, pollMs = 500 } = options
  const clock = options.clock ?? realClock
  let running = false
  let asking = false
  let stopTimer = () => {}
  let stopTerm = () => {}
  let row: LeaseRow | undefined
  /** Since when the row stands as it is. */
  let seenAt: number | undefined
  let mine: { epoch: number; steady: number; date: number } | undefined

  /** What is left of a term that began then. The later of the two clocks counts. */
  function left(since: { steady: number; date: number }): number {
    return termMs - Math.max(clock.steady() - since.steady, clock.date() - since.date)
  }
  const holds = () => mine !== undefined && left(mine) > 0

  function lose(why: string): void {
    if (!mine) return
    mine = undefined
    stopTerm()
    options.log?.(`lease ${name} is lost: ${why}`)
    options.onLost()
  }

  function arm(): void {
    stopTerm()
    if (!mine) return
    // A little before the end: whoever acts must stop while nobody else can have begun.
    stopTerm = clock.after(Math.max(0, left(mine) - termMs / 20), () => {
      if (mine && left(mine) <= termMs / 10) lose('it could not be renewed in time')
      else arm()
    })
  }

  async function step(): Promise<void> {
    const sent = { steady: clock.steady(), date: clock.date() }
    if (mine) {
      const { epoch } = mine
      const renewed = await store.renew(name, owner, epoch)
      // Given up while we waited for the answer: it stays given up, and is taken anew like anybody's.
      if (mine?.epoch !== epoch) return
      if (!renewed) lose('another server has it')
      else if (left(sent) > 0) {
        mine = { epoch, ...sent }
        arm()
      }
      return
    }
    const found = await store.read(name)
    if (!running) return
    // The instant of the asking would be too early: the row may have changed between it and the reading.
    const now = clock.steady()
    if (
      seenAt === undefined ||
      found?.epoch !== row?.epoch ||
      found?.beat !== row?.beat ||
      found?.owner !== row?.owner
    ) {
      row = found
      seenAt = now
    }
    const free = !found || found.owner === ''
    if (!free && now - seenAt < patienceMs) return
    const taking = { steady: clock.steady(), date: clock.date() }
    if (!(await store.take(name, owner, found))) return
    const epoch = (found?.epoch ?? 0) + 1
    row = { owner, epoch, beat: 0 }
    seenAt = undefined
    if (!running || left(taking) <= termMs / 2) {
      // So late that it is hardly worth anything: given back.
      await store.release(name, owner, epoch).catch(() => {})
      return
    }
    mine = { epoch, ...taking }
    arm()
    options.log?.(`lease ${name} is ours, epoch ${epoch}`)
    options.onGained(epoch)
  }

  function tick(): void {
    if (!running) return
    stopTimer = clock.after(mine ? renewMs : pollMs, tick)
    if (asking) return
    asking = true
    step()
      .catch((error: Error) => options.log?.(`lease ${name}: ${error.message}`))
      .finally(() => {
        asking = false
      })
  }

  return {
    start() {
      if (running) return
      running = true
      tick()
    },
    async stop() {
      running = false
      stopTimer()
      const { epoch } = mine ?? {}
      lose('this server stops')
      if (epoch !== undefined) await store.release(name, owner, epoch).catch(() => {})
    },
    holds,
    get owner() {
      return mine ? owner : row?.owner || undefined
    },
    get epoch() {
      return mine?.epoch ?? row?.epoch ?? 0
    },
  }
}
