// Who lives the day: citizens who call by a curve, and agents at their desks. They reach the platform as people do: by phone
// and by the buttons of the desk.
import type { EmbeddedSwitch } from '../../freeswitch/embedded/index.ts'
import { type Random, seeded } from '../../freeswitch/embedded/random.ts'
import type { Routing } from '../../server/routing/index.ts'
import { type Centre, lines, numbers, passedOn, queuePlans } from './centre.ts'
import type { JumpingClock } from './clock.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

export type Life = { target: EmbeddedSwitch; routing: Routing; clock: JumpingClock; centre: Centre; seed: number }

/** Weight of each half hour of the office's day, 8 to 18. */
const curve = [4, 7, 10, 12, 13, 12, 11, 9, 7, 6, 6, 7, 8, 8, 7, 6, 5, 4, 3, 2]

/** When calls come in, UTC ms, in order: most while the office is open, some before and after, a few through the night. */
export function arrivals(calls: number, midnight: number, random: Random): { at: number; emergency: boolean }[] {
  const all: { at: number; emergency: boolean }[] = []
  const sum = curve.reduce((a, b) => a + b)
  const within = (from: number, length: number) => Math.floor(midnight + from + random.next() * length)
  for (const [place, weight] of curve.entries())
    for (let left = Math.round((calls * 0.92 * weight) / sum); left > 0; left--)
      all.push({ at: within(8 * HOUR + place * 30 * MINUTE, 30 * MINUTE), emergency: random.next() < 0.04 })
  while (all.length < calls) all.push({ at: within(7.5 * HOUR, 17.2 * HOUR), emergency: random.next() < 0.35 })
  return all.sort((a, b) => a.at - b.at)
}

/** Citizens call at the instants of `arrivals`. Answers how many lines are open. */
export function citizens(
  { target, clock, seed }: Life,
  calls: { at: number; emergency: boolean }[],
): { open(): number } {
  const random = seeded(seed)
  const addresses = Object.keys(lines)
  let open = 0
  const call = (emergency: boolean) => {
    open++
    const from = `+549342${random.whole(4_000_000, 4_999_999)}`
    const line = target.line({
      ...{ from, to: emergency ? numbers.emergencies : numbers.centre },
      variables: { sip_network_ip: random.pick(addresses) },
    })
    let cancel = () => {}
    const later = (ms: number, act: () => void) => {
      cancel()
      cancel = clock.after(ms, act)
    }
    const key = random.next() < 0.03 ? '' : random.pick([...'111112222333345500'])
    const patience = random.next() < 0.06 ? random.whole(200, 9_000) : random.exponential(150_000)
    const talkMs = Math.min(900_000, random.lognormal(80_000, 60_000))
    const bored = random.next()
    let listened = 0
    let waits = false
    line.onHeard = (sound) => {
      if (sound.startsWith('local_stream://')) {
        if (waits) return
        waits = true
        // Some press the key that asks for a call, or the one that leaves the queue; all tire in the end.
        if (bored < 0.05) later(random.whole(15_000, 60_000), () => line.press('1'))
        else if (bored < 0.07) later(random.whole(10_000, 40_000), () => line.press('9'))
        else later(patience, () => line.hangUp())
        return
      }
      waits = false
      listened++
      if (listened === 1 && !emergency) {
        if (random.next() < 0.02) later(random.whole(100, 3_000), () => line.hangUp())
        else if (key !== '') later(random.whole(900, 5_000), () => line.press(key))
      } else if (random.next() < 0.01) later(random.whole(10, 900), () => line.hangUp())
      else cancel()
    }
    line.onJoined = (talking) => {
      waits = false
      cancel()
      // Whoever hangs up first ends it: the agent has a time of their own.
      if (talking) later(talkMs, () => line.hangUp())
    }
    line.onEnded = () => {
      cancel()
      open--
    }
  }
  // One at a time: the next is set when the one before has begun.
  let place = 0
  const next = () => {
    const one = calls[place++]
    if (one)
      clock.after(one.at - clock.now(), () => {
        call(one.emergency)
        next()
      })
  }
  next()
  return { open: () => open }
}

