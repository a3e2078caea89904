import type { Database, Scope } from '../../server/database/index.ts'

/** Ids of what `fillCentre` made. */
export type Centre = { queueA: number; queueB: number; ana: number; beto: number; supervisor: number; lunch: number }

const s = 1000
/** 2026-03-02 in Buenos Aires (UTC-3): a Monday. */
export const monday = Date.parse('2026-03-02T03:00:00Z')
export const noon = monday + 12 * 3_600_000

let serial = 0
const uid = () => `00000000-0000-4000-8000-${String(++serial).padStart(12, '0')}`

/**
 * Monday noon: queue A gets 5 calls (three answered after 10, 20 and 40 s with 60 s of talk and 10 s of wrap-up each, one
 * abandoned after 3 s, one after 60 s), queue B one overflow at 12:30; a call that the IVR contained, one closed.
 */
export async function fillCentre(db: Database, scope: Scope): Promise<Centre> {
  const { knex } = db
  const agency_id = scope.agencyId
  const insert = async (table: string, row: object) =>
    ((await knex(table).insert({ agency_id, ...row })) as number[])[0]!
  const user = (name: string, role: string) =>
    insert('users', { username: `${name}${agency_id}`, name, role, email: `${role}@example.org`, created_at: 0 })
  const queueA = await insert('queues', { code: 'a', name: 'Impuestos' })
  const queueB = await insert('queues', { code: 'b', name: '=Salud;"x"' })
  const ana = await user('Ana Ñandú', 'agent')
  const beto = await user('Beto', 'agent')
  const supervisor = await user('Marta', 'supervisor')
  const lunch = await insert('break_reasons', { name: 'Almuerzo' })
  const call = async (at: number, ended: number, more: object = {}) => {
    const id = uid()
    await insert('interactions', {
      id,
      channel: 'voice',
      direction: 'inbound',
      from_address: '+5493424567890',
      to_address: '0800',
      created_at: at,
      answered_at: at,
      ended_at: ended,
      ...more,
    })
    return id
  }
  const stay = async (
    interaction_id: string,
    queue_id: number,
    at: number,
    wait: number,
    outcome: string,
    more: object = {},
  ) => {
    const id = uid()
    await insert('queue_stays', {
      id,
      interaction_id,
      queue_id,
      enqueued_at: at,
      left_at: at + wait,
      outcome,
      priority: 5,
      target_seconds: 20,
      target_percent: 80,
      short_abandon_seconds: 5,
      ...more,
    })
    return id
  }
  for (const [index, wait] of [10 * s, 20 * s, 40 * s].entries()) {
    const at = noon + index * 60 * s
    const agent = index < 2 ? ana : beto
    const id = await call(at, at + wait + 60 * s)
    const stayId = await stay(id, queueA, at, wait, 'answered', { agent_id: agent })
    const talkId = uid()
    await insert('offers', {
      id: uid(),
      interaction_id: id,
      stay_id: stayId,
      queue_id: queueA,
      agent_id: agent,
      offered_at: at + 1,
      ended_at: at + wait,
      outcome: 'accepted',
    })
    await insert('talk_segments', {
      id: talkId,
      interaction_id: id,
      stay_id: stayId,
      queue_id: queueA,
      agent_id: agent,
      answered_at: at + wait,
      ended_at: at + wait + 60 * s,
      hold_ms: 15 * s,
    })
    await insert('wrap_ups', {
      id: uid(),
      interaction_id: id,
      talk_id: talkId,
      queue_id: queueA,
      agent_id: agent,
      began_at: at + wait + 60 * s,
      ended_at: at + wait + 70 * s,
    })
  }
  for (const wait of [3 * s, 60 * s]) await stay(await call(noon, noon + wait), queueA, noon, wait, 'abandoned')
  const half = noon + 1800 * s
  await stay(await call(half, half + 90 * s), queueB, half, 90 * s, 'overflowed', { overflow_reason: 'timeout' })
  await call(half, half + 5 * s, { contained: true })
  await call(half, half + 1 * s, { answered_at: null, rejected_reason: 'closed' })
  const state = (agent_id: number, name: string, from: number, to: number, more: object = {}) =>
    insert('agent_states', { id: uid(), agent_id, state: name, began_at: from, ended_at: to, ...more })
  await state(ana, 'available', noon - 3600 * s, noon)
  await state(ana, 'talking', noon, noon + 1800 * s)
  await state(ana, 'break', noon + 1800 * s, noon + 3600 * s, { break_reason_id: lunch })
  await state(beto, 'available', noon, noon + 3600 * s)
  const campaign = await insert('campaigns', {
    name: 'Recordatorio',
    created_at: noon,
    plan_from: noon,
    plan_to: noon + 7200 * s,
    plan_records: 4,
  })
  const record = (more: object) =>
    insert('campaign_records', { id: uid(), campaign_id: campaign, loaded_at: noon, ...more })
  await record({ first_attempt_at: noon, closed_at: noon + 300 * s, success: true })
  await record({ first_attempt_at: noon + 60 * s })
  await record({})
  await record({})
  const { id: dialled } = await knex('interactions').where({ agency_id }).first('id')
  const attempt = (after: number, more: object = {}) =>
    insert('dial_attempts', {
      ...{ id: uid(), campaign_id: campaign, record_id: 'r', interaction_id: dialled, began_at: noon + after * s },
      ...more,
    })
  const answered = (at: number, connected: number | null) => ({
    answered_at: noon + at * s,
    answered_by: 'human',
    connected_at: connected === null ? null : noon + connected * s,
  })
  await attempt(0, answered(10, 12))
  await attempt(60, answered(70, 73))
  await attempt(120, { answered_at: noon + 125 * s, answered_by: 'machine' })
  await attempt(2400)
  await insert('campaign_agents', {
    ...{ id: uid(), campaign_id: campaign, agent_id: ana, joined_at: noon, left_at: noon + 1800 * s },
  })
  return { queueA, queueB, ana, beto, supervisor, lunch }
}
