// A platform for tests of nodes: everything in memory, with notes of what was asked.
import type { LiveCall } from '../../freeswitch/call/types.ts'
import type { Fact, FactBody } from '../../server/interactions/facts.ts'
import type { QueueExit } from '../../server/routing/types.ts'
import type { CallData, CallMessage, CitizenData, FlowCall, Platform, TicketData } from '../kit/platform.ts'
import { Step } from '../kit/step.ts'
import { FakeCall, type Script } from './fake-call.ts'

export type Enqueued = Parameters<Platform['queues']['enqueue']>[1]

export function fakePorts(now = Date.UTC(2026, 10, 23, 15)) {
  const facts: Fact[] = []
  const alarms: { agencyId: number; code: string; message: string }[] = []
  const enqueued: Enqueued[] = []
  const tickets: (Parameters<Platform['tickets']['create']>[1] & TicketData)[] = []
  const callbacks: unknown[] = []
  const citizens: CitizenData[] = [{ id: 7, name: 'Rosa Ejemplo', dni: '30123456', phone: '3424567890' }]
  const state = {
    calendar: 'open' as 'open' | 'closed' | 'holiday' | undefined,
    queues: ['impuestos', 'salud', 'tramites', 'general'],
    /** The queue refuses with this. */
    exit: undefined as QueueExit | undefined,
    /** The caller hangs up on the way to the queue. */
    gone: false,
    /** Texts that cannot be played. */
    missing: [] as string[],
    written: true,
  }
  const find = (code: string) => {
    const at = state.queues.indexOf(code)
    return at < 0 ? undefined : { id: at + 1, name: code }
  }
  const by = (name: 'dni' | 'cuit' | 'phone') => async (_agencyId: number, value: string) =>
    citizens.find((citizen) => citizen[name] === value)
  const ports: Omit<Platform, 'calls'> = {
    citizens: {
      byPhone: by('phone'),
      byDni: by('dni'),
      byCuit: by('cuit'),
      async save(_agencyId, values) {
        if (values.dni === '1') throw new Error('DNI no válido')
        const citizen = { ...values, id: values.id ?? 100 + citizens.length }
        citizens.push(citizen)
        return citizen
      },
    },
    tickets: {
      async create(_agencyId, values) {
        const ticket = { ...values, id: tickets.length + 1, number: 1_000 + tickets.length, state: 'open' }
        tickets.push(ticket)
        return ticket
      },
      byNumber: async (_agencyId, number) => tickets.find((ticket) => ticket.number === number),
      latest: async (_agencyId, citizenId) => tickets.findLast((ticket) => ticket.citizenId === citizenId),
    },
    queues: {
      find: async (_agencyId, code) => find(code),
      first: async () => (state.queues[0] ? find(state.queues[0]) : undefined),
      topic: async (_agencyId, name) => (name === 'Inmobiliario' ? { id: 5 } : undefined),
      async enqueue(call, request) {
        enqueued.push(request)
        if (state.gone) return { stayId: 's', gone: true }
        if (state.exit) return { stayId: 's', exit: state.exit }
        await call.transfer('vera_wait', 'vera')
        return { stayId: 's' }
      },
    },
    calendars: { status: async () => state.calendar },
    callbacks: { request: async (request) => void callbacks.push(request) },
    prompts: {
      async file(prompt) {
        const text = typeof prompt === 'string' ? prompt : `[${prompt.name}]`
        if (state.missing.some((part) => text.includes(part))) throw new Error('no such prompt')
        return `/prompts/${encodeURIComponent(text)}`
      },
    },
    recordings: {
      open: async () => ({ id: 'rec-1', path: '/recordings/rec-1.wav', relative: 'rec-1.wav' }),
      measure: async () => (state.written ? { bytes: 32_044, sha256: 'ab' } : undefined),
    },
    dial: { extension: (extension) => `user/${extension}@vera`, number: (number) => `sofia/gateway/red/${number}` },
    choices: async () => ({ queues: [], calendars: [], topics: [], backOffices: [], recordings: [], numbers: [] }),
    now: () => now,
  }
  return {
    ports,
    state,
    facts,
    alarms,
    enqueued,
    tickets,
    callbacks,
    citizens,
    factSink: {
      record(fact: FactBody & { agencyId: number; interactionId: string; at?: number }): Fact {
        const whole = { ...fact, id: String(facts.length), at: fact.at ?? now } as Fact
        facts.push(whole)
        return whole
      },
    },
    alarmSink: {
      raise: (agencyId: number, alarm: { code: string; message: string }) => void alarms.push({ agencyId, ...alarm }),
    },
    kinds: () => facts.map((fact) => fact.kind),
  }
}

/** One behaviour run on one fake caller. */
export async function runBehaviour<Config>(
  behaviour: (step: Step<Config>) => Promise<string>,
  config: Config,
  script: Script = {},
  more: { message?: Partial<CallMessage>; fake?: ReturnType<typeof fakePorts>; over?: true; live?: LiveCall } = {},
) {
  const fake = more.fake ?? fakePorts()
  const live = (more.live ?? new FakeCall(script)) as FakeCall
  const data: CallData = {
    id: live.uuid,
    leg: live.uuid,
    from: live.from,
    fromName: '',
    to: live.to,
    agencyId: 1,
    agencyName: 'Organismo',
    language: 'es',
    startedAt: 0,
  }
  const left: unknown[] = []
  const call: FlowCall = {
    data,
    live,
    state: more.over ? 'over' : 'flow',
    exclusively: (work) => work(),
    step: (node, name, detail, choice) =>
      fake.factSink.record({
        kind: 'interaction.step',
        node,
        name,
        detail,
        choice,
        agencyId: 1,
        interactionId: data.id,
      }),
    fact: (body) => void fake.factSink.record({ ...body, agencyId: 1, interactionId: data.id }),
    fail() {},
    left: (at) => void left.push(at),
    mark() {},
    async unmark() {},
    finish: async () => {},
  }
  const message: CallMessage = { call: data, ...more.message }
  const platform: Platform = { ...fake.ports, calls: undefined as never }
  const node = { id: 'n1', name: 'Nodo', type: 'vera-test' }
  const outcome = await behaviour(new Step({ config, message, call, platform, node }))
  return { outcome, live, message, fake, left }
}
