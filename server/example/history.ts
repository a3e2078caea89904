// Four weeks of a centre's life, made by playing each day through: people call, wait, are rung for, talk or give up.
import { type Desk, deskOf } from './history-desk.ts'
import type { DayRows, DayWindow, HistorySetup, QueueSetup } from './history-types.ts'
import { hourly, noteTexts } from './organisation-plan.ts'
import type { Chance } from './random.ts'

const RING_MS = 20_000
const MAX_WAIT_MS = 600_000

/** When calls come in, in order; UTC ms. A whole office day brings about `calls`. */
export function arrivals({ opens, closes, closesPlanned, office }: DayWindow, calls: number, chance: Chance): number[] {
  const found: number[] = []
  const hourMs = 3_600_000
  const share = (at: number) =>
    office ? (hourly[Math.floor((at - opens) / hourMs)] ?? 0) : hourly.reduce((sum, one) => sum + one) / hourly.length
  const busiest = (Math.max(...hourly) * calls) / hourMs
  const last = Math.min(closes, closesPlanned)
  for (let at = opens + chance.exponential(1 / busiest); at < last; at += chance.exponential(1 / busiest)) {
    if (chance.chance((share(at) * calls) / hourMs / busiest)) found.push(Math.round(at))
  }
  return found
}

type Arriving = { at: number; interaction: DayRows['interactions'][number]; queue: QueueSetup; second: boolean }

/**
 * All rows of one day. Nothing in them is later than `window.closes`: a call that would still be on then is left out, so
 * no fact hangs open. The same setup, window and chance give the same rows.
 */
export function playDay(setup: HistorySetup, window: DayWindow, chance: Chance): DayRows {
  const rows: DayRows = {
    interactions: [],
    queue_stays: [],
    offers: [],
    talk_segments: [],
    wrap_ups: [],
    agent_states: [],
    interaction_notes: [],
    callbacks: [],
    facts: [],
  }
  const desks = setup.agents.map((agent) => deskOf(agent, window, setup, chance))
  const line: Arriving[] = []
  const steps = (interaction: Arriving['interaction'], list: [number, string, string, string][]) => {
    for (const [at, name, detail, choice] of list) {
      const body = JSON.stringify({ node: 'ejemplo', name, detail, choice })
      const { id: interaction_id, agency_id } = interaction
      rows.facts.push({ id: chance.uuid(), agency_id, interaction_id, kind: 'interaction.step', at, body })
    }
  }

  for (const at of arrivals(window, setup.callsADay, chance)) {
    const citizen = chance.chance(0.86) ? chance.pick(setup.citizens) : undefined
    const interaction: Arriving['interaction'] = {
      id: chance.uuid(),
      agency_id: setup.agencyId,
      channel: 'voice',
      direction: 'inbound',
      citizen_id: citizen?.id ?? null,
      from_address: citizen?.phone ?? `+5434200${chance.between(90_000, 99_999)}`,
      to_address: setup.number,
      topic_id: null,
      disposition_id: null,
      created_at: at,
      answered_at: at + 400,
      ended_at: null,
      rejected_reason: null,
      contained: false,
      survey_score: null,
      switch_node: 'ejemplo',
      gateway: 'troncal-ejemplo',
      hangup_cause: 'NORMAL_CLEARING',
      hangup_side: 'caller',
    }
    const queue = chance.weighted(setup.queues.map((item) => ({ item, weight: item.weight })))
    const menuAt = at + chance.between(7_000, 16_000)
    const dniAt = menuAt + chance.between(6_000, 14_000)
    const endsInMenu = chance.next()
    if (endsInMenu < 0.17) {
      // A few give up in the menu; most of these heard what they wanted (opening hours, due dates).
      const contained = endsInMenu > 0.05
      const ended = (contained ? dniAt : menuAt) + chance.between(2_000, 40_000)
      if (ended > window.closes) continue
      rows.interactions.push({ ...interaction, ended_at: ended, contained })
      const said = contained ? '9 Horarios y vencimientos' : 'sin respuesta'
      steps(interaction, [[menuAt, 'Menú de temas', said, said]])
      continue
    }
    line.push({ at: dniAt, interaction, queue, second: false })
    steps(interaction, [
      [menuAt, 'Menú de temas', queue.option, queue.option],
      [dniAt, 'DNI', citizen?.dni ?? 'sin respuesta', citizen?.dni ? 'respondió' : 'sin respuesta'],
    ])
  }
  line.sort((a, b) => a.at - b.at)

  for (let next = line.shift(); next; next = line.shift()) {
    const { interaction } = next
    const ended = serve(setup, window, rows, desks, next, chance)
    if (!ended) {
      // Sent on, but what came then would not be over in time: this call ends where it was sent on.
      if (next.second) rows.interactions.push({ ...interaction, ended_at: next.at })
      continue
    }
    if (ended.again && !next.second) {
      const again = { at: ended.at, interaction, queue: ended.again, second: true }
      const place = line.findIndex((one) => one.at > again.at)
      line.splice(place < 0 ? line.length : place, 0, again)
    } else if (interaction.ended_at === null) {
      interaction.ended_at = ended.at
      rows.interactions.push(interaction)
    }
  }
  for (const desk of desks) rows.agent_states.push(...desk.spans(window.closes, chance))
  keepWhole(rows)
  return rows
}

