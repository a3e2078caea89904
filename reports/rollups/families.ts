import {
  type AnyKind,
  addFact,
  addLines,
  addTotals,
  elapsedOf,
  type FactKind,
  type Measure,
  measures,
  noTotals,
  type Slice,
  type Totals,
} from '../metrics/index.ts'

/** By what totals are kept apart. */
export const families = [
  ...(['whole', 'queue', 'agent', 'agent_topic', 'topic', 'line', 'target'] as const),
  ...(['journey', 'step', 'answer', 'way'] as const),
] as const
export type Family = (typeof families)[number]

/**
 * Whose totals. `subject`: queue (also of a target), agent or topic of the family (of those of flows the topic), of a line 1 inbound or 2 outbound; 0: none.
 * `queueId`: the queue, in the families agent, agent_topic and topic; 0: none. `label`: the channel, of a line its gateway, of agent_topic
 * the topic's id, of a target its seconds, percent and channel («20/80/voice»), of a step, answer and way `flowLabel`; '' where there is none.
 */
export type Key = { subject: number; queueId: number; label: string }
export type KeyedTotals = Key & { totals: Totals }

type One<Kind extends FactKind> = Slice[Kind][number]
/** For each family, the key of each kind of fact that it counts; undefined: not this one. */
type Keys = { [Kind in FactKind]?: (one: One<Kind>) => Key | undefined }

const key = (subject: number | null, queueId: number | null, label: string): Key => ({
  subject: subject ?? 0,
  queueId: queueId ?? 0,
  label,
})
const mine = (id: number | null, then: Key) => (id === null ? undefined : then)

const keys: Record<Family, Keys> = {
  whole: {
    interactions: (one) => key(0, 0, one.channel),
    stays: (one) => key(0, 0, one.channel),
    offers: (one) => key(0, 0, one.channel),
    talks: (one) => key(0, 0, one.channel),
    wrapUps: (one) => key(0, 0, one.channel),
    states: () => key(0, 0, ''),
    lines: () => key(0, 0, 'voice'),
    dials: () => key(0, 0, 'voice'),
  },
  queue: {
    stays: (one) => key(one.queueId, 0, one.channel),
    offers: (one) => key(one.queueId, 0, one.channel),
    talks: (one) => mine(one.queueId, key(one.queueId, 0, one.channel)),
    wrapUps: (one) => mine(one.queueId, key(one.queueId, 0, one.channel)),
  },
  agent: {
    stays: (one) => mine(one.agentId, key(one.agentId, one.queueId, one.channel)),
    offers: (one) => key(one.agentId, one.queueId, one.channel),
    talks: (one) => key(one.agentId, one.queueId, one.channel),
    wrapUps: (one) => key(one.agentId, one.queueId, one.channel),
    states: (one) => key(one.agentId, 0, ''),
  },
  agent_topic: {
    talks: (one) => key(one.agentId, one.queueId, String(one.topicId ?? 0)),
  },
  topic: {
    interactions: (one) => key(one.topicId, 0, one.channel),
    stays: (one) => key(one.topicId, one.queueId, one.channel),
    talks: (one) => key(one.topicId, one.queueId, one.channel),
    wrapUps: (one) => key(one.topicId, one.queueId, one.channel),
  },
  line: {
    interactions: (one) =>
      one.channel === 'voice' ? key(one.direction === 'inbound' ? 1 : 2, 0, one.gateway ?? '') : undefined,
    lines: (one) => key(one.direction === 'inbound' ? 1 : 2, 0, one.gateway ?? ''),
    dials: (one) => key(2, 0, one.gateway),
  },
  target: {
    stays: (one) => key(one.queueId, 0, `${one.targetSeconds}/${one.targetPercent}/${one.channel}`),
  },
  journey: {
    journeys: (one) => key(one.topicId, 0, one.channel),
  },
  step: {
    visits: (one) => key(one.topicId, 0, flowLabel(one.channel, one.node, one.name)),
  },
  // Only what was chosen: of how many passings of the step, the family `step` says.
  answer: {
    answers: (one) =>
      one.choice === undefined
        ? undefined
        : key(one.topicId, 0, flowLabel(one.channel, one.node, one.name, one.choice)),
  },
  way: {
    passages: (one) => key(one.topicId, 0, flowLabel(one.channel, one.from, one.to)),
  },
}

/** A label of several texts, any of which may hold any letter. */
const flowLabel = (channel: string, ...texts: string[]) => JSON.stringify([channel, ...texts])

/** What a label of a step, answer or way says; no texts: those that were too many to be kept apart. */
export function readFlowLabel(label: string): { channel: string; texts: string[] } {
  const [channel, ...texts] = JSON.parse(label) as [string, ...string[]]
  return { channel, texts }
}

/** Families that are made of ways through flows, and by what their keys are weighed. */
const ofFlows: Partial<Record<Family, Measure>> = {
  journey: 'ivr_calls',
  step: 'step_times',
  answer: 'answer_times',
  way: 'way_times',
}

/** Which facts families need, for `readFacts`. */
export const journeysFor = (wanted: readonly Family[]): boolean | 'only' => {
  const flows = wanted.filter((family) => Object.hasOwn(ofFlows, family)).length
  return flows === wanted.length ? 'only' : flows > 0
}

