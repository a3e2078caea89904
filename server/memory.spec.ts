import assert from 'node:assert/strict'
import { test } from 'node:test'
import { giveMemoryBack } from './memory.ts'

test('what is not needed any more is given back to the system', () => {
  let kept: { text: string }[] | undefined = Array.from({ length: 1_000_000 }, (_, i) => ({ text: `row ${i}` }))
  assert.equal(kept.length, 1_000_000)
  const before = process.memoryUsage().rss
  kept = undefined
  giveMemoryBack()
  const after = process.memoryUsage().rss
  assert.ok(before - after > 30 * 1024 ** 2, `${before} -> ${after}`)
  assert.equal(typeof (globalThis as { gc?: unknown }).gc, 'undefined')
})
