import { erlangA, erlangC, type Load } from '../metrics/erlang.ts'

/** What an interval asks of a group, whoever serves it. Without `patienceSeconds` nobody hangs up (Erlang C). */
export type Demand = Omit<Load, 'agents'> & { patienceSeconds?: number | undefined }

/** What is to be expected. Ratios 0..1; `asaSeconds` is Infinity where the line grows without end. */
export type Outlook = { serviceLevel: number; pAbandon: number; asaSeconds: number; occupancy: number }

/** Served within T / offered and the rest for `agents`, who may be a mean: between two whole numbers it is a straight line. */
export function outlookOf(demand: Demand, agents: number): Outlook {
  if (!Number.isFinite(agents) || agents < 0) throw new RangeError(`agents must be zero or more, got ${agents}`)
  const low = Math.floor(agents)
  const part = agents - low
  const below = whole(demand, low)
  if (part === 0) return below
  const above = whole(demand, low + 1)
  const between = (a: number, b: number) => (a === b ? a : a * (1 - part) + b * part)
  return {
    serviceLevel: between(below.serviceLevel, above.serviceLevel),
    pAbandon: between(below.pAbandon, above.pAbandon),
    asaSeconds: between(below.asaSeconds, above.asaSeconds),
    occupancy: between(below.occupancy, above.occupancy),
  }
}

function whole({ patienceSeconds, ...load }: Demand, agents: number): Outlook {
  if (patienceSeconds === undefined || patienceSeconds === Number.POSITIVE_INFINITY)
    return { pAbandon: 0, ...erlangC({ ...load, agents }) }
  return erlangA({ ...load, agents, patienceSeconds })
}

/**
 * The fewest agents whose service level (served within T / offered) reaches `share` (0..1, without 1), and that are not busy
 * for more than `maxOccupancy` of their time.
 */
export function agentsNeeded(demand: Demand, share: number, maxOccupancy = 1): number {
  if (!(share >= 0 && share < 1)) throw new RangeError(`share must lie between 0 and 1, got ${share}`)
  if (!(maxOccupancy > 0 && maxOccupancy <= 1)) throw new RangeError(`maxOccupancy must lie between 0 and 1`)
  if (demand.calls === 0 || demand.ahtSeconds === 0) return 0
  const enough = (agents: number) => {
    const { serviceLevel, occupancy } = whole(demand, agents)
    return serviceLevel >= share && occupancy <= maxOccupancy
  }
  if (enough(0)) return 0
  let low = 0
  let high = Math.max(1, Math.ceil((demand.calls / demand.intervalSeconds) * demand.ahtSeconds))
  while (!enough(high)) {
    low = high
    high *= 2
  }
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (enough(middle)) high = middle
    else low = middle
  }
  return high
}
