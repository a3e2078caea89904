import { setImmediate as breathe } from 'node:timers/promises'
import type { Database } from '../database/index.ts'
import { hashPassword } from '../http/passwords.ts'
import { insertRows } from './bulk.ts'
import { type CampaignRows, campaignDay, exampleCampaign } from './campaign-rows.ts'
import { type EvaluationRows, evaluationDay, exampleForm } from './evaluation-rows.ts'
import { playDay } from './history.ts'
import type { DayRows, HistorySetup } from './history-types.ts'
import { inventedCitizen, plain } from './invented-people.ts'
import { makeOrganisation, numbers } from './organisation.ts'
import { agencyPlan, callsADay, dispositionPlan, provinceCode, queuePlan } from './organisation-plan.ts'
import { chanceFrom, seedOf } from './random.ts'
import { ticketsOf } from './ticket-rows.ts'
import { historyDays, nationalHolidays } from './working-days.ts'

const CITIZENS = 1_500
const zone = 'America/Argentina/Buenos_Aires'

export type ExampleOptions = {
  db: Database
  clock: { now(): number }
  seed: number | string
  /** Of every user of the example. */
  password: string
  log?(line: string): void
}

export type Example = {
  /** False when it stood already: nothing was changed. */
  created: boolean
  agencyId: number
  /** Who may sign in, all with the same password. */
  users: { username: string; name: string; role: string; extension: string | undefined; agency: string }[]
  /** Simulated citizens call from these numbers and type these DNIs. */
  callers: { number: string; dni: string }[]
  /** Numbers they dial: the province's first. */
  numbers: readonly string[]
  /** Settles when the four weeks of history are in; they are written after this returns, a day at a time. Never rejects. */
  history: Promise<{ interactions: number; ms: number }>
}

/**
 * Makes the example centre: fictional agencies, staff, citizens and four weeks of history until now. The same seed, clock
 * and empty database give the same rows. Safe at each start: what stands is left alone, history cut short is completed.
 * @throws Error when the database already holds somebody's real agencies
 */
export async function seedExample(options: ExampleOptions): Promise<Example> {
  const { db, clock, seed, password } = options
  const { knex } = db
  const found = await knex('agencies').where({ code: provinceCode }).first()
  if (!found && (await knex('agencies').first())) {
    throw new Error('DEMO=on: el centro de ejemplo necesita una base vacía; poné DEMO=off o usá otra DATABASE_URL')
  }
  if (!found) {
    const now = clock.now()
    const year = new Date(now).getUTCFullYear()
    const holidays = await nationalHolidays([year - 1, year, year + 1])
    await makeOrganisation(db, now, await hashPassword(password), holidays)
  }
  const province = found ?? (await knex('agencies').where({ code: provinceCode }).first())
  const anchor = Number(province.created_at)
  if (!(await knex('citizens').where({ invented: true }).first())) await makeCitizens(db, seed, anchor)
  const people = await knex('users')
    .join('agencies', 'agencies.id', 'users.agency_id')
    .whereIn(
      'agencies.code',
      agencyPlan.map(({ code }) => code),
    )
    .orderBy('users.id')
    .select('users.username', 'users.name', 'users.role', 'users.extension', 'agencies.name as agency')
  const citizens = await invented(db)
  return {
    created: !found,
    agencyId: province.id,
    users: people.map((one) => ({ ...one, extension: one.extension ?? undefined })),
    callers: citizens.map(({ phone, dni }) => ({ number: phone, dni })),
    numbers,
    history: fillHistory(options, anchor, citizens).catch((error: Error) => {
      options.log?.(
        `centro de ejemplo: la historia quedó incompleta (${error.message}); se completa en el próximo inicio`,
      )
      return { interactions: 0, ms: 0 }
    }),
  }
}

type Citizen = { id: number; phone: string; dni: string }

/** The citizens as they were made: not those that people of the try-out added or merged since. */
async function invented(db: Database): Promise<Citizen[]> {
  const rows = await db
    .knex('citizens')
    .join('citizen_phones', 'citizen_phones.citizen_id', 'citizens.id')
    .where('citizens.invented', true)
    .whereNull('citizens.merged_into')
    .whereNotNull('citizens.dni')
    .orderBy('citizens.id')
    .limit(CITIZENS)
    .select('citizens.id', 'citizens.dni', 'citizen_phones.number as phone')
  return rows as Citizen[]
}

async function makeCitizens(db: Database, seed: number | string, at: number): Promise<void> {
  const chance = chanceFrom(seedOf(seed, 'citizens'))
  const agency = await db.knex('agencies').where({ code: provinceCode }).first()
  const people = Array.from({ length: CITIZENS }, (_, index) => inventedCitizen(index, chance))
  await db.transaction(async (trx) => {
    await insertRows(
      trx,
      'citizens',
      people.map((one) => ({
        name: one.name,
        dni: one.dni,
        cuit: one.cuit ?? null,
        birth_date: one.birthDate,
        email: one.email ?? null,
        address: one.address,
        locality: one.locality,
        notes: 'Persona inventada para el centro de ejemplo.',
        search: plain([one.name, one.dni, one.cuit, one.email, one.locality].filter(Boolean).join(' ')),
        invented: true,
        created_by_agency: agency.id,
        created_at: at - 40 * 86_400_000,
        updated_at: at - 40 * 86_400_000,
      })),
    )
    const ids = new Map<string, number>()
    for (const { id, dni } of await trx('citizens').where({ invented: true }).select('id', 'dni')) ids.set(dni, id)
    await insertRows(
      trx,
      'citizen_phones',
      people.map(({ dni, phone }) => ({
        citizen_id: ids.get(dni)!,
        number: phone,
        match_key: phone.slice(3),
      })),
    )
  })
}

