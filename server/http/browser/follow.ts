import { type Json, type Patch, patch } from '../../live/diff.ts'

/** What a page has of a live topic. `at`: when the server read it, UTC ms. */
export type Followed = { model: unknown; at: number; epoch: string; seq: number }
/** As server/live/picture.ts makes it: the whole, or what changed since the number `from`. */
export type TopicFrame = {
  topic: string
  epoch: string
  seq: number
  at: number
  model?: unknown
  from?: number
  patches?: Patch[]
}

/** What the page has after a frame. Undefined: the frame follows on something that was missed, so the server must be asked. */
export function follow(known: Followed | undefined, frame: TopicFrame): Followed | undefined {
  const { epoch, seq, at } = frame
  if (frame.patches === undefined) return { model: frame.model, at, epoch, seq }
  if (known?.epoch !== epoch || known.seq !== frame.from) return undefined
  try {
    const model = frame.patches.reduce((before, change) => patch(before, change), known.model as Json)
    return { model, at, epoch, seq }
  } catch {
    return undefined
  }
}
