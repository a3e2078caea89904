import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { LiveCall } from '../../freeswitch/call/types.ts'
import { Session } from './session.ts'
import type { CallData } from './types.ts'

/** A clock that runs what is due when it is told to. */
function handClock() {
  let now = 0
  const due = new Map<() => void, number>()
  return {
    now: () => now,
    after(ms: number, run: () => void) {
      due.set(run, now + ms)
      return () => void due.delete(run)
    },
    pass(ms: number) {
      now += ms
      for (const [run, at] of [...due]) if (at <= now && due.delete(run)) run()
    },
  }
}

it('a node that asks for longer than the limit is not stuck while it works on the leg, and is when it does nothing', async () => {
  const clock = handClock()
  const alarms: string[] = []
  const session = new Session({ id: 'i', to: '1', agencyId: 1 } as CallData, {} as LiveCall, {
    facts: { record: (fact) => ({ ...fact, id: 'f', at: 0 }) as never },
    alarms: { raise: (_agency, alarm) => void alarms.push(alarm.code) },
    clock,
    log() {},
    fallback: async () => {},
    goodbye: async () => {},
    forget() {},
    endedMs: 500,
    stuckMs: 15_000,
  })
  session.received()
  const gather = Promise.withResolvers<void>()
  const work = session.exclusively(() => gather.promise)
  clock.pass(40_000)
  assert.deepEqual(alarms, [])
  gather.resolve()
  await work
  await new Promise(setImmediate)
  clock.pass(15_000)
  assert.deepEqual(alarms, ['flow.stuck'])
})

it('a step told at length is cut between signs, and says which was first', () => {
  const told: { detail?: string; choice?: string; place?: number }[] = []
  const session = new Session(
    { id: 'i', to: '1', agencyId: 1 } as CallData,
    {} as LiveCall,
    {
      facts: { record: (fact: object) => void told.push(fact) },
      clock: handClock(),
      log() {},
    } as never,
  )
  const choice = `${'b'.repeat(99)}😀`
  session.step('menu', 'Menú', `${'a'.repeat(299)}😀`, choice)
  assert.equal(told[0]?.detail?.length, 300)
  assert.ok(told[0].detail.isWellFormed())
  assert.equal(told[0].choice?.length, 100)
  assert.ok(told[0].choice.isWellFormed())
  session.step('menu', 'Menú')
  assert.ok(told[1]!.place! > told[0].place!)
  assert.ok(!('choice' in told[1]!))
})