/** Writes what of the history is not there yet, today first; gives the loop back to the calls after each statement. */
async function fillHistory({ db, seed }: ExampleOptions, anchor: number, citizens: Citizen[]) {
  await breathe()
  const started = performance.now()
  let interactions = 0
  for (const [place, { code }] of agencyPlan.entries()) {
    // The third municipality has just joined: it has people and no history.
    if (place === 3) continue
    const { setup, backOffices, codes } = await setupOf(db, code, citizens, numbers[place]!, place === 0)
    const closed = await db.knex('calendar_days').where({ agency_id: setup.agencyId }).whereNull('opens').select('day')
    const days = historyDays(anchor, zone, new Set(closed.map(({ day }) => day as string)))
    for (const [index, window] of [...days.entries()].reverse()) {
      const { day, opens, closes } = window
      const there = await db
        .knex('interactions')
        .where({ agency_id: setup.agencyId, switch_node: 'ejemplo' })
        .whereBetween('created_at', [opens, closes])
        .first('id')
      if (there) continue
      const chance = chanceFrom(seedOf(seed, code, day))
      const rows = playDay(setup, window, chance)
      const tickets = ticketsOf(rows, setup, backOffices, codes, 1 + index * 60, anchor, chance)
      const campaign =
        place === 0 &&
        campaignDay(
          setup,
          window,
          await exampleCampaign(db.knex, setup.agencyId, days),
          chanceFrom(seedOf(seed, code, day, 'campaign')),
        )
      const until = days.at(-1)!.closes
      const judged =
        place === 0 &&
        evaluationDay(
          rows,
          await exampleForm(db.knex, setup.agencyId, days[0]!.opens),
          window,
          until,
          chanceFrom(seedOf(seed, code, day, 'evaluations')),
        )
      await writeDay(db, rows, tickets, { ...(campaign || {}), ...(judged || {}) })
      interactions += rows.interactions.length + (campaign ? campaign.interactions.length : 0)
      await breathe()
    }
  }
  return { interactions, ms: Math.round(performance.now() - started) }
}

async function writeDay(
  db: Database,
  rows: DayRows,
  tickets: ReturnType<typeof ticketsOf>,
  more: Partial<CampaignRows & EvaluationRows>,
): Promise<void> {
  await db.transaction(async (trx) => {
    for (const [table, list] of Object.entries(rows)) await insertRows(trx, table, list)
    await insertRows(trx, 'tickets', tickets)
    for (const [table, list] of Object.entries(more)) await insertRows(trx, table, list)
  })
}

async function setupOf(db: Database, code: string, citizens: Citizen[], number: string, province: boolean) {
  const { knex } = db
  const agency = await knex('agencies').where({ code }).first()
  const mine = { agency_id: agency.id as number }
  const [queues, topics, agents, skills, dispositions, breaks, offices] = await Promise.all([
    knex('queues').where(mine).orderBy('id'),
    knex('topics').where(mine).orderBy('id'),
    knex('users')
      .where({ ...mine, role: 'agent' })
      .orderBy('id'),
    knex('agent_skills').where(mine),
    knex('dispositions').where(mine).orderBy('id'),
    knex('break_reasons').where(mine).orderBy('id'),
    knex('back_offices').where(mine).orderBy('id'),
  ])
  const { agentPlan } = await import('./organisation-plan.ts')
  const planned = new Map<string, (typeof queuePlan)[number]>(queuePlan.map((one) => [one.code, one]))
  const setup: HistorySetup = {
    agencyId: agency.id,
    number,
    callsADay: province ? callsADay : 14,
    queues: queues
      .filter((queue) => !province || planned.has(queue.code))
      .map((queue) => ({
        id: queue.id,
        skillId: queue.skill_id ?? undefined,
        priority: queue.priority,
        weight: planned.get(queue.code)?.weight ?? 1,
        option: planned.get(queue.code)?.option ?? '1',
        topicIds: topics.filter((topic) => topic.queue_id === queue.id).map((topic) => topic.id),
      })),
    agents: agents.slice(0, agentPlan.length).map((agent, index) => ({
      id: agent.id,
      skillIds: new Set(skills.filter((one) => one.user_id === agent.id).map((one) => one.skill_id)),
      shift: province ? agentPlan[index]!.shift : [8, 18],
    })),
    citizens: province ? citizens : citizens.slice(0, 120),
    dispositions: dispositions
      .slice(0, dispositionPlan.length)
      .map(({ id }, index) => ({ item: id, weight: dispositionPlan[index]!.weight })),
    breaks: { short: breaks[0].id, lunch: breaks[1].id, meeting: breaks[3].id },
  }
  return {
    setup,
    backOffices: offices.map(({ id }) => id as number),
    codes: new Map<number, string>(queues.map(({ id, code }) => [id, code])),
  }
}
