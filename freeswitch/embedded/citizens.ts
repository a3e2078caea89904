import { type Random, seeded } from './random.ts'
import type { EmbeddedSwitch, Line } from './switch.ts'

/** What a citizen means to do in one call. */
export type Intention = {
  from: string
  fromName?: string
  /** Number dialled. */
  to: string
  /** Pressed one by one: each when a new prompt has begun and the citizen has thought it over. `''` = listens only. */
  keys: string[]
  /** Waits so long on music in total before giving up, ms. */
  patienceMs: number
  /** Talks at most so long with an agent, then hangs up first; undefined = leaves the end to the agent. */
  talkMs?: number
  /** Keeps listening so long without anything more to press before giving up, ms. */
  idleMs?: number
}

export type CitizensOptions = {
  seed: number
  /** Calls per hour at a weekday (0 = Sunday) and hour (0-23) of `zone`. */
  curve(weekday: number, hour: number): number
  /** IANA zone of the curve; America/Argentina/Buenos_Aires by default. */
  zone?: string
  /** Numbers the citizens call from; one is taken at random unless `intend` says otherwise. */
  numbers: string[]
  /** Numbers dialled. */
  dids: string[]
  /** Mean patience on music, ms (exponential); 180,000 by default. */
  patienceMs?: number
  /** How long a citizen thinks before each key, ms. */
  hesitationMs?: [low: number, high: number]
  /** What this call is about; the default presses nothing. */
  intend?(random: Random, basic: Intention): Intention
  /** No more calls than these at once (the lines of the trunk); 30 by default. */
  lines?: number
  /** Told when a call is over. */
  onEnded?(call: {
    uuid: string
    from: string
    to: string
    cause: string
    byCitizen: boolean
    durationMs: number
  }): void
}

export type Citizens = {
  /** Calls begun so far, and those on the line now. */
  readonly calls: number
  readonly onLine: number
  /** One call now, whatever the curve says. */
  callNow(intention?: Partial<Intention>): string
  /** No new calls; with `hangUp` those on the line end too. */
  stop(hangUp?: boolean): void
}

/** Citizens who call the embedded switch by a curve, like anyone: they reach the platform only through the dialplan. */
export function simulateCitizens(target: EmbeddedSwitch, options: CitizensOptions): Citizens {
  const { clock } = target
  const random = seeded(options.seed)
  const zoned = new Intl.DateTimeFormat('en-US', {
    timeZone: options.zone ?? 'America/Argentina/Buenos_Aires',
    weekday: 'short',
    hour: 'numeric',
    hourCycle: 'h23',
  })
  const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
  const lines = new Set<Line>()
  let calls = 0
  let stopped = false

  /** Calls an hour at this instant. */
  const rate = () => {
    const parts = Object.fromEntries(zoned.formatToParts(clock.now()).map(({ type, value }) => [type, value]))
    return Math.max(0, options.curve(weekdays.indexOf(parts.weekday ?? ''), Number(parts.hour)))
  }
  /** Arrivals of a Poisson process whose rate changes: drawn minute by minute, so that a change of hour is felt. */
  let cancel = () => {}
  const next = () => {
    if (stopped) return
    const perMs = rate() / 3_600_000
    const gap = perMs > 0 ? random.exponential(1 / perMs) : Number.POSITIVE_INFINITY
    if (gap > 60_000) cancel = clock.after(60_000, next)
    else
      cancel = clock.after(gap, () => {
        if (stopped) return
        if (lines.size < (options.lines ?? 30)) call()
        next()
      })
  }

  const call = (wanted: Partial<Intention> = {}) => {
    const basic: Intention = {
      from: random.pick(options.numbers),
      to: random.pick(options.dids),
      keys: [],
      patienceMs: random.exponential(options.patienceMs ?? 180_000),
    }
    const intention = { ...(options.intend?.(random, basic) ?? basic), ...wanted }
    calls++
    const startedAt = clock.now()
    const line = target.line({
      from: intention.from,
      to: intention.to,
      ...(intention.fromName ? { fromName: intention.fromName } : {}),
    })
    lines.add(line)
    live(line, intention)
    line.onEnded = (cause, byCitizen) => {
      lines.delete(line)
      options.onEnded?.({
        uuid: line.uuid,
        from: intention.from,
        to: intention.to,
        cause,
        byCitizen,
        durationMs: clock.now() - startedAt,
      })
    }
    return line.uuid
  }

  /** The citizen's behaviour on one line. */
  const live = (line: Line, intention: Intention) => {
    const keys = [...intention.keys]
    const [low, high] = options.hesitationMs ?? [700, 4000]
    let patience = intention.patienceMs
    let musicSince: number | undefined
    let timer = () => {}
    const later = (ms: number, action: () => void) => {
      timer()
      timer = clock.after(ms, () => {
        if (lines.has(line)) action()
      })
    }
    const music = (on: boolean) => {
      if (!on && musicSince !== undefined) {
        patience -= clock.now() - musicSince
        musicSince = undefined
      }
      if (on) musicSince ??= clock.now()
    }
    line.onHeard = (sound) => {
      if (sound.startsWith('local_stream://')) {
        music(true)
        later(Math.max(0, patience), () => line.hangUp())
        return
      }
      // Messages while waiting do not give the patience back.
      if (musicSince !== undefined) return
      const key = keys.shift()
      if (key === undefined) later(intention.idleMs ?? 120_000, () => line.hangUp())
      else if (key !== '') later(random.whole(low, high), () => press([...key]))
    }
    const press = (digits: string[]) => {
      const digit = digits.shift()
      if (digit === undefined) return later(intention.idleMs ?? 120_000, () => line.hangUp())
      line.press(digit)
      later(random.whole(180, 500), () => press(digits))
    }
    line.onJoined = (talking) => {
      music(false)
      timer()
      if (talking && intention.talkMs !== undefined) later(intention.talkMs, () => line.hangUp())
      // After the talk a survey may come; who has nothing to press leaves soon.
      if (!talking) later(20_000, () => line.hangUp())
    }
  }

  next()
  return {
    get calls() {
      return calls
    },
    get onLine() {
      return lines.size
    },
    callNow: call,
    stop(hangUp = false) {
      stopped = true
      cancel()
      if (hangUp) for (const line of [...lines]) line.hangUp()
    },
  }
}
