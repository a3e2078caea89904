/** Counts failed sign-ins so that guessing a password takes years; a right password is never refused for the number of sign-ins. */
export function failedAttempts(limits = { perUser: 10, perAddress: 60, windowMs: 5 * 60_000 }) {
  const failures = new Map<string, number[]>()
  const recent = (key: string, now: number) => (failures.get(key) ?? []).filter((at) => now - at < limits.windowMs)
  return {
    /** Milliseconds to wait before the next attempt; 0 = go on. */
    waitMs(address: string, username: string, now: number): number {
      const user = recent(`u ${username.toLowerCase()} ${address}`, now)
      const from = recent(`a ${address}`, now)
      const over = user.length >= limits.perUser ? user : from.length >= limits.perAddress ? from : undefined
      return over ? Math.max(1, (over[0] as number) + limits.windowMs - now) : 0
    },
    failed(address: string, username: string, now: number): void {
      for (const key of [`u ${username.toLowerCase()} ${address}`, `a ${address}`]) {
        failures.set(key, [...recent(key, now), now])
      }
      if (failures.size > 20_000) {
        for (const key of failures.keys()) if (recent(key, now).length === 0) failures.delete(key)
        // An attack from many addresses: forget the oldest rather than grow.
        for (const key of failures.keys()) {
          if (failures.size <= 20_000) break
          failures.delete(key)
        }
      }
    },
  }
}