type Served = { at: number; again?: QueueSetup }

/** Plays one stay to its end; undefined when it would not be over by the end of the window (nothing is written then). */
function serve(
  setup: HistorySetup,
  window: DayWindow,
  rows: DayRows,
  desks: Desk[],
  arriving: Arriving,
  chance: Chance,
): Served | undefined {
  const { at, interaction, queue } = arriving
  const { agency_id } = interaction
  const interaction_id = interaction.id
  const stay: DayRows['queue_stays'][number] = {
    id: chance.uuid(),
    agency_id,
    interaction_id,
    queue_id: queue.id,
    enqueued_at: at,
    left_at: null,
    outcome: null,
    overflow_reason: null,
    agent_id: null,
    priority: queue.priority,
    target_seconds: 20,
    target_percent: 80,
    short_abandon_seconds: 5,
  }
  const leave = (outcome: string, left_at: number, more: Partial<typeof stay> = {}) =>
    rows.queue_stays.push({ ...stay, outcome, left_at, ...more })
  // Some hang up at the first bars of music; the others have minutes.
  const gone = at + (chance.chance(0.02) ? chance.between(800, 4_500) : 8_000 + chance.exponential(300_000))
  const asksBack = chance.chance(0.25)
  const overflowsAt = at + MAX_WAIT_MS
  let from = at
  for (let tries = 0; tries < 6; tries++) {
    const desk = soonest(desks, queue, from)
    const offered = desk ? Math.max(from, desk.freeFrom(from)) + 150 : Number.POSITIVE_INFINITY
    const limit = Math.min(gone, overflowsAt)
    if (asksBack && offered > at + 90_000 && limit > at + 90_000 && at + 90_000 < window.closes) {
      const left = at + 90_000
      leave('callback', left)
      rows.callbacks.push({
        id: chance.uuid(),
        agency_id,
        interaction_id,
        stay_id: stay.id,
        queue_id: queue.id,
        citizen_id: interaction.citizen_id,
        number: interaction.from_address,
        priority: queue.priority,
        place_since: at,
        requested_at: left,
        state: 'done',
        attempts: 1,
        done_at: left,
      })
      return { at: left + 900 }
    }
    if (!desk || offered >= limit) {
      if (limit > window.closes) return undefined
      const left = Math.round(limit)
      if (gone <= overflowsAt) leave('abandoned', left)
      else leave('overflowed', left, { overflow_reason: desk ? 'timeout' : 'no_agents' })
      return { at: gone <= overflowsAt ? left : left + 9_000 }
    }
    const offer = {
      id: chance.uuid(),
      agency_id,
      interaction_id,
      stay_id: stay.id,
      queue_id: queue.id,
      agent_id: desk.id,
    }
    const misses = chance.next()
    const rings = misses < 0.025 ? RING_MS : chance.between(1_500, misses < 0.035 ? 5_000 : 7_000)
    if (offered + rings > gone && gone <= window.closes) {
      const left = Math.round(gone)
      rows.offers.push({ ...offer, offered_at: offered, ended_at: left, outcome: 'caller_gone' })
      desk.ring(offered, left)
      leave('abandoned', left)
      return { at: left }
    }
    const until = offered + rings
    if (misses < 0.035) {
      if (until + 15_000 > window.closes) return undefined
      const outcome = misses < 0.025 ? 'no_answer' : 'refused'
      rows.offers.push({ ...offer, offered_at: offered, ended_at: until, outcome })
      desk.ring(offered, until, outcome === 'no_answer' ? 2_000 : 10_000)
      from = until
      continue
    }
    return talk({ setup, window, rows, desk, arriving, chance, offer, offered, until, leave, stayId: stay.id })
  }
  const left = Math.round(Math.min(gone, overflowsAt, from + 20_000))
  if (left > window.closes) return undefined
  leave('abandoned', left)
  return { at: left }
}

