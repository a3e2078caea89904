import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { diff, type Json, patch } from './diff.ts'

/** As it comes out of a frame: what is not JSON is lost on the way, and `-0` is 0. */
const sent = <Value>(value: Value): Value => (value === undefined ? value : JSON.parse(JSON.stringify(value)))
const holds = (a: Json, b: Json) => assert.deepEqual(patch(a, sent(diff(a, b))), b)
const any = fc.jsonValue().map((value) => sent(value) as Json)
const row = fc.record({
  id: fc.integer({ min: 1, max: 12 }),
  state: fc.constantFrom('a', 'b'),
  n: fc.option(fc.nat(9)),
})
const rows = fc.uniqueArray(row, { selector: ({ id }) => id, maxLength: 12 }).map((value) => sent(value) as Json)

describe('a change from one JSON value to another', () => {
  it('patch(a, diff(a, b)) is b, whatever they are', () => fc.assert(fc.property(any, any, holds), { numRuns: 2_000 }))
  it('and for lists of rows in any order', () => fc.assert(fc.property(rows, rows, holds), { numRuns: 2_000 }))
  it('is none between equal values, and nothing else is none', () =>
    fc.assert(
      fc.property(any, any, (a, b) => {
        assert.equal(diff(a, structuredClone(a)), undefined)
        const equal = JSON.stringify(diff(a, b)) === undefined
        if (equal) assert.deepEqual(a, b)
      }),
    ))
  it('is small: one agent of 500 answers and moves up', () => {
    const before = Array.from({ length: 500 }, (_, n) => ({
      id: n + 1,
      name: `Agent ${n}`,
      state: 'available',
      since: n,
    }))
    const moved = { ...before[300]!, state: 'talking', since: 9_000 }
    const after = [moved, ...before.filter((_, n) => n !== 300)]
    const change = sent(diff({ agents: before }, { agents: after }))
    assert.ok(JSON.stringify(change).length < 120, JSON.stringify(change))
    assert.deepEqual(patch({ agents: before }, change), { agents: after })
  })
  it('leaves what did not change the same object', () => {
    const before = { a: { deep: [1] }, b: 1 }
    const after = patch(before, diff(before, { a: { deep: [1] }, b: 2 })) as typeof before
    assert.equal(after.a, before.a)
  })
  it('is refused by another value', () => {
    assert.throws(() => patch([1], { o: ['0-5'] }), TypeError)
    assert.throws(() => patch([1], { c: { 3: [1] } }), TypeError)
    assert.throws(() => patch('text', { a: 0 }), TypeError)
  })
  it('a name may be __proto__', () => {
    const odd = JSON.parse('{"__proto__":{"x":1},"a":1}') as Json
    holds({ a: 1 }, odd)
    holds(odd, { a: 1 })
    holds(odd, JSON.parse('{"__proto__":{"x":2},"a":1}') as Json)
  })
})