/**
 * No centre's flows have so many different steps, choices or ways (of a channel) in one interval, whatever their topics. A flow that
 * makes them up all the same must not stop the roll-ups: those that happened least are kept as one.
 */
export const mostFlowLabels = 3_000

/** At most so many labels of a family of flows; the totals stay whole. The same keys give the same, whatever their order. */
export function bounded(family: Family, keys: KeyedTotals[]): KeyedTotals[] {
  const weight = ofFlows[family]
  if (!weight || family === 'journey' || keys.length <= mostFlowLabels) return keys
  const weights = new Map<string, number>()
  for (const { label, totals } of keys)
    if (readFlowLabel(label).texts.length > 0)
      weights.set(label, (weights.get(label) ?? 0) + (totals.sums[weight] ?? 0))
  if (weights.size <= mostFlowLabels) return keys
  const sorted = [...weights].sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1))
  const kept = new Set(sorted.slice(0, mostFlowLabels).map(([label]) => label))
  const rest = new Map<string, KeyedTotals>()
  for (const { subject, queueId, label, totals } of keys) {
    if (kept.has(label)) continue
    const others = { subject, queueId, label: flowLabel(readFlowLabel(label).channel) }
    const id = `${subject} ${others.label}`
    const sum = rest.get(id) ?? { ...others, totals: noTotals(totals.elapsed) }
    rest.set(id, sum)
    addTotals(sum.totals, totals)
  }
  return [...keys.filter(({ label }) => kept.has(label)), ...rest.values()]
}

/** Facts that a family keeps apart by queue beside its subject. */
const byQueue: Partial<Record<Family, readonly AnyKind[]>> = {
  agent: ['stays', 'offers', 'talks', 'wrapUps'],
  agent_topic: ['talks'],
  topic: ['stays', 'talks', 'wrapUps'],
}

/** Whether a family counts such facts, apart by queue or label where that is asked. What it does not would read as nought. */
export const counts = (family: Family, kind: AnyKind, { queueId, label }: Where): boolean =>
  Object.hasOwn(keys[family], kind) &&
  (queueId === undefined || (byQueue[family]?.includes(kind) ?? false)) &&
  // Being available or on a break belongs to no channel.
  (label === undefined || kind !== 'states')

/** Narrows a family to one subject, queue or label. */
export type Where = Partial<Key>

export const matches = (one: Key, where: Where): boolean =>
  (where.subject === undefined || one.subject === where.subject) &&
  (where.queueId === undefined || one.queueId === where.queueId) &&
  (where.label === undefined || one.label === where.label)

/** Whose totals of a family a fact is counted in; undefined: nobody's. */
export function subjectOf(family: Family, kind: FactKind, fact: unknown): Key | undefined {
  return (keys[family][kind] as ((one: unknown) => Key | undefined) | undefined)?.(fact)
}

/** Totals by key. Labels are long and come again: what stands for each is short. */
export class ByKey {
  readonly #labels = new Map<string, number>()
  readonly #found = new Map<string, KeyedTotals>()
  readonly #make: () => Totals

  constructor(make: () => Totals) {
    this.#make = make
  }

  of(subject: number, queueId: number, label: string): Totals {
    let place = this.#labels.get(label)
    if (place === undefined) {
      place = this.#labels.size
      this.#labels.set(label, place)
    }
    const id = `${subject} ${queueId} ${place}`
    let one = this.#found.get(id)
    if (!one) {
      one = { subject, queueId, label, totals: this.#make() }
      this.#found.set(id, one)
    }
    return one.totals
  }

  all(): KeyedTotals[] {
    return [...this.#found.values()]
  }
}

/** What a slice adds up to, by the keys of a family. Keys with nothing in them are left out. */
export function tallyFamily(slice: Slice, family: Family): KeyedTotals[] {
  const elapsed = elapsedOf(slice)
  const found = new ByKey(() => noTotals(elapsed))
  const lines = new Map<Totals, Slice['lines']>()
  for (const kind of Object.keys(keys[family]) as FactKind[]) {
    const keyOf = keys[family][kind] as (one: unknown) => Key | undefined
    for (const fact of slice[kind]) {
      const whose = keyOf(fact)
      if (!whose) continue
      const totals = found.of(whose.subject, whose.queueId, whose.label)
      addFact(totals, kind, fact, slice.now)
      if (kind !== 'lines') continue
      const mine = lines.get(totals) ?? []
      lines.set(totals, mine)
      mine.push(fact as Slice['lines'][number])
    }
  }
  const all = found.all()
  if (keys[family].lines)
    for (const { totals } of all) addLines(totals, lines.get(totals) ?? [], elapsed > 0 ? slice.to : -1)
  return bounded(family, all)
}

/** Raised by hand when a measure changes its meaning. */
const meaning = 3

/**
 * Which measures are rolled up, as a number: where another was kept, all is rolled up anew. So whoever adds a measure has nothing
 * to do; whoever changes one raises `meaning`.
 */
export const totalsVersion: number = (() => {
  const counted = families.flatMap((family) =>
    (Object.keys(keys[family]) as FactKind[]).flatMap((kind) => [family, kind, ...Object.keys(measures[kind])]),
  )
  let hash = meaning
  for (const letter of counted.join()) hash = (hash * 31 + letter.charCodeAt(0)) % 2_147_483_647
  return hash
})()
