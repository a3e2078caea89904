import { diff, type Json } from './diff.ts'

/**
 * What browsers see of a topic, numbered: each change gets the next number. Who has an earlier one is told what is missing,
 * by changes while they are kept and shorter than the whole, else by the whole.
 */
export type Picture = {
  /** 0: nothing yet. */
  readonly seq: number
  /** Takes a new model. Returns whether it differs. `at`: when it was read, UTC ms. */
  draw(model: unknown, at: number): boolean
  /**
   * What brings up to date who has the number `has` (undefined: nothing), encoded once for all who have the same. `now` goes
   * with it: the server's clock, UTC ms.
   */
  frame(has: number | undefined, now: number): Buffer
  /** As a browser said it: another epoch, or a number that was never given, is as good as nothing. */
  known(epoch: string | undefined, seq: number | undefined): number | undefined
}

export function createPicture(topic: string, epoch: string): Picture {
  let seq = 0
  let model: Json
  let json = ''
  let at = 0
  /** The changes to the last numbers, oldest first; together never longer than the whole. */
  let kept: string[] = []
  let made = new Map<number | undefined, Buffer>()
  let madeAt = 0
  const head = `"topic":${JSON.stringify(topic)},"epoch":${JSON.stringify(epoch)}`

  function encode(has: number | undefined, now: number): Buffer {
    const said = `{"now":${now},${head},"seq":${seq},"at":${at}`
    const missing = has === undefined ? kept.length + 1 : seq - has
    if (missing > kept.length) return Buffer.from(`${said},"model":${json}}`)
    return Buffer.from(`${said},"from":${has},"patches":[${kept.slice(kept.length - missing).join()}]}`)
  }

  return {
    get seq() {
      return seq
    },
    draw(next, readAt) {
      const text = JSON.stringify(next) ?? 'null'
      if (seq > 0 && text === json) return false
      // As it arrives: without what JSON has not.
      const after = JSON.parse(text) as Json
      const change = seq > 0 ? diff(model, after) : undefined
      if (seq > 0 && change === undefined) return false
      if (change !== undefined) {
        kept.push(JSON.stringify(change))
        let length = kept.reduce((sum, one) => sum + one.length, 0)
        let drop = 0
        while (length > text.length) length -= (kept[drop++] as string).length
        kept = kept.slice(drop)
      }
      model = after
      json = text
      at = readAt
      seq++
      made = new Map()
      return true
    },
    frame(has, now) {
      if (madeAt !== now) made = new Map()
      madeAt = now
      let frame = made.get(has)
      if (!frame) {
        frame = encode(has, now)
        made.set(has, frame)
      }
      return frame
    },
    known: (saidEpoch, said) => (saidEpoch === epoch && said !== undefined && said <= seq ? said : undefined),
  }
}
