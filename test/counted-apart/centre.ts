// The agency whose day is counted: its queues, its people and its flow. Everything here is invented.
import type { Database } from '../../server/database/index.ts'

type QueuePlan = {
  code: string
  name: string
  skill: number
  maxWait?: number
  maxSize?: number
  noAgents?: 'wait' | 'overflow'
  target: [seconds: number, percent: number]
  shortAbandon: number
  record?: boolean
  /** Where the flow sends those whom it did not serve. */
  overflow?: string
}

export const queuePlans: readonly QueuePlan[] = [
  {
    code: 'impuestos',
    name: 'Impuestos',
    skill: 0,
    maxWait: 60,
    target: [20, 80],
    shortAbandon: 5,
    overflow: 'general',
  },
  { code: 'salud', name: 'Salud', skill: 1, maxSize: 3, target: [30, 90], shortAbandon: 8 },
  {
    code: 'tramites',
    name: 'Trámites',
    skill: 2,
    noAgents: 'overflow',
    target: [20, 80],
    shortAbandon: 5,
    overflow: 'general',
  },
  { code: 'general', name: 'Atención general', skill: 3, maxWait: 90, target: [45, 70], shortAbandon: 5 },
  { code: 'reclamos', name: 'Reclamos', skill: 4, target: [20, 80], shortAbandon: 5, record: true },
  { code: 'emergencias', name: 'Emergencias', skill: 5, target: [10, 95], shortAbandon: 3, record: true },
]

/** The queue to which agents pass callers on; no record of a switch tells. */
export const passedOn = 'reclamos'

/** Lines: the carrier's address and the name on the reports. */
export const lines = { '192.0.2.10': 'troncal-norte', '192.0.2.20': 'troncal-sur' } as const
export const numbers = { centre: '08005550100', emergencies: '08005550107' }

const texts = {
  closed: 'Nuestro horario de atención es de lunes a viernes de 8 a 18 horas.',
  told: 'El vencimiento de su boleta es el día 20.',
  bye: 'Gracias por comunicarse.',
}
const word = {
  enter: 'Lo comunicamos con',
  timeout: 'Nadie pudo atenderlo a tiempo en',
  full: 'Hay demasiadas personas en espera en',
  no_agents: 'No hay nadie atendiendo en',
  diverted: 'Salió de la espera de',
  callback: 'Lo llamaremos desde',
}
type Word = keyof typeof word
const said = (what: Word, queue: QueuePlan) => `${word[what]} ${queue.name}.`

export type Centre = {
  agencyId: number
  supervisorId: number
  agents: { id: number; extension: string; skills: number[] }[]
  queues: Map<string, number>
}

/** Agents for each skill; a third of them have the next skill too. */
const share = [0.24, 0.2, 0.18, 0.22, 0.1, 0.06]

export async function makeCentre(db: Database, agentCount: number): Promise<Centre> {
  const { knex } = db
  const [agencyId] = (await knex('agencies').insert({
    ...{ code: 'contado', name: 'Organismo contado aparte', kind: 'province', created_at: 0 },
  })) as [number]
  const own = { agency_id: agencyId }
  const user = (values: object) =>
    knex('users')
      .insert({ ...own, active: true, password_hash: '', language: 'es', created_at: 0, ...values })
      .then(([id]) => id as number)
  const supervisorId = await user({ username: 'supervision', name: 'Supervisión', role: 'supervisor' })
  const [calendarId] = (await knex('calendars').insert({ ...own, name: 'Oficina' })) as [number]
  for (let weekday = 1; weekday <= 5; weekday++)
    await knex('calendar_hours').insert({ ...own, calendar_id: calendarId, weekday, opens: '08:00', closes: '18:00' })
  for (const [address, name] of Object.entries(lines))
    await knex('gateways').insert({
      ...{ agency_id: null, name, host: `${name}.example`, addresses: JSON.stringify([address]), updated_at: 0 },
      ...{ max_lines: 1_000, calls_per_second: 1_000 },
    })
  for (const number of Object.values(numbers)) await knex('numbers').insert({ ...own, number })
  const skills: number[] = []
  const queues = new Map<string, number>()
  for (const [place, plan] of queuePlans.entries()) {
    const [skill] = (await knex('skills').insert({ ...own, name: plan.name })) as [number]
    skills.push(skill)
    const [id] = (await knex('queues').insert({
      ...{ ...own, active: true, code: plan.code, name: plan.name, channel: 'voice', skill_id: skills[place] },
      ...{ max_wait_seconds: plan.maxWait ?? null, max_size: plan.maxSize ?? null, no_agents: plan.noAgents ?? 'wait' },
      ...{ target_seconds: plan.target[0], target_percent: plan.target[1], short_abandon_seconds: plan.shortAbandon },
      ...{ record: plan.record ?? false, ring_seconds: 15, wrap_up_seconds: 40, announce_position: false },
      ...{ levels: '[]', messages: '[]', priority: plan.code === 'emergencias' ? 1 : 5 },
    })) as [number]
    queues.set(plan.code, id)
  }
  const agents: Centre['agents'] = []
  for (const [skill, part] of share.entries())
    for (let count = Math.max(1, Math.round(part * agentCount)); count > 0; count--) {
      const extension = String(2_001 + agents.length)
      const has = agents.length % 3 === 0 && skill < 4 ? [skill, (skill + 1) % 4] : [skill]
      const id = await user({ username: `agente${extension}`, name: `Agente ${extension}`, role: 'agent', extension })
      for (const one of has) await knex('agent_skills').insert({ ...own, user_id: id, skill_id: skills[one], level: 3 })
      agents.push({ id, extension, skills: has })
    }
  const deploy = { user_id: null, username: 'vera', at: 0, flows: JSON.stringify(flow()), credentials: '{}' }
  await knex('flow_deploys').insert(deploy)
  return { agencyId, supervisorId, agents, queues }
}

