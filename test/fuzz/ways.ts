import assert from 'node:assert/strict'
import type { Stand } from './stand.ts'

/** What became of the texts of one way. */
export type Tally = {
  /** Reached the switch and meant itself there. */
  accepted: number
  /** Refused by an encoder of ours, or by the switch's own parser of SIP, before it meant anything. */
  refused: number
  /** Reached the switch as a documented harmless form of itself (digits only, line breaks as spaces). */
  reduced: number
}

export type Way = {
  name: string
  /** Of a thousand texts, how many go this way. */
  share: number
  /** Needs the real switch (SIP, mod_xml_curl). */
  real?: true
  /** Sends them all through; throws at the first that meant anything but itself. */
  run(stand: Stand, texts: string[]): Promise<Tally>
}

export const tally = (): Tally => ({ accepted: 0, refused: 0, reduced: 0 })

/** Whether an encoder of ours refused it; any other error is thrown on. */
export function refusedByEncoder(error: unknown, text: string): true {
  const { code, message } = error as { code?: string; message: string }
  if (code === 'switch.unsafe') {
    assert.ok(text.length < 8 || !message.includes(text), 'a refusal repeats the text, and goes to logs')
    return true
  }
  throw new Error(`${JSON.stringify(text).slice(0, 400)}: ${code} ${message}`)
}

/** Works on all of `items`, `width` at a time. */
export async function each<T>(items: readonly T[], width: number, work: (item: T, at: number) => Promise<void>) {
  let next = 0
  const lane = async () => {
    while (next < items.length) {
      const at = next++
      await work(items[at] as T, at)
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane))
}
