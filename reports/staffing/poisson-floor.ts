// What no forecast can do away with: calls come by chance, so that even who knew the exact rate would be off.

/** Mean of |X − rate| for X Poisson: 2·e^(−rate)·rate^(⌊rate⌋+1)/⌊rate⌋!. Throws a RangeError for a rate below zero. */
export function poissonDeviation(rate: number): number {
  if (!(rate >= 0) || rate === Number.POSITIVE_INFINITY) throw new RangeError(`a rate is zero or more, got ${rate}`)
  if (rate === 0) return 0
  const whole = Math.floor(rate)
  return 2 * Math.exp((whole + 1) * Math.log(rate) - rate - logFactorial(whole))
}

function logFactorial(n: number): number {
  if (n < 64) {
    let sum = 0
    for (let factor = 2; factor <= n; factor++) sum += Math.log(factor)
    return sum
  }
  // Stirling's series: off by less than 1e-12 from here on.
  return n * Math.log(n) - n + Math.log(2 * Math.PI * n) / 2 + 1 / (12 * n) - 1 / (360 * n ** 3)
}

/** The WAPE to be expected of these very rates, were they exact: Σ mean |X − rate| / Σ rate. Null: no calls are expected. */
export function poissonFloor(rates: readonly number[]): number | null {
  const calls = rates.reduce((sum, rate) => sum + rate, 0)
  return calls > 0 ? rates.reduce((sum, rate) => sum + poissonDeviation(rate), 0) / calls : null
}
