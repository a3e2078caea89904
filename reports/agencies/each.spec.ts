import assert from 'node:assert/strict'
import { it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { eachOf } from './each.ts'

const many = Array.from({ length: 300 }, (_, n) => n)
/** Work that goes on until it is told to end. */
function held() {
  const begun: number[] = []
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const work = async (n: number) => {
    begun.push(n)
    await promise
    return n
  }
  return { begun, end: resolve, fail: reject, work }
}

it('a long work over all agencies leaves room for whoever else asks; answers are in the agencies’ order', async () => {
  const long = held()
  const comparison = eachOf(many, long.work)
  let reported: number[] | undefined
  const report = eachOf(many, async (n) => {
    await setImmediate()
    return -n
  }).then((found) => {
    reported = found
  })
  for (let turn = 0; turn < 2 * many.length && !reported; turn++) await setImmediate()
  const meanwhile = [reported, long.begun.length]
  long.end()
  await report
  assert.deepEqual(meanwhile, [many.map((n) => -n), 3])
  assert.deepEqual(await comparison, many)
})

it('two long works take turns', async () => {
  const [one, other] = [held(), held()]
  const both = Promise.all([eachOf(many, one.work), eachOf(many, other.work)])
  await setImmediate()
  one.end()
  await setImmediate()
  const begun = other.begun.length
  other.end()
  await both
  assert.equal(begun, 3)
})

it('after a failure no other is begun', async () => {
  const failing = held()
  const found = eachOf(many, failing.work)
  await setImmediate()
  failing.fail(new Error('gone'))
  await assert.rejects(found, /gone/)
  await setImmediate()
  assert.ok(failing.begun.length <= 4, `${failing.begun.length} begun`)
})
