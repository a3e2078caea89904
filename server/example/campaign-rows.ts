import { insertId, type Knex } from '../database/index.ts'
import type { DayRows, DayWindow, HistorySetup } from './history-types.ts'
import type { Chance } from './random.ts'

const RECORDS_A_DAY = 34
const CALLED_A_DAY = 30
const HOUR = 3_600_000
const name = 'Recordatorio de turnos (ejemplo)'

export type CampaignRows = Record<
  'campaign_records' | 'dial_attempts' | 'campaign_agents',
  Record<string, string | number | boolean | null>[]
> &
  Pick<DayRows, 'interactions'>

/** The id of the example's campaign, made when it is not there. Its plan ends a week after `until`. */
export async function exampleCampaign(trx: Knex, agency_id: number, days: readonly DayWindow[]): Promise<number> {
  const found = await trx('campaigns').where({ agency_id, name }).first('id')
  if (found) return found.id
  const [from, until] = [days[0]!.opens, days.at(-1)!.closes]
  const plan = { plan_from: from, plan_to: until + 7 * 24 * HOUR, plan_records: days.length * CALLED_A_DAY }
  return insertId(trx('campaigns').insert({ agency_id, name, created_at: from, ...plan }))
}

/** A day of it: the list of the day, most of it called in the morning, some twice. Nothing is later than `window.closes`. */
export function campaignDay(setup: HistorySetup, window: DayWindow, campaign_id: number, chance: Chance): CampaignRows {
  const rows: CampaignRows = { interactions: [], campaign_records: [], dial_attempts: [], campaign_agents: [] }
  const { agencyId: agency_id } = setup
  const begins = window.opens + (window.closes - window.opens) / 10
  const ends = Math.min(begins + 4 * HOUR, window.closes - 300_000)
  const agents = setup.agents.slice(0, 2).map(({ id }) => id)
  for (const agent_id of agents)
    rows.campaign_agents.push({
      ...{ id: chance.uuid(), agency_id, campaign_id, agent_id },
      ...{ joined_at: Math.round(begins), left_at: Math.round(ends + 240_000) },
    })
  for (let place = 0; place < RECORDS_A_DAY; place++) {
    const record = { id: chance.uuid(), agency_id, campaign_id, loaded_at: window.opens }
    const tries: number[] = []
    let closed: number | null = null
    let success: boolean | null = null
    const citizen = chance.pick(setup.citizens)
    for (let at = begins + ((ends - begins) * place) / CALLED_A_DAY; place < CALLED_A_DAY && tries.length < 2; ) {
      const began = Math.round(at)
      tries.push(began)
      const outcome = chance.weighted([
        { item: 'answered', weight: 52 },
        { item: 'no_answer', weight: 28 },
        { item: 'machine', weight: 12 },
        { item: 'busy', weight: 8 },
      ])
      const spoken = outcome === 'answered'
      const answered = spoken || outcome === 'machine' ? began + chance.between(5_000, 20_000) : null
      const connected = spoken && chance.chance(0.97) ? answered! + chance.between(200, 1_800) : null
      const ended = (answered ?? began + 25_000) + (connected ? chance.between(30_000, 150_000) : 6_000)
      const id = chance.uuid()
      rows.interactions.push({
        ...{ id, agency_id, channel: 'voice', direction: 'outbound', citizen_id: citizen.id },
        ...{ from_address: setup.number, to_address: citizen.phone, topic_id: null, disposition_id: null },
        ...{ created_at: began, answered_at: answered, ended_at: ended, rejected_reason: null, contained: false },
        ...{ survey_score: null, switch_node: 'ejemplo', gateway: 'troncal-ejemplo' },
        ...{ hangup_cause: answered ? 'NORMAL_CLEARING' : 'NO_ANSWER', hangup_side: 'platform' },
      })
      rows.dial_attempts.push({
        ...{ id: chance.uuid(), agency_id, campaign_id, record_id: record.id, interaction_id: id },
        ...{ began_at: began, answered_at: answered, answered_by: answered ? (spoken ? 'human' : 'machine') : null },
        ...{ connected_at: connected, agent_id: connected ? agents[place % agents.length]! : null },
        ...{ ended_at: ended, outcome },
      })
      if (connected) {
        closed = ended
        success = chance.chance(0.8)
        break
      }
      at = began + (ends - began) / 2
    }
    rows.campaign_records.push({
      ...record,
      ...{ first_attempt_at: tries[0] ?? null, closed_at: closed, success, disposition_id: null },
    })
  }
  return rows
}
