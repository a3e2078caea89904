import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { onEachDatabase } from '../testing/database.ts'
import { createLease, type Lease, type LeaseRow, type LeaseStore } from './lease.ts'
import { leaseStore } from './lease-store.ts'

type Timer = { at: number; order: number; run: () => void }

/** Servers whose clocks, networks and lives are as bad as the plan says, around one row; time is virtual. */
class World {
  time = 0
  #timers: Timer[] = []
  #order = 0
  row: LeaseRow | undefined

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.time + ms, order: this.#order++, run }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer)
    }
  }
  async run(until: number, each: () => void): Promise<void> {
    for (;;) {
      for (let n = 0; n < 12; n++) await Promise.resolve()
      each()
      const next = this.#timers.reduce<Timer | undefined>(
        (a, b) => (!a || b.at < a.at || (b.at === a.at && b.order < a.order) ? b : a),
        undefined,
      )
      if (!next || next.at > until) return
      this.#timers = this.#timers.filter((one) => one !== next)
      // Just before it as well: a lease may end between two happenings.
      this.time = Math.max(this.time, next.at - 1e-6)
      each()
      this.time = Math.max(this.time, next.at)
      next.run()
    }
  }
}

type Plan = {
  /** How fast the steady clock runs (1 = right), and how wrong the date is. */
  rate: number
  dateOff: number
  /** Network to the database, ms each way, taken in turns; over 10,000: lost. */
  delays: number[]
  /** From, for how long: the whole process stands still. */
  pauses: [number, number][]
  diesAt: number | undefined
}

class Server {
  readonly lease: Lease
  readonly world: World
  readonly plan: Plan
  acting = false
  gained: number[] = []
  #turn = 0
  constructor(world: World, plan: Plan, name: string) {
    this.world = world
    this.plan = plan
    const asked = <T>(work: () => T) => this.#ask(work)
    const store: LeaseStore = {
      read: () => asked(() => (world.row ? { ...world.row } : undefined)),
      take: (_, owner, seen) =>
        asked(() => {
          const { row } = world
          if (JSON.stringify(row) !== JSON.stringify(seen)) return false
          world.row = { owner, epoch: (row?.epoch ?? 0) + 1, beat: 0 }
          return true
        }),
      renew: (_, owner, epoch) =>
        asked(() => {
          if (world.row?.owner !== owner || world.row.epoch !== epoch) return false
          world.row = { ...world.row, beat: world.row.beat + 1 }
          return true
        }),
      release: (_, owner, epoch) =>
        asked(() => {
          if (world.row?.owner === owner && world.row.epoch === epoch) world.row = { ...world.row, owner: '' }
        }),
    }
    this.lease = createLease({
      name: 'x',
      owner: name,
      store,
      clock: {
        steady: () => world.time * plan.rate,
        date: () => world.time * plan.rate + plan.dateOff,
        after: (ms, run) => world.after(ms / plan.rate, () => this.#awake(run)),
      },
      onGained: (epoch) => {
        this.acting = true
        this.gained.push(epoch)
      },
      onLost: () => {
        this.acting = false
      },
    })
  }
  get dead(): boolean {
    return this.plan.diesAt !== undefined && this.world.time >= this.plan.diesAt
  }
  #pausedUntil(): number {
    const { time } = this.world
    for (const [from, ms] of this.plan.pauses) if (time >= from && time < from + ms) return from + ms
    return time
  }
  /** Runs it when the process runs. */
  #awake(run: () => void): void {
    if (this.dead) return
    const until = this.#pausedUntil()
    if (until > this.world.time) this.world.after(until - this.world.time, () => this.#awake(run))
    else run()
  }
  #delay(): number {
    return this.plan.delays[this.#turn++ % this.plan.delays.length] ?? 0
  }
  #ask<T>(work: () => T): Promise<T> {
    const [there, back] = [this.#delay(), this.#delay()]
    return new Promise((resolve, reject) => {
      const fail = () => this.world.after(3_000, () => this.#awake(() => reject(new Error('the database is away'))))
      if (there > 10_000) return void fail()
      this.world.after(there, () => {
        const answer = work()
        if (back > 10_000) return void fail()
        this.world.after(back, () => this.#awake(() => resolve(answer)))
      })
    })
  }
}

const plan = fc.record<Plan>({
  rate: fc.double({ min: 0.97, max: 1.03, noNaN: true }),
  dateOff: fc.integer({ min: -10_000_000, max: 10_000_000 }),
  delays: fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: 0, max: 200 }) },
      { weight: 1, arbitrary: fc.integer({ min: 200, max: 9_000 }) },
      { weight: 1, arbitrary: fc.constant(20_000) },
    ),
    { minLength: 1, maxLength: 9 },
  ),
  pauses: fc.array(fc.tuple(fc.integer({ min: 0, max: 60_000 }), fc.integer({ min: 10, max: 20_000 })), {
    maxLength: 3,
  }),
  diesAt: fc.option(fc.integer({ min: 1_000, max: 60_000 }), { nil: undefined }),
})