const say = (value: string) => ({ as: 'text', value })
const place = { z: 'flow', x: 100, y: 100 }
/** Keys of the menu, in the order of its exits. */
export const menuKeys = { impuestos: '1', salud: '2', tramites: '3', told: '4', reclamos: '5', general: '0' } as const

function flow(): object[] {
  const hangUp = (id: string, text: string, contained = false) => ({
    ...{ ...place, id, type: 'vera-hang-up', name: id, say: say(text), contained, busy: false, wires: [] },
  })
  const nodes: object[] = [
    { id: 'flow', type: 'tab', label: 'Contado aparte' },
    { ...place, id: 'in', type: 'vera-call-in', name: 'Centro', number: numbers.centre, wires: [['hours']] },
    {
      ...place,
      id: 'in-107',
      type: 'vera-call-in',
      name: '107',
      number: numbers.emergencies,
      wires: [['emergencias']],
    },
    {
      ...{ ...place, id: 'hours', type: 'vera-hours', name: 'Horario', calendar: 'Oficina', reject: true },
      wires: [['menu'], ['closed'], ['closed']],
    },
    hangUp('closed', texts.closed),
    hangUp('told', texts.told, true),
    hangUp('bye', texts.bye),
    {
      ...{ ...place, id: 'menu', type: 'vera-menu', name: 'Temática', seconds: 4, retries: 1, bargeIn: true },
      say: say('Por impuestos, 1. Por salud, 2. Por trámites, 3. Por vencimientos, 4. Por reclamos, 5.'),
      options: Object.entries(menuKeys).map(([label, key]) => ({ key, label })),
      noInput: say('No recibimos ninguna opción.'),
      noMatch: say('La opción no es válida.'),
      outputs: 8,
      wires: [...Object.keys(menuKeys), 'general', 'general'].map((id) => [id]),
    },
  ]
  for (const queue of queuePlans) {
    const { code, overflow } = queue
    const exit = (what: Word) => `${code}-${what}`
    nodes.push({
      ...{
        ...place,
        id: code,
        type: 'vera-queue',
        name: queue.name,
        queue: code,
        topic: '',
        say: say(said('enter', queue)),
      },
      ...{ priority: 0, messages: [], keys: '9', callbackKey: '1' },
      wires: [
        ['bye'],
        ...(['timeout', 'full', 'no_agents', 'diverted', 'callback'] as const).map((what) => [exit(what)]),
        [],
      ],
    })
    for (const what of ['timeout', 'full', 'no_agents'] as const)
      nodes.push(
        overflow
          ? {
              ...{ ...place, id: exit(what), type: 'vera-play', name: exit(what), say: say(said(what, queue)) },
              wires: [[overflow]],
            }
          : hangUp(exit(what), said(what, queue)),
      )
    for (const what of ['diverted', 'callback'] as const) nodes.push(hangUp(exit(what), said(what, queue)))
  }
  return nodes
}

/** What the switch's records cannot tell to who counts: names, targets, and what each sound says. The lines come beside it. */
export async function aboutCentre(centre: Centre, file: (text: string) => Promise<string>): Promise<object> {
  const queues = queuePlans.map(({ code, name, target: [targetSeconds], shortAbandon }) => [
    centre.queues.get(code),
    { name, targetSeconds, shortAbandonSeconds: shortAbandon },
  ])
  const agents = centre.agents.map(({ id, extension }) => [id, `Agente ${extension}`])
  return {
    queues: Object.fromEntries(queues),
    passedOn: centre.queues.get(passedOn),
    agents: Object.fromEntries(agents),
    sounds: await soundsOf(centre, file),
  }
}

/** `[what, queue id]` of each sound that matters, by the name of its file. */
async function soundsOf(
  { queues }: Centre,
  file: (text: string) => Promise<string>,
): Promise<Record<string, [what: string, queueId: number]>> {
  const name = async (text: string) => (await file(text)).split('/').at(-1) as string
  const sounds: Record<string, [string, number]> = {
    [await name(texts.closed)]: ['closed', 0],
    [await name(texts.told)]: ['contained', 0],
  }
  for (const queue of queuePlans)
    for (const what of Object.keys(word) as Word[])
      sounds[await name(said(what, queue))] = [what, queues.get(queue.code) as number]
  return sounds
}
