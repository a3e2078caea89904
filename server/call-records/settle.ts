// Joins the records with the facts: what the facts have is left alone, what they miss is told from the record.
import type { Database } from '../database/index.ts'
import type { FactSink } from '../interactions/index.ts'
import { dialled, type FilledFact, fillAgent, fillCaller, fillRing, isIncomplete, type Known } from './fill.ts'
import { agentLegsOf, dueRecords, knownOf, recordOf, type StoredRecord, type Verdict, writeVerdicts } from './store.ts'

export type SettlePorts = {
  db: Database
  /** `flush`: true once everything told up to now is in the database. */
  facts: FactSink & { flush(): Promise<boolean> }
  /** The agency of a number dialled; `known` false: the first agency stands in. Undefined: there is none yet. */
  agencyOf(number: string): Promise<{ id: number; known: boolean } | undefined>
  /** An interaction that has a living leg: never closed. */
  alive(interactionId: string): boolean
}

/** A record whose counterpart is not here yet is looked at again so often, ms, and given up after GIVE_UP_MS. */
const AGAIN_MS = 60_000
const GIVE_UP_MS = 6 * 3_600_000
/** An agent's record comes with its caller's, or not at all. */
const AGENT_MS = 180_000
const BATCH = 200
const none: Known = { stays: [], offers: [], talks: [] }

/** One batch of records whose time has come. @returns how many were looked at; 0 also when the facts must wait */
export async function settleBatch({ db, facts, agencyOf, alive }: SettlePorts, now: number): Promise<number> {
  const due = await dueRecords(db.knex, now, BATCH)
  // Facts first: what still waits in the journal may be the very thing that a record would fill in.
  if (due.length === 0 || !(await facts.flush())) return 0
  const callers = await callersOf(db, due)
  const interactionOf = (record: StoredRecord) =>
    record.interactionId ?? (record.role === 'ring' ? callers.get(`${record.coreUuid} ${record.otherLeg}`) : undefined)
  const ids = [...new Set(due.map(interactionOf).filter((id) => id !== undefined))]
  const [known, agentLegs, agencies] = await Promise.all([
    knownOf(db.knex, ids),
    agentLegsOf(db.knex, ids),
    db.knex('agencies').select('id'),
  ])
  const exists = new Set<number>(agencies.map(({ id }) => id))
  const verdicts: Verdict[] = []
  /** Of the interactions that this batch makes. */
  const made = new Map<string, number>()
  const callersFirst = [...due].sort((a, b) => Number(b.role === 'caller') - Number(a.role === 'caller'))
  for (const record of callersFirst) {
    const key = { coreUuid: record.coreUuid, uuid: record.uuid }
    const later = { key, settleAt: now + AGAIN_MS }
    const id = interactionOf(record)
    const about = (id && known.get(id)) || none
    const numbered = record.role === 'caller' || record.role === 'refused' ? await agencyOf(record.to) : undefined
    const told = record.agencyId !== undefined && exists.has(record.agencyId) ? record.agencyId : undefined
    // Who was refused at the door counts for the agency whose number it is, not for the one that stands in.
    const asked = record.role === 'refused' && !numbered?.known ? undefined : numbered?.id
    const agencyId = about.interaction?.agencyId ?? told ?? asked ?? made.get(id ?? '')
    if (id && agencyId !== undefined && record.role === 'caller') made.set(id, agencyId)
    const found = { key, ...(agencyId === undefined ? {} : { agencyId }), ...(id ? { interactionId: id } : {}) }
    const old = now - record.importedAt > GIVE_UP_MS
    if (record.role === 'ring' && (!id || agencyId === undefined) && !old) {
      verdicts.push(later)
      continue
    }
    const young = now - record.importedAt < AGENT_MS
    if (record.role === 'caller' && id && young && isIncomplete(record, about, agentLegs.get(id) ?? [])) {
      verdicts.push(later)
      continue
    }
    const filled = id === undefined ? [] : await factsOf(db, record, id, about, agentLegs.get(id) ?? [], agencyId)
    if (record.role === 'caller' && (agencyId === undefined || (record.uuid !== id && alive(id as string)))) {
      verdicts.push(old ? { ...found, state: 'unrelated' } : later)
      continue
    }
    if (agencyId !== undefined) for (const fact of filled) facts.record({ ...fact, agencyId })
    const matters = record.role === 'caller' || record.role === 'agent'
    const out = id === undefined || agencyId === undefined ? [] : dialled(record, id)
    for (const fact of out) facts.record({ ...fact, agencyId: agencyId as number })
    const state = filled.length > 0 ? 'filled' : matters || out.length > 0 ? 'joined' : 'unrelated'
    verdicts.push({ ...found, state })
  }
  // Only then: should we die before it, the same facts are told again with the same ids.
  if (!(await facts.flush())) return 0
  await writeVerdicts(db, verdicts)
  return due.length
}

async function factsOf(
  db: Database,
  record: StoredRecord,
  id: string,
  known: Known,
  agentLegs: readonly StoredRecord[],
  agencyId: number | undefined,
): Promise<FilledFact[]> {
  if (agencyId === undefined) return []
  if (record.role === 'caller') return fillCaller(record, known, agentLegs)
  if (record.role === 'agent') return fillAgent(record, known)
  if (record.role !== 'ring' || record.answeredAt === undefined) return []
  const extension = record.extension ?? ''
  const people = await db.knex('users').where({ agency_id: agencyId, extension, active: true }).limit(2).select('name')
  // Two people who share a telephone: the telephone is all that is known.
  return fillRing(record, id, people.length === 1 ? `${people[0].name} (${extension})` : extension)
}

/** The interactions of the callers for whom these phones rang, by core and leg. */
async function callersOf(db: Database, due: StoredRecord[]): Promise<Map<string, string>> {
  const legs = due.filter(({ role }) => role === 'ring').map(({ otherLeg }) => otherLeg ?? '')
  if (legs.length === 0) return new Map()
  const rows = await db.knex('call_records').whereIn('uuid', legs).where('role', 'caller')
  return new Map(rows.map(recordOf).map((row) => [`${row.coreUuid} ${row.uuid}`, row.interactionId ?? row.uuid]))
}
