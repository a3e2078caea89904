import { type Database, scopeOf } from '../../server/database/index.ts'
import { sealOf } from '../health/health.ts'
import type { Seal } from '../health/seal.ts'
import { sealWords } from '../health/words.ts'
import type { Interval } from '../metrics/index.ts'
import type { Language } from '../workbook/index.ts'
import { eachOf } from './each.ts'
import { ofAgency, readAgencies } from './report.ts'

const states: Seal['state'][] = ['good', 'warning', 'bad']

/** A comparison of all is so much work that whoever asks again meanwhile gets the same one, ms. */
const standsMs = 60_000
/** Of those that are over no more are remembered. */
const mostPeriods = 8

/** Going on or over: how many of how many agencies are compared. */
type Comparison = { at: number; done: number; all: number; seal: Promise<Seal> }
const comparisons = new WeakMap<Database, Map<string, Comparison>>()

/** Begins to compare all agencies, or answers with who does it or did so a moment ago. */
export function compareAgencies(
  db: Database,
  period: Interval,
  now: number,
  language: Language = 'es',
): Readonly<Comparison> {
  const known = comparisons.get(db) ?? new Map<string, Comparison>()
  comparisons.set(db, known)
  const key = `${period.from} ${period.to} ${language}`
  const before = known.get(key)
  if (before && (before.done < before.all || (now >= before.at && now - before.at < standsMs))) return before
  const one: Comparison = { at: now, done: 0, all: Number.POSITIVE_INFINITY, seal: undefined as never }
  one.seal = compare(db, period, { now, language, one })
  // What failed is tried again by whoever asks next.
  one.seal.catch(() => known.get(key) === one && known.delete(key))
  known.delete(key)
  known.set(key, one)
  // One that goes on stays: it would be begun again by whoever waits for it.
  for (const [old, { done, all }] of known) if (known.size > mostPeriods && done >= all) known.delete(old)
  return one
}

/** What is said while it is compared. */
export function pendingSeal({ at, done, all }: Readonly<Comparison>, language: Language): Seal {
  const text = sealWords(language).comparing(done, Number.isFinite(all) ? all : undefined)
  return { state: 'good', text, checks: [], at, pending: true }
}

/** The data-health seals of every agency as one: the worst of them, what was compared in all, and what differs, by agency. */
async function compare(
  db: Database,
  period: Interval,
  { now, language, one }: { now: number; language: Language; one: Comparison },
): Promise<Seal> {
  const words = sealWords(language)
  const sums = new Map<string, Seal['checks'][number]>()
  const differing: Seal['checks'] = []
  const found: { name: string; state: Seal['state'] }[] = []
  const agencies = await readAgencies(db)
  one.all = agencies.length
  const seals = await eachOf(agencies, async (agency) => {
    const seal = await sealOf(db, scopeOf(agency.id), period, { timeZone: agency.timeZone, now, language })
    one.done++
    return { agency, seal }
  })
  for (const { agency, seal } of seals) {
    found.push({ name: agency.name, state: seal.state })
    for (const { href, ...check } of seal.checks) {
      // Behind its name a check may say what differs in one agency.
      const label = words.labels[check.id as keyof typeof words.labels]
      const sum = sums.get(check.id) ?? { id: check.id, label, compared: 0, wrong: 0 }
      sum.compared += check.compared
      sum.wrong += check.wrong
      sums.set(check.id, sum)
      if (check.wrong > 0)
        differing.push({
          ...check,
          ...{ id: `${agency.id}.${check.id}`, label: `${agency.name}: ${check.label}` },
          // Other lists are seen by whoever works in that agency.
          ...(href?.startsWith('/reports/explain') ? { href: ofAgency(href, agency) } : {}),
        })
    }
  }
  const named = (state: Seal['state']) => found.filter((one) => one.state === state).map(({ name }) => name)
  const parts = [
    words.agencies(found.length),
    words.sound(named('good').length),
    ...(named('warning').length > 0 ? [words.missingIn(named('warning').join(', '))] : []),
    ...(named('bad').length > 0 ? [words.differingIn(named('bad').join(', '))] : []),
  ]
  const state = states[Math.max(0, ...found.map((one) => states.indexOf(one.state)))] as Seal['state']
  return { state, text: parts.join(', '), checks: [...sums.values(), ...differing], at: now }
}
