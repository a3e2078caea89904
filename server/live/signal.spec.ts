import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { createSignal } from './index.ts'

test('a listener that throws neither stops the others nor ends the process', async () => {
  const signal = createSignal<number>()
  const heard: number[] = []
  signal.on(() => {
    throw new Error('deaf')
  })
  const stop = signal.on((event) => heard.push(event))
  const warned = once(process, 'warning')
  signal.emit(1)
  assert.match(String((await warned)[0]), /deaf/)
  stop()
  signal.emit(2)
  assert.deepEqual(heard, [1])
})
