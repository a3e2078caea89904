import type { Agent, Desk, DeskPorts } from '../agents/index.ts'
import { callsADay, hourly, noteTexts } from './organisation-plan.ts'
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
  /** How many work at once; the others are at home and relieve them. Default: half, what so many calls need. */
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
  const working = options.working ?? Math.ceil(agents.length / 2)
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
    later(robot, Math.min(28_000, Math.max(3_000, chance.around(20_000, 0.5))), async () => {
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
        // Whose robot was at home leaves the desk empty.
        if ([...robots.values()].filter(({ seated }) => seated).length < working) sit(robot, 3_000)
      }
    }),
  ]
  const order = chanceFrom(seedOf(options.seed, 'order'))
  const shuffled = [...robots.values()].map((robot) => ({ robot, at: order.next() })).sort((a, b) => a.at - b.at)
  // At once, so that the first caller is answered.
  for (const [index, { robot }] of shuffled.slice(0, working).entries())
    if (!desk.persons.has(robot.agent.id)) sit(robot, index * 150)
  // One comes in and who has been there longest goes home, between two calls. Who is relieved is the last to come again.
  const turn = shuffled.map(({ robot }) => robot)
  const relieve = () => {
    const cancel = clock.after(25 * MINUTE, () => {
      stops.splice(stops.indexOf(cancel), 1)
      const coming = turn.find((robot) => !robot.seated && !desk.persons.has(robot.agent.id))
      const leaving = turn.find((robot) => robot.seated && state(robot) === 'available')
      if (coming && leaving) {
        turn.splice(turn.indexOf(leaving), 1)
        turn.push(leaving)
        standUp(leaving)
        sit(coming, 0)
      }
      relieve()
    })
    stops.push(cancel)
  }
  relieve()

  return {
    seated: () => [...robots.values()].filter((robot) => robot.seated).map((robot) => robot.agent.id),
    stop() {
      stopped = true
      for (const stop of stops) stop()
      for (const robot of robots.values()) clear(robot)
    },
  }
}

/**
 * Calls per hour for `simulateCitizens`: in office hours those of the history, so that what is foreseen from it comes; at night and
 * at weekends an even pace, for the try-out is open around the clock and must be living whenever somebody looks.
 */
export function simulatedCurve(weekday: number, hour: number): number {
  const office = weekday >= 1 && weekday <= 5 ? hourly[hour - 8] : undefined
  return callsADay * (office ?? 1 / hourly.length)
}
