import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expiredCertificate, showCertificate } from '../testing/expired-certificate.ts'
import { createCertificates, shownChain } from './shown.ts'

test('the chain that is shown is read from the handshake; where nobody speaks TLS there is none', async () => {
  const server = await showCertificate()
  try {
    const chain = await shownChain({ host: '127.0.0.1', port: server.port })
    assert.equal(chain?.replaceAll(/\s/g, ''), expiredCertificate.replaceAll(/\s/g, ''))
  } finally {
    await server.close()
  }
  assert.equal(await shownChain({ host: '127.0.0.1', port: server.port }), undefined)
})

test('what ends is told once a day; a silent place only if it was said to speak TLS', async () => {
  let clock = Date.UTC(2020, 11, 25)
  const alarms: string[] = []
  const certificates = createCertificates({
    places: () => [
      { host: '10.0.0.1', port: 7443, expected: true },
      { host: '10.0.0.2', port: 7443, expected: true },
      { host: '10.0.0.2', port: 5061, expected: false },
    ],
    alarm: (_agency, { code, subject, message }) => {
      alarms.push(`${code} ${subject}`)
      assert.doesNotMatch(message, /undefined/)
    },
    now: () => clock,
    ask: async ({ host }) => (host === '10.0.0.1' ? expiredCertificate : undefined),
  })
  assert.deepEqual(certificates.list(), [])
  await certificates.look()
  assert.deepEqual(
    certificates.list().map(({ place, state }) => [place, state]),
    [
      ['10.0.0.1:7443', 'soon'],
      ['10.0.0.2:7443', 'away'],
    ],
  )
  await certificates.look()
  assert.deepEqual(alarms, ['phones.certificate_soon 10.0.0.1:7443', 'phones.certificate_away 10.0.0.2:7443'])
  clock = Date.UTC(2021, 0, 1)
  await certificates.look()
  assert.deepEqual(alarms.slice(2), [
    'phones.certificate_expired 10.0.0.1:7443',
    'phones.certificate_away 10.0.0.2:7443',
  ])
})
