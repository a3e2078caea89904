import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SwitchEvent } from '../../freeswitch/esl/types.ts'
import { createRegistrations, phoneOf } from './registrations.ts'

const event = (kind: string, headers: Record<string, string>): SwitchEvent => ({
  name: 'CUSTOM',
  subclass: `sofia::${kind}`,
  headers: { 'profile-name': 'agents', 'from-user': '1001', 'call-id': 'a', 'network-ip': '10.0.0.1', ...headers },
})
function watched() {
  let clock = 1_000_000
  const changes: string[] = []
  const all = createRegistrations(
    () => clock,
    (extension) => changes.push(extension),
  )
  return { all, changes, pass: (ms: number) => (clock += ms) }
}

test('the names of phones: the extension and its browser, nobody else', () => {
  assert.deepEqual(phoneOf('1001'), { extension: '1001', agent: 'desk' })
  assert.deepEqual(phoneOf('1001-web'), { extension: '1001', agent: 'browser' })
  for (const name of ['', 'carriers', '1001-web-web', '1001 ', "1001'--", '-web'])
    assert.equal(phoneOf(name), undefined)
})

test('registering anew keeps the first instant and tells nobody; another phone takes over and is seen', () => {
  const { all, changes, pass } = watched()
  all.heard('fs1', event('register', { expires: '60', 'user-agent': 'Mesa' }))
  pass(30_000)
  all.heard('fs1', event('register', { expires: '60', 'user-agent': 'Mesa' }))
  assert.equal(all.of('1001')[0]?.since, 1_000_000)
  assert.equal(all.of('1001')[0]?.expiresAt, 1_000_000 + 90_000)
  assert.deepEqual(changes, ['1001'])
  all.heard('fs1', event('register', { 'call-id': 'b', 'network-ip': '10.0.0.2', 'user-agent': 'Otro' }))
  const [now, ...rest] = all.of('1001')
  assert.equal(rest.length, 0)
  assert.equal(now?.address, '10.0.0.2')
  assert.deepEqual(
    now?.others.map(({ address, userAgent }) => [address, userAgent]),
    [['10.0.0.1', 'Mesa']],
  )
  // The first one's registration runs out: it was not the one that stands.
  all.heard('fs1', event('expire', { 'call-id': 'a' }))
  assert.equal(all.of('1001').length, 1)
  all.heard('fs1', event('unregister', { 'call-id': 'b', 'network-ip': '10.0.0.2' }))
  assert.deepEqual(all.of('1001'), [])
  assert.deepEqual(changes, ['1001', '1001', '1001'])
})

test('a phone that was restarted is not two phones', () => {
  const { all } = watched()
  all.heard('fs1', event('register', { 'user-agent': 'Mesa' }))
  all.heard('fs1', event('register', { 'call-id': 'b', 'user-agent': 'Mesa' }))
  assert.deepEqual(all.of('1001')[0]?.others, [])
})

test("browser and desk count apart, the trunk's registrations not at all", () => {
  const { all } = watched()
  all.heard('fs1', event('register', {}))
  all.heard('fs2', event('register', { 'from-user': '1001-web' }))
  all.heard('fs1', event('register', { 'profile-name': 'trunk', 'from-user': '1002' }))
  assert.deepEqual(
    all.of('1001').map(({ agent, node }) => [agent, node]),
    [
      ['browser', 'fs2'],
      ['desk', 'fs1'],
    ],
  )
  assert.deepEqual(all.of('1002'), [])
})

test("a switch's list says who is gone and who came meanwhile, on that switch only", () => {
  const { all, changes } = watched()
  all.heard('fs1', event('register', {}))
  all.heard('fs2', event('register', { 'from-user': '1003' }))
  changes.length = 0
  // As FreeSWITCH 1.11.1 writes it.
  all.listed(
    'fs1',
    `<?xml version="1.0" encoding="ISO-8859-1"?>
<profile>
  <registrations>
    <registration>
        <call-id>1-2954@127.0.0.1</call-id>
        <user>1002-web@vera.local</user>
        <contact>&quot;&quot; &lt;sip:1002-web@127.0.0.1:5060&gt;</contact>
        <agent>a&amp;b</agent>
        <status>Registered(UDP)(unknown) exp(2026-11-23 23:37:41) expsecs(120)</status>
        <network-ip>127.0.0.1</network-ip>
        <network-port>5060</network-port>
    </registration>
  </registrations>
</profile>`,
  )
  assert.deepEqual(changes.sort(), ['1001', '1002'])
  assert.deepEqual(all.of('1001'), [])
  assert.equal(all.of('1003').length, 1)
  const [one] = all.of('1002')
  assert.deepEqual(
    { ...one, others: [], since: 0 },
    {
      node: 'fs1',
      agent: 'browser',
      address: '127.0.0.1',
      port: 5060,
      userAgent: 'a&b',
      contact: '"" <sip:1002-web@127.0.0.1:5060>',
      expiresAt: 1_000_000 + 120_000,
      since: 0,
      others: [],
    },
  )
})
