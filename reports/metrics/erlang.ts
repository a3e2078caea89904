// Erlang's formulas (design: metrics.md). Traffic in erlangs = arrivals per second x mean handling time in seconds.

/** What one interval asks of a group of agents. `calls` arrive within `intervalSeconds`. */
export type Load = {
  calls: number
  intervalSeconds: number
  /** Mean handling time. */
  ahtSeconds: number
  agents: number
  /** T of the service level. */
  targetSeconds: number
}

/** All ratios 0..1, times in seconds. */
export type Forecast = {
  /** Probability that a caller waits at all. */
  pWait: number
  serviceLevel: number
  /** Mean wait over all callers. */
  asaSeconds: number
  occupancy: number
}

function demand(load: Load): number {
  for (const [name, value] of Object.entries(load)) {
    if (!Number.isFinite(value) || value < 0) throw new RangeError(`${name} must be zero or more, got ${value}`)
  }
  if (load.intervalSeconds === 0) throw new RangeError('intervalSeconds must be more than zero')
  return (load.calls / load.intervalSeconds) * load.ahtSeconds
}

/**
 * Erlang B: the share of calls blocked when `lines` carry `traffic` erlangs and nobody waits. 0..1.
 * The recursion never overflows, unlike the textbook's factorials.
 */
export function erlangB(traffic: number, lines: number): number {
  if (!(traffic >= 0)) throw new RangeError(`traffic must be zero or more erlangs, got ${traffic}`)
  if (!Number.isInteger(lines) || lines < 0) throw new RangeError(`lines must be a whole number, got ${lines}`)
  let blocked = 1
  for (let n = 1; n <= lines; n++) blocked = (traffic * blocked) / (n + traffic * blocked)
  return blocked
}

/** The traffic (erlangs) that `lines` carry with `blocking` (0..1, both ends excluded) of the calls refused. */
export function erlangsForBlocking(lines: number, blocking: number): number {
  if (!(blocking > 0 && blocking < 1)) throw new RangeError(`blocking must lie between 0 and 1, got ${blocking}`)
  if (!Number.isInteger(lines) || lines < 1) throw new RangeError(`lines must be 1 or more, got ${lines}`)
  let low = 0
  let high = lines
  while (erlangB(high, lines) < blocking) high *= 2
  for (let step = 0; step < 200 && high - low > 1e-12 * high; step++) {
    const middle = (low + high) / 2
    if (erlangB(middle, lines) < blocking) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** The fewest lines that keep blocking at or under `blocking` for `traffic` erlangs. */
export function linesFor(traffic: number, blocking: number): number {
  if (!(blocking > 0 && blocking < 1)) throw new RangeError(`blocking must lie between 0 and 1, got ${blocking}`)
  let lines = 0
  for (let blocked = 1; blocked > blocking; ) {
    lines++
    blocked = (traffic * blocked) / (lines + traffic * blocked)
  }
  return lines
}

/**
 * Erlang C (M/M/N): callers wait for ever. With no more agents than erlangs the line grows without end: everybody
 * waits, `asaSeconds` is Infinity, and the service level is 0.
 */
export function erlangC(load: Load): Forecast {
  const traffic = demand(load)
  const { agents, ahtSeconds, targetSeconds } = load
  if (traffic === 0) return { pWait: 0, serviceLevel: 1, asaSeconds: 0, occupancy: 0 }
  if (traffic >= agents) return { pWait: 1, serviceLevel: 0, asaSeconds: Number.POSITIVE_INFINITY, occupancy: 1 }
  const blocked = erlangB(traffic, agents)
  const occupancy = traffic / agents
  const pWait = blocked / (1 - occupancy * (1 - blocked))
  return {
    pWait,
    serviceLevel: 1 - pWait * Math.exp((-(agents - traffic) * targetSeconds) / ahtSeconds),
    asaSeconds: (pWait * ahtSeconds) / (agents - traffic),
    occupancy,
  }
}

/**
 * Erlang A (M/M/N+M): callers hang up after a patience that is exponential with mean `patienceSeconds`.
 * `serviceLevel` is served within T / offered; `pAbandon` the share that hang up.
 *
 * Someone who finds k others waiting is served within T with probability E[e^(-θW); W <= T], W being the sum of
 * Exp(Nμ+jθ), j = k..0. Tilting by e^(-θW) turns that into Nμ/(Nμ+(k+1)θ) times a Beta distribution, whose values for
 * successive k follow from each other: no numerical integration is needed.
 */
export function erlangA(load: Load & { patienceSeconds: number }): Forecast & { pAbandon: number } {
  const traffic = demand(load)
  if (traffic === 0) return { pWait: 0, serviceLevel: 1, asaSeconds: 0, occupancy: 0, pAbandon: 0 }
  const { agents, ahtSeconds, targetSeconds, patienceSeconds } = load
  if (!(patienceSeconds > 0)) throw new RangeError(`patienceSeconds must be more than zero, got ${patienceSeconds}`)
  const arrivals = traffic / ahtSeconds
  const serve = agents / ahtSeconds
  const leave = 1 / patienceSeconds
  // Weights are relative to the state "all agents busy, nobody waiting", so that nothing overflows.
  let free = 0
  let busyAgents = 0
  let weight = 1
  for (let n = agents - 1; n >= 0; n--) {
    weight *= (n + 1) / traffic
    free += weight
    busyAgents += weight * n
    // So many more agents than work that nobody ever waits.
    if (free > 1e250) return { pWait: 0, serviceLevel: 1, asaSeconds: 0, occupancy: traffic / agents, pAbandon: 0 }
  }
  const shape = serve / leave + 1
  const x = 1 - Math.exp(-targetSeconds * leave)
  let within = agents > 0 ? 1 - (1 - x) ** shape : 0
  let step = x * (1 - x) ** shape * shape
  let queued = 0
  let waiting = 0
  let servedInTime = 0
  weight = 1
  for (let k = 0; k < 1_000_000; k++) {
    queued += weight
    waiting += weight * k
    servedInTime += weight * (serve / (serve + (k + 1) * leave)) * Math.max(within, 0)
    within -= step
    step *= (x * (k + 1 + shape)) / (k + 2)
    weight *= arrivals / (serve + (k + 1) * leave)
    if (weight > 1e250) {
      // A long line is likelier than what has been counted so far: all weights come down.
      free /= 1e250
      busyAgents /= 1e250
      queued /= 1e250
      waiting /= 1e250
      servedInTime /= 1e250
      weight /= 1e250
    }
    if (weight * (k + 1) < 1e-16 * (queued + free)) break
  }
  const all = free + queued
  const asaSeconds = waiting / all / arrivals
  return {
    pWait: queued / all,
    serviceLevel: (free + servedInTime) / all,
    asaSeconds,
    occupancy: agents === 0 ? 0 : (busyAgents + queued * agents) / all / agents,
    pAbandon: asaSeconds * leave,
  }
}

/** The fewest agents whose Erlang C service level reaches `share` (0..1) for the load. */
export function agentsFor(load: Omit<Load, 'agents'>, share: number): number {
  if (!(share >= 0 && share < 1)) throw new RangeError(`share must lie between 0 and 1, got ${share}`)
  const traffic = demand({ ...load, agents: 0 })
  if (traffic === 0) return 0
  let agents = Math.floor(traffic) + 1
  while (erlangC({ ...load, agents }).serviceLevel < share) agents++
  return agents
}