function talk(play: {
  setup: HistorySetup
  window: DayWindow
  rows: DayRows
  desk: Desk
  arriving: Arriving
  chance: Chance
  offer: Omit<DayRows['offers'][number], 'offered_at' | 'ended_at' | 'outcome'>
  offered: number
  until: number
  leave(outcome: string, at: number, more: { agent_id: number }): void
  stayId: string
}): Served | undefined {
  const { setup, window, rows, desk, chance, offer, offered, until, stayId } = play
  const { interaction, queue, second } = play.arriving
  const talkMs = Math.round(Math.min(1_500_000, Math.max(15_000, chance.around(185_000, 0.55))))
  const holdMs = chance.chance(0.16) ? Math.round(chance.around(35_000, 0.5)) : 0
  const ended = until + talkMs + holdMs
  const wrapUp = Math.round(Math.min(120_000, Math.max(4_000, chance.around(32_000, 0.5))))
  if (ended + wrapUp + 1_000 > window.closes) return undefined
  const { agency_id } = interaction
  const interaction_id = interaction.id
  const whose = { agency_id, interaction_id, agent_id: desk.id, queue_id: queue.id }
  rows.offers.push({ ...offer, offered_at: offered, ended_at: until, outcome: 'accepted' })
  play.leave('answered', until, { agent_id: desk.id })
  const talkId = chance.uuid()
  rows.talk_segments.push({
    id: talkId,
    ...whose,
    stay_id: stayId,
    answered_at: until,
    ended_at: ended,
    hold_ms: holdMs,
    holds: holdMs > 0 ? 1 : 0,
  })
  const again = !second && setup.queues.length > 1 && chance.chance(0.05)
  const topicId = chance.pick(queue.topicIds)
  const dispositionId = chance.weighted(setup.dispositions)
  rows.wrap_ups.push({
    id: chance.uuid(),
    ...whose,
    talk_id: talkId,
    began_at: ended,
    ended_at: ended + wrapUp,
    disposition_id: dispositionId,
    topic_id: topicId,
  })
  desk.work(offered, until, ended, ended + wrapUp)
  interaction.topic_id = topicId
  interaction.disposition_id = dispositionId
  if (chance.chance(0.28)) {
    rows.interaction_notes.push({
      id: chance.uuid(),
      agency_id,
      interaction_id,
      user_id: desk.id,
      at: ended + 2_000,
      body: chance.pick(noteTexts),
    })
  }
  if (again) return { at: ended, again: chance.pick(setup.queues.filter((one) => one.id !== queue.id)) }
  if (chance.chance(0.22)) {
    interaction.survey_score = chance.weighted(
      [1, 2, 3, 4, 5].map((item) => ({ item, weight: [4, 5, 12, 33, 46][item - 1]! })),
    )
    return { at: ended + 6_000 }
  }
  interaction.hangup_side = chance.chance(0.7) ? 'caller' : 'platform'
  return { at: ended }
}

/** Whoever may take it first: free earliest, and of those free now, the one that has been so for longest. */
function soonest(desks: Desk[], queue: QueueSetup, at: number): Desk | undefined {
  let best: { desk: Desk; free: number; idle: number } | undefined
  for (const desk of desks) {
    if (queue.skillId !== undefined && !desk.skillIds.has(queue.skillId)) continue
    const idle = desk.freeFrom(at)
    if (idle === Number.POSITIVE_INFINITY) continue
    const free = Math.max(at, idle)
    if (!best || free < best.free || (free === best.free && idle < best.idle)) best = { desk, free, idle }
  }
  return best?.desk
}

/** Rows of calls that were left out because they would end too late go too. */
function keepWhole(rows: DayRows): void {
  const kept = new Set(rows.interactions.map((one) => one.id))
  const whole = <Row extends { interaction_id: string }>(list: Row[]) =>
    list.filter((row) => kept.has(row.interaction_id))
  rows.queue_stays = whole(rows.queue_stays)
  const stays = new Set(rows.queue_stays.map((stay) => stay.id))
  rows.offers = whole(rows.offers).filter((offer) => stays.has(offer.stay_id))
  rows.talk_segments = whole(rows.talk_segments)
  rows.wrap_ups = whole(rows.wrap_ups)
  rows.interaction_notes = whole(rows.interaction_notes)
  rows.callbacks = whole(rows.callbacks)
  rows.facts = whole(rows.facts)
}
