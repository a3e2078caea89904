// One decision of the routing engine with 1,000 agents signed in and 10,000 contacts waiting: an event in, its commands out.
import { createEngine } from '../server/routing/engine/engine.ts'
import type { EngineEvent } from '../server/routing/engine/events.ts'
import { agentOf, queueOf } from '../server/routing/engine/history.ts'

type Row = { name: string; value: number; unit: string; target?: number; ok?: boolean }

const AGENTS = 1_000
const WAITING = 10_000
const QUEUES = 40
const DECISIONS = 60_000

/** Rows: p50, p99 and worst of a decision in ms, the middle and the tail of the kinds that cost most. */
export async function run(): Promise<Row[]> {
  let state = 12345
  const draw = (below: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    return Math.floor((state / 4294967296) * below)
  }
  const engine = createEngine()
  let now = 1_000_000_000
  const levels = [
    { afterMs: 0, minLevel: 4 },
    { afterMs: 60_000, minLevel: 2 },
    { afterMs: 180_000, minLevel: 1 },
  ]
  const queues = Array.from({ length: QUEUES }, (_, n) =>
    queueOf(n + 1, {
      skillId: (n % 20) + 1,
      levels,
      messages: ['a', 'b'],
      messageEveryMs: 30_000,
      announcePosition: true,
      wrapUpMs: 5_000,
    }),
  )
  const agents = Array.from({ length: AGENTS }, (_, n) =>
    agentOf(n + 1, { skills: Object.fromEntries(Array.from({ length: 6 }, () => [draw(20) + 1, draw(5) + 1])) }),
  )
  engine.handle({ kind: 'queues', queues }, now)
  engine.handle({ kind: 'agents', agents }, now)
  let stays = 0
  const enter = (): EngineEvent => {
    const stayId = `s${stays++}`
    const item = {
      interactionId: stayId,
      stayId,
      queueId: draw(QUEUES) + 1,
      agencyId: 1,
      channel: 'voice' as const,
      from: '',
    }
    return { kind: 'enter', item: { ...item, placeSince: now, enqueuedAt: now, priority: draw(9) + 1 } }
  }
  const talking: number[] = []
  const times: number[] = []
  const byKind = new Map<string, number[]>()
  const offers: string[] = []
  const give = (event: EngineEvent, measured: boolean) => {
    const began = process.hrtime.bigint()
    const commands = engine.handle(event, now)
    const ms = Number(process.hrtime.bigint() - began) / 1e6
    if (measured) {
      times.push(ms)
      if (!byKind.has(event.kind)) byKind.set(event.kind, [])
      byKind.get(event.kind)!.push(ms)
    }
    for (const command of commands) if (command.kind === 'offer') offers.push(command.offerId)
    return commands
  }
  const settleOffers = (measured: boolean) => {
    for (let offerId = offers.pop(); offerId !== undefined; offerId = offers.pop()) {
      const accepted = give({ kind: 'accepted', offerId }, measured).find((command) => command.kind === 'offer_ended')
      if (accepted?.kind === 'offer_ended') talking.push(accepted.agentId)
    }
  }
  for (let id = 1; id <= AGENTS; id++) give({ kind: 'sign_in', agentId: id }, false)
  while (engine.waiting().length < 1) {
    give(enter(), false)
    settleOffers(false)
  }
  for (let n = 0; n < WAITING + AGENTS; n++) {
    now += 3
    give(enter(), false)
    settleOffers(false)
  }
  for (let n = 0; times.length < DECISIONS; n++) {
    now += 4
    give(enter(), true)
    settleOffers(true)
    const at = draw(talking.length)
    const agentId = talking[at]
    if (agentId !== undefined) {
      talking[at] = talking.at(-1)!
      talking.pop()
      give({ kind: 'call_ended', agentId }, true)
      give({ kind: 'wrap_up_finished', agentId }, true)
      settleOffers(true)
    }
    if (n % 7 === 0) give({ kind: 'leave', stayId: `s${draw(stays)}` }, true)
    const due = engine.nextDeadline()
    if (due !== undefined && due <= now) give({ kind: 'tick' }, true)
  }
  const waiting = engine.waiting().length
  const at = (values: number[], part: number) =>
    [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))]!
  const row = (name: string, value: number, target?: number): Row => ({
    name,
    value: Number(value.toFixed(4)),
    unit: 'ms',
    ...(target === undefined ? {} : { target, ok: value <= target }),
  })
  return [
    { name: 'waiting at the end', value: waiting, unit: 'contacts' },
    row('decision p50', at(times, 0.5)),
    row('decision p99', at(times, 0.99), 1),
    row('decision worst', Math.max(...times)),
    ...[...byKind].map(([kind, values]) => row(`${kind} p99`, at(values, 0.99))),
  ]
}

export const bench = { name: 'routing: one decision, 1,000 agents and 10,000 waiting', run }

if (process.argv[1] === import.meta.filename) console.table(await run())
