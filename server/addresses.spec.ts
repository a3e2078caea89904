import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { it } from 'node:test'
import { certificatePlaces, ownHosts } from './addresses.ts'
import { readConfig } from './config.ts'

const config = readConfig({
  PUBLIC_URL: 'https://vera.example',
  FREESWITCH_URL: 'esl://:a@one?sip=10.0.0.1,esl://:b@10.0.0.2?wss=7444',
})

it('switches, fellow servers and this machine are our own', () => {
  const hosts = ownHosts(config, [{ url: 'http://10.0.0.9:3000' }, { url: 'http://[2001:db8::1]:3000' }, { url: '' }])
  for (const host of ['one', '10.0.0.1', '10.0.0.2', '10.0.0.9', '2001:db8::1']) assert.ok(hosts.includes(host), host)
  for (const list of Object.values(networkInterfaces()))
    for (const { address } of list ?? []) assert.ok(hosts.includes(address), address)
  assert.ok(!hosts.includes('192.0.2.1'))
})

it('certificates are looked at where browsers and phones see them', () => {
  assert.deepEqual(certificatePlaces(config), [
    { host: 'vera.example', port: 443, expected: false },
    { host: '10.0.0.1', port: 7443, expected: false },
    { host: '10.0.0.1', port: 5061, expected: false },
    { host: '10.0.0.2', port: 7444, expected: true },
    { host: '10.0.0.2', port: 5061, expected: false },
  ])
})
