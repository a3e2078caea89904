/** Time for the switch: virtual milliseconds, so that a day can pass in seconds. */
export interface Clock {
  /** Virtual now, UTC ms (may have a fraction). */
  now(): number
  /** Calls `action` after `ms` virtual milliseconds; the result cancels it. */
  after(ms: number, action: () => void): () => void
}

/** The machine's clock from `startAt` on, `speed` times as fast. Timers do not keep the process alive by themselves. */
export function runningClock(speed = 1, startAt = Date.now()): Clock {
  const begun = performance.now()
  return {
    now: () => startAt + (performance.now() - begun) * speed,
    after(ms, action) {
      // setTimeout holds 31 bits; a wait longer than that is longer than any run of this process.
      const timer = setTimeout(action, Math.min(Math.max(0, ms) / speed, 2 ** 31 - 1))
      timer.unref()
      return () => clearTimeout(timer)
    },
  }
}
