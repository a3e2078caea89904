import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { addTotals, type JourneyFact, noFacts, noTotals, sliceFacts } from '../metrics/index.ts'
import { begin, history, length } from '../testing/history.ts'
import { textOf } from '../testing/text-of.ts'
import { addBlock, packBlock } from './block.ts'
import { bounded, families, type KeyedTotals, mostFlowLabels, readFlowLabel, tallyFamily } from './families.ts'

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

it('a flow that makes up its steps does not blow up what is kept: those that happened least are kept as one, none is lost', () => {
  const call = (n: number, times: number): JourneyFact => ({
    ...{ interactionId: `${n}`, channel: 'voice', topicId: n % 2, at: begin, end: 'left' as const },
    steps: Array.from({ length: times }, () => ({ node: `n${n}`, name: 'x'.repeat(200), choice: `${n}` })),
  })
  const count = mostFlowLabels + 500
  const journeys = Array.from({ length: count }, (_, n) => call(n, n < 10 ? 3 : 1))
  const tallied = (of: JourneyFact[]) =>
    tallyFamily(sliceFacts({ ...noFacts(), journeys: of }, [{ from: begin, to: now }], now)[0]!, 'answer')
  const kept = tallied(journeys)
  assert.deepEqual(packBlock(tallied(journeys.toReversed())), packBlock(kept))
  const others = kept.filter(({ label }) => readFlowLabel(label).texts.length === 0)
  assert.equal(others.length, 2)
  assert.equal(kept.length, mostFlowLabels + others.length)
  assert.equal(
    kept.reduce((sum, { totals }) => sum + totals.sums.answer_times!, 0),
    count + 20,
  )
  for (let n = 0; n < 10; n++)
    assert.equal(kept.find(({ label }) => readFlowLabel(label).texts[2] === `${n}`)?.totals.sums.answer_times, 3)
  // As a day adds up its quarters: the others stay one, and the whole stays whole.
  const day = bounded('answer', [...kept, ...tallied(journeys.slice(0, 100))])
  assert.ok(new Set(day.map(({ label }) => label)).size <= mostFlowLabels + 1)
  assert.ok(packBlock(kept).sums.length < 2_000_000)
})

it('a real flow of many topics is kept apart, however many keys that makes', () => {
  const journeys = Array.from(
    { length: 8_000 },
    (_, n): JourneyFact => ({
      ...{ interactionId: `${n}`, channel: 'voice', topicId: n % 40, at: begin, end: 'left' as const },
      steps: [{ node: `n${n % 200}`, name: 'Menú', choice: `${Math.floor(n / 40) % 5}` }],
    }),
  )
  const slice = sliceFacts({ ...noFacts(), journeys }, [{ from: begin, to: now }], now)[0]!
  const kept = tallyFamily(slice, 'answer')
  assert.ok(kept.length > 0 && kept.every(({ label }) => readFlowLabel(label).texts.length === 3))
  const many = journeys.map((one, n) => ({ ...one, topicId: n % 8_000 }))
  const keys = tallyFamily(sliceFacts({ ...noFacts(), journeys: many }, [{ from: begin, to: now }], now)[0]!, 'answer')
  assert.ok(keys.length > mostFlowLabels && keys.every(({ label }) => readFlowLabel(label).texts.length === 3))
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
