import type { Session } from '../http/types.ts'
import { createPicture } from './picture.ts'
import type { TopicOptions } from './types.ts'

/** At most one frame in so many ms to each browser, whatever a topic asks for. */
export const leastMs = 250
/** A picture is kept so long after the last browser left: one whose network was cut comes back and is told only what it missed. */
const lingerMs = 60_000
const retryMs = 1_000
/** How much a timer may be early or a computation late without the next frame paying for it. */
const slackMs = 10

/** Lets something happen once in `everyMs`, on the clock that nobody moves. */
function pace(everyMs: number) {
  let due = Number.NEGATIVE_INFINITY
  return {
    /** How long to wait yet, ms; 0: now. */
    wait: (at: number) => Math.max(0, due - at),
    took(at: number) {
      due = at + everyMs - slackMs
    },
  }
}
export type Pace = ReturnType<typeof pace>
export const readerPace = () => pace(leastMs)

/** One browser's subscription. */
export type Reader = {
  readonly session: Session
  /** The number of the picture it has; undefined: none. */
  has: number | undefined
  /** It asked, and is answered even when nothing is missing. */
  asked: boolean
  readonly pace: Pace
  /** False while what was sent before is still on its way: then nothing is piled up behind it. */
  send(frame: Buffer): boolean
}

export type GroupOptions = {
  topic: TopicOptions<unknown>
  /** As browsers ask: the topic's, with the key behind it. */
  name: string
  key: string
  epoch: string
  now(): number
  fault(error: unknown): void
  /** Nobody has looked for a minute. */
  empty(): void
}

/** Those who see the same picture of a topic: it is made once and encoded once for all of them. */
export function createGroup({ topic, name, key, epoch, now, fault, empty }: GroupOptions) {
  const readers = new Set<Reader>()
  const picture = createPicture(name, epoch)
  const everyMs = Math.max(leastMs, topic.everyMs ?? 0)
  let computing = false
  let dirty = false
  const computed = pace(everyMs)
  let due: NodeJS.Timeout | undefined
  let late: NodeJS.Timeout | undefined
  let linger: NodeJS.Timeout | undefined

  /** Sends who lacks something what it lacks; whoever cannot have it yet, soon. */
  function serve(): void {
    const stamp = now()
    const at = performance.now()
    let wait: number | undefined
    for (const reader of readers) {
      if (picture.seq === 0 || (reader.has === picture.seq && !reader.asked)) continue
      const early = reader.pace.wait(at)
      if (early > 0) wait = Math.min(wait ?? early, early)
      else if (reader.send(picture.frame(reader.has, stamp))) {
        reader.has = picture.seq
        reader.asked = false
        reader.pace.took(at)
      } else wait = Math.min(wait ?? leastMs, leastMs)
    }
    if (wait === undefined || late) return
    late = setTimeout(() => {
      late = undefined
      serve()
    }, wait)
  }

  async function compute(): Promise<void> {
    computing = true
    dirty = false
    let failed = false
    const [first] = readers
    if (first) {
      computed.took(performance.now())
      try {
        picture.draw(await topic.snapshot(first.session, key), now())
      } catch (error) {
        failed = true
        fault(error)
      }
      serve()
    }
    computing = false
    if (failed || dirty) schedule(failed ? retryMs : 0)
  }

  function schedule(atLeast = 0): void {
    dirty = true
    if (computing || due) return
    due = setTimeout(
      () => {
        due = undefined
        void compute()
      },
      Math.max(atLeast, computed.wait(performance.now())),
    )
  }

  return {
    topic,
    key,
    readers: readers as ReadonlySet<Reader>,
    schedule: () => schedule(),
    /** `epoch` and `seq`: of the picture that the browser says it has. */
    join(reader: Reader, said: { epoch?: string | undefined; seq?: number | undefined }): void {
      clearTimeout(linger)
      reader.has = picture.known(said.epoch, said.seq)
      reader.asked = true
      // Without anybody looking the picture grew old: made anew before it is shown.
      const current = readers.size > 0 && picture.seq > 0
      readers.add(reader)
      if (current) serve()
      else schedule()
    },
    leave(reader: Reader): void {
      readers.delete(reader)
      if (readers.size > 0) return
      clearTimeout(due)
      clearTimeout(late)
      due = undefined
      late = undefined
      linger = setTimeout(empty, lingerMs).unref()
    },
    stop(): void {
      for (const timer of [due, late, linger]) clearTimeout(timer)
      readers.clear()
    },
  }
}
export type Group = ReturnType<typeof createGroup>
