import { type Database, scopeOf } from '../../server/database/index.ts'
import { sealOf } from '../health/health.ts'
import type { Seal } from '../health/seal.ts'
import { sealWords } from '../health/words.ts'
import type { Interval } from '../metrics/index.ts'
import type { Language } from '../workbook/index.ts'
import { ofAgency, readAgencies } from './report.ts'

const states: Seal['state'][] = ['good', 'warning', 'bad']

/** The data-health seals of every agency as one: the worst of them, what was compared in all, and what differs, by agency. */
export async function sealOfAgencies(
  db: Database,
  period: Interval,
  now: number,
  language: Language = 'es',
): Promise<Seal> {
  const words = sealWords(language)
  const sums = new Map<string, Seal['checks'][number]>()
  const differing: Seal['checks'] = []
  const found: { name: string; state: Seal['state'] }[] = []
  for (const agency of await readAgencies(db)) {
    const { timeZone } = agency
    const seal = await sealOf(db, scopeOf(agency.id), period, { timeZone, now, language })
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
