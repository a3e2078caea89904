import { type Database, insertId, type Knex } from '../database/index.ts'
import { templates } from '../wallboards/index.ts'
import { articlePlan } from './articles.ts'
import { insertRows } from './bulk.ts'
import {
  agencyPlan,
  agentPlan,
  backOfficePlan,
  breakPlan,
  dispositionPlan,
  firstExtension,
  officeCalendarName,
  openCalendarName,
  queuePlan,
  skillPlan,
  smallTopics,
  staffPlan,
} from './organisation-plan.ts'
import { type Holiday, localDay } from './working-days.ts'

/** Numbers that nobody has: in 0342 no subscriber's number begins with 0, and 0800-000 is not given out. */
export const numbers = ['08000000147', '3420009101', '3420009102', '3420009103'] as const

type Making = { trx: Knex; at: number; passwordHash: string; holidays: Holiday[] }

/** Writes agencies, people, queues and all that a centre is run with; in one transaction, so all or nothing. */
export async function makeOrganisation(
  db: Database,
  at: number,
  passwordHash: string,
  holidays: Holiday[],
): Promise<void> {
  await db.transaction(async (trx) => {
    const making = { trx, at, passwordHash, holidays }
    let province = 0
    for (const [index, { code, name, kind }] of agencyPlan.entries()) {
      const row = { code, name, kind, parent_id: province || null, area_code: '342', created_at: at }
      const agencyId = await insertId(trx('agencies').insert(row))
      province ||= agencyId
      await trx('numbers').insert({
        agency_id: agencyId,
        number: numbers[index],
        description: 'Línea de atención (ejemplo)',
      })
      const calendarId = await makeCalendars(making, agencyId)
      await trx('break_reasons').insert(breakPlan.map((name) => ({ agency_id: agencyId, name })))
      await trx('dispositions').insert(
        dispositionPlan.map(({ name, resolved }) => ({ agency_id: agencyId, name, resolved })),
      )
      if (index === 0) await makeProvince(making, agencyId, calendarId)
      else await makeMunicipality(making, agencyId, calendarId, index)
    }
  })
}

/**
 * Office hours with the national holidays, and the calendar of the simulation, which never closes: only the holidays that are over
 * are in it, on which the history has nobody. Gives the latter's id.
 */
async function makeCalendars({ trx, at, holidays }: Making, agencyId: number): Promise<number> {
  const office = await insertId(trx('calendars').insert({ agency_id: agencyId, name: officeCalendarName }))
  const hours = (calendar_id: number, weekdays: number[], opens: string, closes: string) =>
    trx('calendar_hours').insert(
      weekdays.map((weekday) => ({ agency_id: agencyId, calendar_id, weekday, opens, closes })),
    )
  await hours(office, [1, 2, 3, 4, 5], '08:00', '18:00')
  await insertRows(
    trx,
    'calendar_days',
    holidays.map((one) => ({ agency_id: agencyId, calendar_id: office, ...one })),
  )
  const open = await insertId(trx('calendars').insert({ agency_id: agencyId, name: openCalendarName }))
  await hours(open, [1, 2, 3, 4, 5, 6, 7], '00:00', '24:00')
  const today = localDay(at, 'America/Argentina/Buenos_Aires')
  const over = holidays.filter(({ day }) => day < today)
  await insertRows(
    trx,
    'calendar_days',
    over.map((one) => ({ agency_id: agencyId, calendar_id: open, ...one })),
  )
  return open
}

