#!/usr/bin/env node
// Counts calls from a switch's own call records (mod_json_cdr) and nothing else. It shares no line with Vera on purpose: it
// is what Vera's figures are held against. All instants are the switch's, in ms; `centre.json` tells what it cannot know:
// names, targets, the carriers' addresses and what each recorded sound says.
//
//   node count.mjs <folder with *.cdr.json> <centre.json> [from] [to]
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const ms = (micros) => Math.round(Number(micros ?? 0) / 1000)

/** Every record below the folder, wherever Vera has put it aside. */
function records(folder) {
  const found = []
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) found.push(...records(path))
    else if (entry.name.endsWith('.cdr.json')) found.push(JSON.parse(readFileSync(path, 'utf8')))
  }
  return found
}

/**
 * Where a leg was sent, one after another. FreeSWITCH writes the place down once more when the leg is joined with another: who
 * is really sent to wait hears the music begin, and before being joined (behind it, it is that of a hold).
 */
function profilesOf(callflow, log) {
  const all = [...callflow].reverse().map((one) => ({
    to: one.caller_profile.destination_number,
    context: one.caller_profile.context,
    at: ms(one.times.profile_created_time),
    bridged: ms(one.times.bridged_time),
    music: false,
  }))
  for (const { app_data, app_stamp } of log?.applications ?? []) {
    if (!String(app_data).startsWith('local_stream://')) continue
    const at = ms(app_stamp)
    const place = all.find(
      (one) => one.to === 'vera_wait' && !one.music && one.at <= at && (one.bridged < one.at || at <= one.bridged),
    )
    if (place) place.music = true
  }
  return all.filter((one, place) => one.to !== all[place - 1]?.to || one.music)
}

/** What happened, from the records: calls with their stays in queues, rings of agents, talks. */
export function read(folder, centre) {
  const legs = records(folder)
  const agentLegs = []
  const dialled = []
  const callers = []
  for (const { variables: v, callflow, app_log: log } of legs) {
    const times = callflow[0].times
    const leg = {
      uuid: v.uuid,
      v,
      profiles: profilesOf(callflow, log),
      sounds: (log?.applications ?? []).flatMap(({ app_data, app_stamp }) =>
        [...String(app_data).matchAll(/[\w.-]+\.wav/g)].flatMap(([name]) =>
          centre.sounds[name]
            ? [{ at: ms(app_stamp), what: centre.sounds[name][0], queue: centre.sounds[name][1] }]
            : [],
        ),
      ),
      from: ms(callflow.at(-1).times.created_time),
      answered: ms(times.answered_time),
      bridged: ms(times.bridged_time),
      to: ms(times.hangup_time),
    }
    if (v.vera_offer === v.uuid) agentLegs.push(leg)
    else if (v.direction === 'outbound') dialled.push({ ...leg, line: v.sip_gateway_name })
    else if (leg.profiles[0].context === 'public') callers.push(leg)
  }

  const calls = []
  const stays = []
  const ofCaller = Map.groupBy(agentLegs, (leg) => leg.v.vera_caller ?? '')
  // A citizen who was called back may be passed on to a queue: that wait is on the leg that was dialled.
  for (const leg of [...callers, ...dialled]) {
    const call = leg.v.direction === 'outbound' ? leg.v.vera_interaction : leg.uuid
    const mine = (ofCaller.get(leg.uuid) ?? []).sort((a, b) => a.from - b.from)
    const own = []
    const passed = dialled.filter((one) => one.v.vera_caller === leg.uuid)
    const joined = (at, until) => mine.find((one) => one.bridged > 0 && one.bridged >= at && one.bridged <= until)
    const music = leg.profiles.flatMap((one, place) =>
      one.to === 'vera_wait' ? [{ at: one.at, next: leg.profiles[place + 1] }] : [],
    )
    // While a number is dialled for the caller it is no wait in a queue. The switch's instants are 20 ms apart.
    const dialling = new Set(
      passed.map((one) =>
        music.find(
          ({ at, next }) => at <= one.from && one.from <= (next?.at ?? leg.to) && !joined(at, next?.at ?? leg.to),
        ),
      ),
    )
    const waits = music.filter((one) => !dialling.has(one))
    for (const [place, { at, next }] of waits.entries()) {
      const until = next?.at ?? leg.to
      // An agent who was joined with the caller while in this wait.
      const taken = joined(at, until)
      const sound = leg.sounds.findLast(
        (one) => one.what === 'enter' && one.at <= at && one.at >= (waits[place - 1]?.at ?? 0),
      )
      // Nobody said where to: back to where they were, as the number was not reached, or passed on by an agent.
      const before = waits[place - 1]?.at ?? 0
      const failed = passed.some((one) => one.from >= before && one.from < at)
      const queue = sound?.queue ?? (failed ? own.at(-1)?.queue : centre.passedOn)
      const stay = { call, leg: leg.uuid, queue, from: at, left: until, outcome: 'abandoned', reason: '', agent: 0 }
      if (taken) Object.assign(stay, { left: taken.bridged, outcome: 'answered', agent: Number(taken.v.vera_agent) })
      else if (next) {
        const heard = leg.sounds.find((one) => one.at >= until && one.what !== 'enter')
        if (heard?.what === 'callback') stay.outcome = 'callback'
        else Object.assign(stay, { outcome: 'overflowed', reason: heard?.what ?? '?' })
      }
      own.push(stay)
    }
    // Turned away at the door: sent to a queue, and told so without any wait.
    for (const [place, sound] of leg.sounds.entries()) {
      if (sound.what !== 'full' && sound.what !== 'no_agents') continue
      const before = leg.sounds[place - 1]
      if (own.some((stay) => stay.queue === sound.queue && stay.from >= (before?.at ?? 0) && stay.from <= sound.at))
        continue
      own.push({
        ...{ call, leg: leg.uuid, queue: sound.queue, from: sound.at, left: sound.at, agent: 0 },
        ...{ outcome: 'overflowed', reason: sound.what },
      })
    }
    own.sort((a, b) => a.from - b.from)
    stays.push(...own)
    if (call !== leg.uuid) continue
    calls.push({
      uuid: leg.uuid,
      from: leg.from,
      answered: leg.answered,
      to: leg.to,
      line: centre.lines[leg.v.sip_network_ip] ?? '',
      rejected: leg.sounds.find((one) => one.what === 'closed'),
      contained: leg.sounds.find((one) => one.what === 'contained'),
    })
  }

  const offers = []
  const talks = []
  const ofCall = Map.groupBy(stays, (stay) => stay.call)
  const ofLeg = Map.groupBy(stays, (stay) => stay.leg)
  for (const leg of agentLegs) {
    const { v } = leg
    const agent = Number(v.vera_agent)
    const queue = Number(v.vera_queue)
    const called = !v.vera_caller
    const talked = leg.bridged > 0
    const outcomes = { NO_ANSWER: 'no_answer', CALL_REJECTED: 'refused', ORIGINATOR_CANCEL: 'caller_gone' }
    offers.push({
      ...{ from: leg.from, agent, queue },
      // Of a call back the agent has taken it before the citizen is dialled.
      ...(talked || (called && leg.answered > 0)
        ? { outcome: 'accepted', left: talked && !called ? leg.bridged : leg.answered }
        : { outcome: outcomes[v.hangup_cause] ?? 'failed', left: leg.to }),
    })
    if (!talked) continue
    const all = (called ? ofCall.get(v.vera_interaction) : ofLeg.get(v.vera_caller)) ?? []
    const stay = called
      ? all.findLast((one) => one.outcome === 'callback')
      : all.find((one) => one.outcome === 'answered' && one.left === leg.bridged)
    const holdFrom = ms(v.last_hold_uepoch)
    const holdSum = ms(v.hold_accum_usec)
    // The switch adds a hold up when it ends; one that lasted to the end is the rest of the leg.
    const hold = holdFrom > 0 ? { from: holdFrom, ms: holdSum || leg.to - holdFrom } : undefined
    talks.push({ home: stay?.from ?? leg.bridged, from: leg.bridged, to: leg.to, agent, queue, hold })
  }
  return { calls, stays, offers, talks, dialled }
}

