import assert from 'node:assert/strict'
import { it } from 'node:test'
import { createReachability, unreachableWhy } from './reachability.ts'

it('a desk phone is enough; a browser needs its page to be well', () => {
  const desk = { agent: 'desk' as const }
  const browser = { agent: 'browser' as const }
  assert.equal(unreachableWhy([], undefined), 'phone')
  assert.equal(unreachableWhy([browser], undefined), undefined)
  assert.equal(unreachableWhy([browser], { reachable: false, why: 'microphone' }), 'microphone')
  assert.equal(unreachableWhy([desk, browser], { reachable: false, why: 'microphone' }), undefined)
  assert.equal(unreachableWhy([], { reachable: true }), 'phone')
})

it('judges nobody before the switches have told who is registered, then follows each change', async () => {
  let known = false
  const phones = new Map<string, { agent: 'browser' | 'desk' }[]>()
  const said: unknown[] = []
  const reach = createReachability({
    registered: (extension) => phones.get(extension) ?? [],
    known: () => known,
    agents: async () => [{ id: 1, extension: '1001' }],
    set: (...word) => said.push(word),
  })
  await reach.all()
  assert.deepEqual(said, [])
  known = true
  await reach.all()
  phones.set('1001', [{ agent: 'browser' }])
  reach.phone('1001')
  reach.phone('1002')
  reach.page(1, false, 'network')
  assert.deepEqual([reach.browserWorks('1001'), reach.browserWorks('1002')], [false, true])
  reach.page(1, true)
  assert.equal(reach.browserWorks('1001'), true)
  assert.deepEqual(said, [
    [1, false, 'phone'],
    [1, true, undefined],
    [1, false, 'network'],
    [1, true, undefined],
  ])
})

it('takes the page’s word that it cannot ring while the switches are away, not that it can', async () => {
  const said: unknown[] = []
  const reach = createReachability({
    registered: () => [],
    known: () => false,
    agents: async () => [{ id: 1, extension: '1001' }],
    set: (...word) => said.push(word),
  })
  await reach.all()
  reach.page(1, false, 'network')
  reach.page(1, true)
  assert.deepEqual(said, [[1, false, 'network']])
})