describe('a lease', () => {
  it('never has two owners, whatever clocks, pauses, networks and deaths do', async () => {
    let handovers = 0
    await fc.assert(
      fc.asyncProperty(fc.array(plan, { minLength: 2, maxLength: 4 }), async (plans) => {
        const world = new World()
        const servers = plans.map((one, n) => new Server(world, one, `s${n}`))
        for (const { lease } of servers) lease.start()
        await world.run(90_000, () => {
          const owners = servers.filter((server) => !server.dead && server.lease.holds())
          assert.ok(owners.length <= 1, `two owners at ${world.time}`)
        })
        const epochs = servers.flatMap(({ gained }) => gained)
        assert.equal(new Set(epochs).size, epochs.length, 'no epoch is given twice')
        handovers += Math.max(0, epochs.length - 1)
      }),
      { numRuns: 300 },
    )
    assert.ok(handovers > 100, `the plans made it change hands: ${handovers}`)
  })

  const good = { rate: 1, dateOff: 0, delays: [5], pauses: [], diesAt: undefined }

  it('moves within 10 s of the owner’s death, and at once when it is given back', async () => {
    for (let diesAt = 7_000; diesAt < 9_000; diesAt += 137) {
      const world = new World()
      const [one, two] = [new Server(world, { ...good, diesAt }, 'one'), new Server(world, good, 'two')]
      one.lease.start()
      await world.run(1_000, () => {})
      two.lease.start()
      let at: number | undefined
      await world.run(30_000, () => {
        if (two.lease.holds()) at ??= world.time
      })
      assert.ok(at! - diesAt < 8_000, `after ${at! - diesAt} ms`)
    }
    const world = new World()
    const [one, two] = [new Server(world, good, 'one'), new Server(world, good, 'two')]
    one.lease.start()
    await world.run(3_000, () => {})
    two.lease.start()
    world.after(2_000, () => void one.lease.stop())
    let at: number | undefined
    await world.run(30_000, () => {
      if (two.lease.holds()) at ??= world.time
    })
    assert.ok(at! < 5_000 + 600, `given back at 5000, taken at ${at}`)
  })

  it('stops before its term ends when the database cannot be reached', async () => {
    const world = new World()
    const delays = Array.from({ length: 400 }, (_, n) => (n < 8 ? 5 : 20_000))
    const one = new Server(world, { ...good, delays }, 'one')
    one.lease.start()
    const acted: number[] = []
    await world.run(30_000, () => {
      if (one.acting) {
        acted.push(world.time)
        assert.equal(one.lease.holds(), true, 'acts only while it holds')
      }
    })
    assert.ok(acted.at(-1)! < 15_000)
  })
})

onEachDatabase('leases', (db) => {
  it('are taken, renewed and given back by guarded statements', async () => {
    const store = leaseStore(db())
    const taken = await Promise.all(['a', 'b', 'c'].map((owner) => store.take('r', owner, undefined)))
    assert.equal(taken.filter(Boolean).length, 1)
    const row = (await store.read('r'))!
    assert.deepEqual([row.epoch, row.beat], [1, 0])
    assert.equal(await store.renew('r', row.owner, 1), true)
    assert.equal(await store.renew('r', 'z', 1), false)
    assert.equal(await store.take('r', 'z', row), false, 'renewed since it was seen')
    const seen = (await store.read('r'))!
    const raced = await Promise.all(['x', 'y'].map((owner) => store.take('r', owner, seen)))
    assert.equal(raced.filter(Boolean).length, 1)
    assert.equal(await store.renew('r', row.owner, 1), false, 'the old owner is out')
    const now = (await store.read('r'))!
    assert.deepEqual([now.epoch, now.beat], [2, 0])
    await store.release('r', now.owner, 2)
    assert.equal((await store.read('r'))!.owner, '')
  })
})
