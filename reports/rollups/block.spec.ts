import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { addTotals, noTotals, sliceFacts } from '../metrics/index.ts'
import { begin, history, length } from '../testing/history.ts'
import { textOf } from '../testing/text-of.ts'
import { addBlock, packBlock } from './block.ts'
import { families, type KeyedTotals, tallyFamily } from './families.ts'

const now = begin + length

/** What blocks add up to by key. */
function read(blocks: { sums: Buffer; waits?: Buffer }[]): Map<string, KeyedTotals> {
  const keys = new Map<string, KeyedTotals>()
  for (const block of blocks)
    addBlock(block, now, (subject, queueId, label) => {
      const id = `${subject} ${queueId} ${label}`
      if (!keys.has(id)) keys.set(id, { subject, queueId, label, totals: noTotals() })
      return keys.get(id)!.totals
    })
  return keys
}

it('a block says what was packed, whatever the order; two add up', () => {
  fc.assert(
    fc.property(history, fc.constantFrom(...families), (facts, family) => {
      const [slice] = sliceFacts(facts, [{ from: begin, to: now }], now)
      const kept = tallyFamily(slice!, family)
      const block = packBlock(kept)
      assert.deepEqual(packBlock(kept.toReversed()), block)
      const once = read([block])
      const twice = read([block, block])
      assert.equal(once.size, kept.length)
      for (const one of kept) {
        const id = `${one.subject} ${one.queueId} ${one.label}`
        assert.equal(textOf(once.get(id)!.totals), textOf(one.totals))
        const double = addTotals(addTotals(noTotals(), one.totals), one.totals)
        assert.equal(textOf(twice.get(id)!.totals), textOf(double))
        assert.equal(once.get(id)!.totals.waits.percentile(0.9), one.totals.waits.percentile(0.9))
      }
    }),
    { numRuns: 60 },
  )
})

it('numbers up to 2^53 and any letter come back; what is no count is refused', () => {
  const of = (value: number): KeyedTotals => ({
    subject: 7,
    queueId: 2 ** 31,
    label: 'Ñandú 🐦',
    totals: Object.assign(noTotals(), { sums: { talk: value } }),
  })
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      const [one] = [...read([packBlock([of(value)])]).values()]
      assert.equal(one?.totals.sums.talk ?? 0, value)
      assert.equal(one?.label, 'Ñandú 🐦')
      assert.equal(one?.queueId, 2 ** 31)
    }),
  )
  for (const wrong of [-1, 0.5, Number.NaN, 2 ** 60]) assert.throws(() => packBlock([of(wrong)]), RangeError)
})

it('totals read without their waits say so to whoever asks', () => {
  const waited = noTotals()
  waited.waits.count('answered', 5)
  waited.waitMax = 5_000
  const { sums } = packBlock([{ subject: 1, queueId: 0, label: '', totals: waited }])
  const [one] = [...read([{ sums }]).values()]
  assert.equal(one!.totals.waitMax, 5_000)
  assert.throws(() => one!.totals.waits.percentile(0.5), /without their waits/)
  assert.throws(() => addTotals(noTotals(), one!.totals).waits.answered, /without their waits/)
})

it('a block cut off in the middle is a fault, not other figures', () => {
  const totals = Object.assign(noTotals(), { sums: { talk: 1_000 } })
  const { sums } = packBlock([{ subject: 1, queueId: 0, label: '', totals }])
  for (let end = 0; end < sums.length; end++) assert.throws(() => read([{ sums: sums.subarray(0, end) }]))
})
