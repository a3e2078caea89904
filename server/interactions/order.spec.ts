import assert from 'node:assert/strict'
import { it } from 'node:test'
import { inOrder } from './order.ts'

it('steps of one millisecond are told in their order, whatever the ids of their facts', () => {
  const step = (at: number, name: string, place?: number) => ({ at, name, body: JSON.stringify({ name, place }) })
  const rows = [step(2, 'end', 3), step(1, 'second', 2), step(1, 'first', 1), step(0, 'old'), step(0, 'old too')]
  assert.deepEqual(
    inOrder(rows).map(({ name }) => name),
    ['old', 'old too', 'first', 'second', 'end'],
  )
})