/** Agents come, take what rings (or not), talk, put on hold, pass on, write, take breaks and go home. */
export function agents({ target, routing, clock, centre, seed }: Life, midnight: number): { stop(): void } {
  const random = seeded(seed + 1)
  const reclamos = centre.queues.get(passedOn) as number
  const at = (instant: number, act: () => void) => clock.after(instant - clock.now(), act)
  /** Someone who hung up in the same instant: people shrug. */
  const soft = (work: () => unknown) => {
    try {
      void Promise.resolve(work()).catch(() => {})
    } catch {}
  }
  let stopped = false
  for (const [place, { id, extension, skills }] of centre.agents.entries()) {
    target.phones.add(extension, place % 23 === 7 ? 'busy' : 'manual')
    // A phone that is always busy is mended after an hour.
    if (place % 23 === 7) at(midnight + 9.5 * HOUR, () => void target.phones.set(extension, 'manual'))
    const day = skills.includes(queuePlans.length - 1)
    const comes = midnight + (day ? 7.45 : skills[0] === 2 ? 8.75 : 7.9 + random.next() * 0.3) * HOUR
    const goes = midnight + (day ? 25 : 17.6 + random.next() * 0.6) * HOUR
    at(comes, () => {
      routing.agents.signIn(id)
      routing.agents.ready(id)
    })
    if (!day) {
      const lunch = midnight + (skills[0] === 2 ? 13 : 11.5 + random.next() * 3) * HOUR
      at(lunch, () => soft(() => routing.agents.takeBreak(id)))
      at(lunch + 30 * MINUTE, () => soft(() => routing.agents.ready(id)))
    }
    at(goes, () => soft(() => routing.agents.signOut(id)))
  }
  const stops = [
    routing.on('offered', ({ agentId }) => {
      const mood = random.next()
      // 3 % do not pick up, 2 % refuse.
      if (mood < 0.03) return
      clock.after(random.whole(900, 6_000), () =>
        soft(() => (mood < 0.05 ? routing.agents.refuse(agentId) : routing.agents.answer(agentId))),
      )
    }),
    routing.on('connected', ({ agentId, queueId, talkId }) => {
      const still = () => routing.agents.work(agentId)?.connected?.talkId === talkId
      const then = (ms: number, act: () => unknown) => clock.after(ms, () => !stopped && still() && soft(act))
      const length = Math.min(1_200_000, random.lognormal(85_000, 50_000))
      if (random.next() < 0.1 && length > 30_000) {
        const held = random.whole(10_000, 20_000)
        then(held, () => routing.agents.hold(agentId))
        // Some forget, and hang up or are hung up on with the citizen on hold.
        if (random.next() < 0.9) then(held + random.whole(3_000, 40_000), () => routing.agents.unhold(agentId))
      }
      if (random.next() < 0.05 && queueId !== reclamos)
        then(length * 0.6, () => routing.agents.transferBlind(agentId, { to: 'queue', queueId: reclamos }))
      then(length, () => routing.agents.hangUp(agentId))
    }),
    routing.on('agent', (now) => {
      if (now.state === 'wrap_up')
        clock.after(random.whole(3_000, 30_000), () => soft(() => routing.agents.finishWrapUp(now.id)))
      if (now.state === 'break' && now.unavailable) clock.after(20_000, () => soft(() => routing.agents.ready(now.id)))
    }),
  ]
  return {
    stop() {
      stopped = true
      for (const stop of stops) stop()
    },
  }
}

/** Citizens who are called back: most answer, some are busy, some do not pick up. */
export function calledBack(clock: JumpingClock, seed: number, gateway: (name: string) => string) {
  const random = seeded(seed + 2)
  type Leg = Parameters<NonNullable<import('../../freeswitch/embedded/index.ts').EmbeddedOptions['outside']>>[1]
  return (_number: string, leg: Leg) => {
    leg.set('sip_gateway_name', gateway(leg.name))
    const mood = random.next()
    if (mood < 0.15) return 'USER_BUSY'
    clock.after(500, () => leg.progress())
    if (mood < 0.75) clock.after(random.whole(2_000, 12_000), () => leg.answer())
    return {
      joined: (peer: unknown) => {
        if (peer) clock.after(random.lognormal(70_000, 40_000), () => leg.hangup('NORMAL_CLEARING', 'far'))
      },
    }
  }
}
