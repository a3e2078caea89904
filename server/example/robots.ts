import type { Agent, Desk, DeskPorts } from '../agents/index.ts'
import { noteTexts } from './organisation-plan.ts'
import { type Chance, chanceFrom, seedOf } from './random.ts'

export type RobotClock = { now(): number; after(ms: number, run: () => void): () => void }

export type RobotOptions = {
  desk: Desk
  routing: Pick<DeskPorts['routing'], 'on'>
  lists: DeskPorts['lists']
  /** Those whose desks are simulated: users with `robot` set. */
  agents: Agent[]
  /** The agent's simulated phone: `robot` answers, talks and hangs up by itself, `manual` rings until it is told to answer. */
  phone(extension: string, mode: 'robot' | 'manual'): void
  seed: number | string
  /** How many work at once on average; the others are at home. Default: four in five. */
  working?: number
  clock?: RobotClock
  log?(line: string): void
}

export type Robots = {
  /** Ids of the agents a robot sits for now. */
  seated(): number[]
  stop(): void
}

type Robot = { agent: Agent; chance: Chance; timers: Set<() => void>; seated: boolean }

const MINUTE = 60_000

const runningClock: RobotClock = {
  now: Date.now,
  after(ms, run) {
    const timer = setTimeout(run, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
}

/**
 * Simulated people at the example's desks. They do what people do, through the same services: sign in, take calls (their
 * phones answer), write the work after the call, take breaks. When a person signs in as one of them, the robot makes room, and
 * sits down again when the person has left.
 */
export function startRobots(options: RobotOptions): Robots {
  const { desk, routing, lists, agents, phone } = options
  const clock = options.clock ?? runningClock
  const working = options.working ?? Math.ceil(agents.length * 0.8)
  const robots = new Map<number, Robot>(
    agents.map((agent) => [
      agent.id,
      { agent, chance: chanceFrom(seedOf(options.seed, 'robot', agent.id)), timers: new Set(), seated: false },
    ]),
  )
  let stopped = false

  const later = (robot: Robot, ms: number, run: () => unknown) => {
    const cancel = clock.after(ms, async () => {
      robot.timers.delete(cancel)
      if (stopped || !robot.seated) return
      try {
        await run()
      } catch (error) {
        // A call that ended in the same instant, a database that is away: people shrug and go on.
        options.log?.(`robot ${robot.agent.name}: ${(error as Error).message}`)
      }
    })
    robot.timers.add(cancel)
  }
  const clear = (robot: Robot) => {
    for (const cancel of robot.timers) cancel()
    robot.timers.clear()
  }
  const state = (robot: Robot) => desk.work(robot.agent)?.now.state ?? 'offline'

  const sit = (robot: Robot, afterMs: number) => {
    robot.seated = true
    phone(robot.agent.extension ?? '', 'robot')
    later(robot, afterMs, () => {
      desk.signIn(robot.agent)
      planBreak(robot)
    })
  }
  const planBreak = (robot: Robot) => {
    const { chance } = robot
    later(robot, chance.between(25, 70) * MINUTE, async () => {
      const reasons = await lists.breakReasons(robot.agent.scope)
      const reason = reasons[chance.chance(0.75) ? 0 : chance.between(0, reasons.length - 1)]
      if (reason) desk.takeBreak(robot.agent, reason.id)
      later(robot, chance.between(6, 14) * MINUTE, () => {
        desk.ready(robot.agent)
        planBreak(robot)
      })
    })
  }
  const standUp = (robot: Robot) => {
    clear(robot)
    robot.seated = false
    phone(robot.agent.extension ?? '', 'manual')
    // In a call this takes effect when it is over; the person may change it back before.
    if (state(robot) !== 'offline') desk.signOut(robot.agent)
  }

  /** Topic, disposition, now and then a note and a ticket; then ready again. */
  const wrapUp = (robot: Robot, interactionId: string, queueId: number | undefined) => {
    const { agent, chance } = robot
    later(robot, Math.min(28_000, Math.max(3_000, chance.around(14_000, 0.5))), async () => {
      const [topics, dispositions] = await Promise.all([lists.topics(agent.scope), lists.dispositions(agent.scope)])
      const mine = topics.filter((topic) => topic.queueId === queueId)
      const topic = mine.length > 0 ? chance.pick(mine) : undefined
      // The first dispositions of the list are the usual ones.
      const disposition = dispositions[Math.min(dispositions.length - 1, Math.floor(chance.exponential(0.8)))]
      const note = chance.chance(0.3) ? chance.pick(noteTexts) : undefined
      desk.keep(agent, interactionId, { topicId: topic?.id, dispositionId: disposition?.id, note })
      if (chance.chance(0.04)) {
        await desk.createTicket(agent, {
          subject: `Seguimiento: ${topic?.name ?? 'consulta'}`,
          description: 'Ticket del centro de ejemplo (simulado).',
          priority: 'normal',
        })
      }
      if (robot.seated && state(robot) === 'wrap_up') desk.finish(agent)
    })
  }

  const stops = [
    routing.on('agent', (now) => {
      const robot = robots.get(now.id)
      if (!robot?.seated) return
      if (now.state === 'wrap_up' && now.interactionId) wrapUp(robot, now.interactionId, now.queueId)
      // Taken out of the line by the engine: somebody looks at the phone and comes back.
      if (now.state === 'break' && now.unavailable) later(robot, 20_000, () => desk.ready(robot.agent))
    }),
    desk.persons.onChange((agentId, present) => {
      const robot = robots.get(agentId)
      if (!robot || stopped) return
      if (present) standUp(robot)
      else {
        if (state(robot) !== 'offline') desk.signOut(robot.agent)
        sit(robot, 3_000)
      }
    }),
  ]
  const order = chanceFrom(seedOf(options.seed, 'order'))
  const shuffled = [...robots.values()].map((robot) => ({ robot, at: order.next() })).sort((a, b) => a.at - b.at)
  for (const [index, { robot }] of shuffled.entries()) {
    if (desk.persons.has(robot.agent.id)) continue
    // The first ones at once, so that the first caller is answered; those beyond the number come in later and relieve.
    sit(robot, index < working ? index * 150 : (30 + (index - working) * 25) * MINUTE)
  }

  return {
    seated: () => [...robots.values()].filter((robot) => robot.seated).map((robot) => robot.agent.id),
    stop() {
      stopped = true
      for (const stop of stops) stop()
      for (const robot of robots.values()) clear(robot)
    },
  }
}

/** Share of calls that get as far as a queue: the others hear what they want in the menu, or give up there. */
const QUEUED = 0.85

/**
 * Calls per hour that keep so many agents busy for that share of their time; fits `curve` of `simulateCitizens`. The day is
 * all but flat: the try-out is open around the clock and must be living whenever somebody looks.
 */
export function simulatedCurve(options: { agents: number; occupancy?: number; talkMs: number; wrapUpMs?: number }) {
  const { agents, occupancy = 0.78, talkMs, wrapUpMs = 16_000 } = options
  const mean = (agents * occupancy * 3_600_000) / (talkMs + wrapUpMs) / QUEUED
  return (_weekday: number, hour: number): number => mean * (1 + 0.06 * Math.sin(((hour - 9) / 24) * 2 * Math.PI))
}
