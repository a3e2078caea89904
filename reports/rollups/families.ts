import {
  type AnyKind,
  addFact,
  addLines,
  elapsedOf,
  type FactKind,
  measures,
  noTotals,
  type Slice,
  type Totals,
} from '../metrics/index.ts'

/** By what totals are kept apart. */
export const families = ['whole', 'queue', 'agent', 'agent_topic', 'topic', 'line', 'target'] as const
export type Family = (typeof families)[number]

/**
 * Whose totals. `subject`: queue (also of a target), agent or topic of the family, of a line 1 inbound or 2 outbound; 0: none.
 * `queueId`: the queue, in the families agent, agent_topic and topic; 0: none. `label`: the channel, of a line its gateway, of agent_topic
 * the topic's id, of a target its seconds, percent and channel («20/80/voice»); '' where there is none.
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

/** What a slice adds up to, by the keys of a family. Keys with nothing in them are left out. */
export function tallyFamily(slice: Slice, family: Family): KeyedTotals[] {
  const found = new Map<string, KeyedTotals & { lines: Slice['lines'] }>()
  const at = (whose: Key) => {
    const id = `${whose.subject} ${whose.queueId} ${whose.label}`
    let one = found.get(id)
    if (!one) {
      one = { ...whose, totals: noTotals(elapsedOf(slice)), lines: [] }
      found.set(id, one)
    }
    return one
  }
  for (const kind of Object.keys(keys[family]) as FactKind[]) {
    const keyOf = keys[family][kind] as (one: unknown) => Key | undefined
    for (const fact of slice[kind]) {
      const whose = keyOf(fact)
      if (!whose) continue
      const one = at(whose)
      addFact(one.totals, kind, fact, slice.now)
      if (kind === 'lines') one.lines.push(fact as Slice['lines'][number])
    }
  }
  return [...found.values()].map(({ lines, ...one }) => {
    if (keys[family].lines) addLines(one.totals, lines, one.totals.elapsed > 0 ? slice.to : -1)
    return one
  })
}

/** Raised by hand when a measure changes its meaning. */
const meaning = 2

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
