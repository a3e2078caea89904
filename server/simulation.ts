// The try-out's life: simulated citizens call the embedded switch, robots sit at the agents' desks.
import { simulateCitizens } from '../freeswitch/embedded/index.ts'
import type { Agent, Desk, DeskPorts } from './agents/index.ts'
import { type Database, scopeOf } from './database/index.ts'
import { type Example, simulatedCurve, startRobots } from './example/index.ts'
import type { Telephony } from './telephony.ts'

export type SimulationOptions = {
  db: Database
  telephony: Telephony
  desk: Desk
  ports: DeskPorts
  example: Example
  seed: number
  log(line: string): void
}

/** Topics of the starter flow's menu, as often as people ask for them. */
const topicKeys = ['1', '1', '1', '2', '2', '2', '3', '3', '0'] as const
/** On average and its spread: the history's, so that the example's times are of one piece. */
const [talkMs, talkSpreadMs] = [205_000, 90_000]
/** So many talk at once at the even pace. */
const firstCalls = 4

/** Begins at once; only with the embedded switch. Citizens reach the platform only by dialling and pressing keys. */
export async function startSimulation(options: SimulationOptions): Promise<{ stop(): void }> {
  const { telephony, example, desk, ports, log, seed } = options
  const target = telephony.embedded
  if (!target) return { stop() {} }
  target.phones.habits.talkMs = [talkMs, talkSpreadMs]
  const people = await options.db
    .knex('users')
    .where({ agency_id: example.agencyId, role: 'agent', robot: true, active: true })
    .orderBy('id')
  const agents: Agent[] = people.map((row) => ({
    id: row.id,
    name: row.name,
    extension: row.extension ?? undefined,
    scope: scopeOf(row.agency_id),
  }))
  // Who supervises the example can listen too: a phone that answers and stays.
  const supervisors = await options.db
    .knex('users')
    .where({ agency_id: example.agencyId, role: 'supervisor', active: true })
    .whereNotNull('extension')
    .select('extension')
  for (const { extension } of supervisors)
    target.phones.add(extension, 'robot', { answerMs: [500, 1_500], talkMs: [8 * 3_600_000, 1] })
  const robots = startRobots({
    desk,
    routing: telephony.routing,
    lists: ports.lists,
    agents,
    phone: (extension, mode) => void target.phones.set(extension, mode),
    seed,
    log,
  })
  const citizens = simulateCitizens(target, {
    seed,
    curve: simulatedCurve,
    numbers: example.callers.map(({ number }) => number),
    dids: [example.numbers[0] as string],
    patienceMs: 150_000,
    intend(random, basic) {
      const topic = random.pick(topicKeys)
      const survey = random.next() < 0.6 ? [random.pick(['5', '5', '4', '4', '3', '1'])] : []
      // Known by the number: welcome and greeting are listened to, then the menu. Some call from a number that is not theirs.
      if (random.next() < 0.8) return { ...basic, keys: ['', '', topic, ...survey] }
      const { dni } = random.pick(example.callers)
      return {
        ...basic,
        from: `+549342${random.whole(6_000_000, 6_999_999)}`,
        keys: ['', `${dni}#`, '', topic, ...survey],
      }
    },
  })
  // Whoever looks in the first minute sees a centre at work too.
  const first = Array.from({ length: firstCalls }, (_, at) => target.clock.after(at * 3_000, () => citizens.callNow()))
  return {
    stop() {
      for (const cancel of first) cancel()
      citizens.stop()
      robots.stop()
    },
  }
}

/** Whom a new user may sign in as. */
export function welcome({ users }: Example, password: string): string {
  const [first] = users.filter(({ role }) => role === 'agent')
  const staff = users.filter(({ role, agency }) => role !== 'agent' && role !== 'wallboard' && agency === first?.agency)
  const lines = [first, ...staff].map((user) =>
    user ? `  ${user.username.padEnd(14)} ${user.name} (${roleNames[user.role] ?? user.role})` : '',
  )
  return [
    `Centro de ejemplo, todo inventado. Usuarios, con la clave «${password}»:`,
    ...lines,
    'El panel de la sala: /wallboards/ejemplo',
  ].join('\n')
}
const roleNames: Record<string, string> = {
  administrator: 'administración general',
  agency_administrator: 'administración del organismo',
  supervisor: 'supervisión',
  agent: 'agente; también agente02 a agente15',
  flow_designer: 'diseño de flujos',
  back_office: 'back-office',
}
