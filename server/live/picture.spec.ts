import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Followed, follow, type TopicFrame } from '../http/browser/follow.ts'
import { createPicture } from './picture.ts'

const read = (frame: Buffer) => JSON.parse(frame.toString()) as TopicFrame & { now: number }
const rows = fc.uniqueArray(fc.record({ id: fc.nat(9), n: fc.nat(3) }), { selector: ({ id }) => id, maxLength: 10 })

describe('the picture of a topic', () => {
  it('is the same at both ends, whatever frames are lost on the way and wherever a page begins', () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(rows, fc.boolean()), { minLength: 1, maxLength: 30 }), (steps) => {
        const picture = createPicture('t', 'e')
        let has: Followed | undefined
        for (const [model, arrives] of steps) {
          const before = picture.seq
          if (!picture.draw(model, 1) || !arrives) continue
          // Sent to all who had the number before; a page that missed that one asks.
          has =
            follow(has, read(picture.frame(before || undefined, 1))) ??
            follow(has, read(picture.frame(picture.known(has?.epoch, has?.seq), 1)))
          assert.deepEqual(has?.model, JSON.parse(JSON.stringify(model)))
        }
      }),
    ))
  it('tells who comes back only what was missed, while that is shorter than the whole', () => {
    const picture = createPicture('t', 'e')
    const model = { list: Array.from({ length: 50 }, (_, id) => ({ id, n: 0 })) }
    picture.draw(model, 1)
    for (let n = 1; n <= 3; n++) picture.draw({ list: model.list.map((row) => (row.id === n ? { id: n, n } : row)) }, n)
    const missed = read(picture.frame(2, 7))
    assert.deepEqual(
      [missed.from, missed.seq, missed.patches?.length, missed.now, missed.model],
      [2, 4, 2, 7, undefined],
    )
    assert.deepEqual(read(picture.frame(4, 7)).patches, [], 'nothing is missing')
    for (let n = 0; n < 200; n++) picture.draw({ list: model.list.map((row) => ({ id: row.id, n })) }, n)
    assert.ok(read(picture.frame(4, 8)).model, 'the whole is shorter than all that')
  })
  it('knows no number of another epoch or that it never gave', () => {
    const picture = createPicture('t', 'e')
    picture.draw({}, 1)
    assert.equal(picture.known('e', 1), 1)
    for (const [epoch, seq] of [
      ['x', 1],
      ['e', 2],
      ['e', undefined],
      [undefined, 1],
    ] as const)
      assert.equal(picture.known(epoch, seq), undefined)
  })
  it('encodes once for all who have the same, and does not differ by what JSON has not', () => {
    const picture = createPicture('t', 'e')
    assert.equal(picture.draw({ a: 1, b: undefined }, 1), true)
    assert.equal(picture.draw({ a: 1 }, 2), false)
    assert.equal(picture.frame(undefined, 1), picture.frame(undefined, 1))
    assert.equal(read(picture.frame(undefined, 5)).now, 5, 'the clock is never an old one')
  })
})