const rank = (sorted, share) => sorted[Math.max(1, Math.ceil(Number((share * sorted.length).toFixed(9)))) - 1]
const over = (a, b) => (b === 0 ? null : a / b)

/**
 * The figures of a period, of one queue, agent or line if asked, as they stood at `at`. Ids are those of the reports. What
 * the switch does not know is not in the answer.
 */
export function figures(day, centre, { from, to, queue, agent, line, direction, at = Number.POSITIVE_INFINITY }) {
  const inside = (instant) => instant >= from && instant < to && instant <= at
  const onLine = (one) => line === undefined || one.line === line
  const entered = direction === 'outbound' ? [] : day.calls.filter(onLine)
  // Of a leg that was dialled is told when it is over.
  const out = direction === 'inbound' ? [] : day.dialled.filter((one) => onLine(one) && one.to <= at)
  const calls = entered.filter((one) => inside(one.from))
  const dialled = out.filter((one) => inside(one.from))
  const stays = day.stays
    .filter((one) => inside(one.from) && (queue === undefined || one.queue === queue))
    // Who had not left by then still waited.
    .map((one) => (one.left > at ? { ...one, outcome: 'waiting', agent: 0 } : one))
    .filter((one) => agent === undefined || one.agent === agent)
    .map((one) => ({ ...one, wait: one.left - one.from, ...centre.queues[one.queue] }))
  const of = (outcome, reason) =>
    stays.filter((one) => one.outcome === outcome && (reason === undefined || one.reason === reason)).length
  const left = stays.filter((one) => one.outcome !== 'waiting')
  const sum = (list, value) => list.reduce((all, one) => all + value(one), 0)
  const inTime = (one) => one.wait <= one.targetSeconds * 1000
  const answeredOnes = stays.filter((one) => one.outcome === 'answered')
  const abandonedOnes = stays.filter((one) => one.outcome === 'abandoned')
  const waits = left.map((one) => Math.floor(one.wait / 1000)).sort((a, b) => a - b)
  const mine = (one) => (queue === undefined || one.queue === queue) && (agent === undefined || one.agent === agent)
  const talks = day.talks.filter((one) => inside(one.home) && one.from <= at && mine(one))
  const held = (one) => (one.hold && one.hold.from + one.hold.ms <= at ? one.hold.ms : 0)
  const offers = day.offers.filter((one) => inside(one.from) && mine(one))
  const notTaken = (outcome) =>
    offers.filter((one) => one.left <= at && (outcome ? one.outcome === outcome : one.outcome !== 'accepted')).length
  const finished = calls.filter((one) => one.answered > 0 && one.to <= at)
  const until = Math.min(to, at)
  // Lines: every call's part of the period, one after another in time.
  const busy = [...entered, ...out]
    .filter((one) => one.from < until && one.to > from)
    .map((one) => ({ from: Math.max(one.from, from), to: Math.min(one.to, until) }))
    .filter((one) => one.to > one.from)
  let up = 0
  let peak = 0
  // A line freed in the instant in which another is taken is the same line.
  for (const step of busy
    .flatMap((one) => [
      { at: one.from, by: 1 },
      { at: one.to, by: -1 },
    ])
    .sort((a, b) => a.at - b.at || a.by - b.by)) {
    up += step.by
    peak = Math.max(peak, up)
  }
  const lineTime = sum(busy, (one) => one.to - one.from)

  const received = calls.length
  const contained = calls.filter((one) => one.contained && one.contained.at <= at).length
  const rejected = calls.filter((one) => one.rejected && one.rejected.at <= at).length
  const [answered, abandoned, overflowed, callbacks, waiting] = [
    'answered',
    'abandoned',
    'overflowed',
    'callback',
    'waiting',
  ].map((one) => of(one))
  const offered = stays.length
  const short = abandonedOnes.filter((one) => one.wait < one.shortAbandonSeconds * 1000).length
  const within = answeredOnes.filter(inTime).length
  const waitAnswered = sum(answeredOnes, (one) => one.wait)
  const waitAbandoned = sum(abandonedOnes, (one) => one.wait)
  const hold = sum(talks, held)
  return {
    ...{ received, contained, containment: over(contained, received), rejected, rejected_closed: rejected },
    // Nothing in this centre does either.
    ...{ rejected_blocked: 0, rejected_busy: 0 },
    ...{ offered, answered, abandoned, overflowed, callbacks, waiting },
    short_abandoned: short,
    overflowed_timeout: of('overflowed', 'timeout'),
    overflowed_full: of('overflowed', 'full'),
    overflowed_no_agents: of('overflowed', 'no_agents'),
    overflowed_diverted: of('overflowed', 'diverted'),
    abandon_rate: over(abandoned, offered),
    answered_within: within,
    sl_offered: over(within, answered + abandoned - short),
    sl_answered: over(within, answered),
    sl_late_abandons: over(within, answered + abandonedOnes.filter((one) => !inTime(one)).length),
    sl_all: over(within, offered),
    sl_removed: over(left.filter(inTime).length, offered),
    wait_answered: waitAnswered,
    asa: over(waitAnswered, answered),
    wait_abandoned_total: waitAbandoned,
    wait_abandoned: over(waitAbandoned, abandoned),
    wait_max: left.length === 0 ? null : Math.max(...left.map((one) => one.wait)),
    wait_p50: waits.length === 0 ? null : rank(waits, 0.5) * 1000,
    wait_p90: waits.length === 0 ? null : rank(waits, 0.9) * 1000,
    duration: over(
      sum(finished, (one) => one.to - one.answered),
      finished.length,
    ),
    talk: sum(talks, (one) => Math.min(one.to, at) - one.from) - hold,
    hold,
    handled: talks.length,
    offers: offers.length,
    agent_rejected: notTaken(),
    agent_rejected_no_answer: notTaken('no_answer'),
    agent_rejected_refused: notTaken('refused'),
    agent_rejected_failed: notTaken('failed'),
    agent_rejected_caller_gone: notTaken('caller_gone'),
    seizures: dialled.length,
    seizures_answered: dialled.filter((one) => one.answered > 0).length,
    asr: over(dialled.filter((one) => one.answered > 0).length, dialled.length),
    line_time: lineTime,
    lines_peak: peak,
    lines_erlangs: over(lineTime, Math.max(0, until - from)),
    lines_busy: [...entered, ...out].filter((one) => one.from < until && one.to > until).length,
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [folder, about, from = 0, to = Number.MAX_SAFE_INTEGER] = process.argv.slice(2)
  if (!folder || !about) {
    console.error('node count.mjs <folder of call records> <centre.json> [from] [to]   (instants ISO 8601)')
    process.exit(2)
  }
  const centre = JSON.parse(readFileSync(about, 'utf8'))
  const instant = (text) => (typeof text === 'string' ? Date.parse(text) : text)
  console.log(JSON.stringify(figures(read(folder, centre), centre, { from: instant(from), to: instant(to) }), null, 1))
}