async function makeProvince({ trx, at, passwordHash }: Making, agencyId: number, calendarId: number): Promise<void> {
  const person = { agency_id: agencyId, password_hash: passwordHash, created_at: at }
  await insertRows(
    trx,
    'users',
    staffPlan.map((one) => ({ ...person, extension: null, ...one, email: `${one.username}@ejemplo.invalid` })),
  )
  // A fixed id, so that its address can be told: /wallboards/ejemplo.
  await trx('wallboards').insert({
    id: 'ejemplo',
    agency_id: agencyId,
    name: 'Sala de atención',
    layout: JSON.stringify(templates.room()),
  })
  await insertRows(trx, 'staffing_roster', rosterOf(agencyId))
  const skills = new Map<string, number>()
  for (const name of skillPlan) skills.set(name, await insertId(trx('skills').insert({ agency_id: agencyId, name })))
  for (const [index, { name, skills: levels }] of agentPlan.entries()) {
    const username = `agente${String(index + 1).padStart(2, '0')}`
    const user_id = await insertId(
      trx('users').insert({
        ...person,
        username,
        name,
        role: 'agent',
        extension: String(firstExtension + index),
        robot: true,
        email: `${username}@ejemplo.invalid`,
      }),
    )
    await trx('agent_skills').insert(
      Object.entries(levels).map(([skill, level]) => ({
        agency_id: agencyId,
        user_id,
        skill_id: skills.get(skill),
        level,
      })),
    )
  }
  await trx('back_offices').insert(
    backOfficePlan.map((name, index) => ({ agency_id: agencyId, name, email: `oficina${index + 1}@ejemplo.invalid` })),
  )
  const topics = new Map<string, number>()
  for (const queue of queuePlan) {
    const queueId = await insertId(
      trx('queues').insert({
        agency_id: agencyId,
        code: queue.code,
        name: queue.name,
        channel: 'voice',
        skill_id: queue.skill ? skills.get(queue.skill) : null,
        calendar_id: calendarId,
        priority: queue.priority,
        levels: JSON.stringify(
          queue.skill
            ? [
                { afterMs: 0, minLevel: 3 },
                { afterMs: 20_000, minLevel: 2 },
              ]
            : [],
        ),
        max_wait_seconds: 600,
        max_size: 60,
        no_agents: 'wait',
        messages: JSON.stringify(queue.messages),
      }),
    )
    for (const name of queue.topics) {
      topics.set(name, await insertId(trx('topics').insert({ agency_id: agencyId, queue_id: queueId, name })))
    }
  }
  await trx('articles').insert(
    articlePlan.map(({ topic, title, body }) => ({
      agency_id: agencyId,
      topic_id: topics.get(topic),
      title: `${title} (ejemplo)`,
      body,
      updated_at: at,
    })),
  )
}

async function makeMunicipality(making: Making, agencyId: number, calendarId: number, index: number): Promise<void> {
  const { trx, at, passwordHash } = making
  const person = { agency_id: agencyId, password_hash: passwordHash, created_at: at }
  const people = [
    {
      ...person,
      username: `municipio${index}`,
      name: `Responsable del municipio ${index}`,
      role: 'agency_administrator',
      extension: null,
    },
    {
      ...person,
      username: `supervisora${index}`,
      name: `Supervisora del municipio ${index}`,
      role: 'supervisor',
      extension: String(1000 + index * 100 + 90),
    },
  ]
  await trx('users').insert(people)
  await trx('users').insert({
    ...person,
    username: `agente${index}01`,
    name: `Agente del municipio ${index}`,
    role: 'agent',
    extension: String(1000 + index * 100 + 1),
  })
  const queueId = await insertId(
    trx('queues').insert({
      agency_id: agencyId,
      code: 'general',
      name: 'Atención municipal',
      calendar_id: calendarId,
      levels: '[]',
      messages: JSON.stringify(['Tu llamada está en espera.']),
    }),
  )
  await trx('topics').insert(smallTopics.map((name) => ({ agency_id: agencyId, queue_id: queueId, name })))
  await trx('back_offices').insert({ agency_id: agencyId, name: 'Reclamos' })
}

/** Who is planned for each half hour of an office week: the agents' shifts. */
function rosterOf(agency_id: number): Record<string, number>[] {
  const at = (slot: number) => agentPlan.filter(({ shift: [from, to] }) => slot >= 2 * from && slot < 2 * to).length
  return [1, 2, 3, 4, 5].flatMap((weekday) =>
    Array.from({ length: 48 }, (_, slot) => ({ agency_id, queue_id: 0, weekday, slot, agents: at(slot) })).filter(
      ({ agents }) => agents > 0,
    ),
  )
}
