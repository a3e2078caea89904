import type { Database, Scope } from '../../server/database/index.ts'
import { AppError } from '../../server/http/types.ts'
import { againWithinMs, type Interval, metricOf } from '../metrics/index.ts'
import { readTotals, together } from '../rollups/index.ts'

/**
 * First contacts are read one by one, from seven days before a period until seven behind it, and not rolled up: more interactions
 * than this would take too long. One limit, wherever they are shown.
 */
export const limit = { most: 1_000_000 }

export const tooManyNote =
  '«Resuelto en el primer contacto» no se calcula sobre tantas interacciones: elegí un período más corto para verlo.'

type When = { timeZone: string; now: number }

export async function isTooMany(db: Database, scope: Scope, period: Interval, { timeZone, now }: When) {
  const cut = [{ from: period.from - againWithinMs, to: Math.max(period.to, Math.min(period.to + againWithinMs, now)) }]
  const [found] = await readTotals(db, scope, { family: 'whole', cut, timeZone, now, waits: false })
  return (metricOf('received').of(together(found!.keys, 0)) ?? 0) > limit.most
}

export const tooMany = () => new AppError('report.too_many_contacts', 400, { most: limit.most })
