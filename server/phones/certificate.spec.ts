import assert from 'node:assert/strict'
import { test } from 'node:test'
import { certificateState } from './index.ts'

// CN=vera.local, valid from 2026-11-23T23:42:15Z for a year.
const pem = `-----BEGIN CERTIFICATE-----
MIIBgDCCASWgAwIBAgIUJahz3wOSo0BOJOEIIs3HuKopMdowCgYIKoZIzj0EAwIw
FTETMBEGA1UEAwwKdmVyYS5sb2NhbDAeFw0yNjExMjMyMzQyMTVaFw0yNzExMjMy
MzQyMTVaMBUxEzARBgNVBAMMCnZlcmEubG9jYWwwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATgmYSoh7ASJEq/ly5HazYl9iIuZ/SWLAlmRV9igXl+SpJhl/FYbmPB
90wPqvYjATybr/ecW+tFyJcRojf3Y3oro1MwUTAdBgNVHQ4EFgQUruWb2uOgoYuE
PX7G2+v1lpoMbSwwHwYDVR0jBBgwFoAUruWb2uOgoYuEPX7G2+v1lpoMbSwwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEA2jIa9cTuzANL0zQFTTdY
aFK8zkht65PFkPBqu7a72uECIQDzqIaMZJicVSWYNvtny4zKjKAaTvqb3TZSMUID
BMkcrA==
-----END CERTIFICATE-----`
const ends = Date.UTC(2027, 10, 23, 23, 42, 15)
const day = 86_400_000

test('a certificate is good, then ends soon, then has expired', () => {
  assert.deepEqual(certificateState(pem, ends - 15 * day), { expiresAt: ends, state: 'good' })
  assert.equal(certificateState(pem, ends - 13 * day).state, 'soon')
  assert.equal(certificateState(pem, ends).state, 'expired')
  assert.equal(certificateState(pem, ends - 370 * day).state, 'not_yet')
  assert.equal(certificateState(`${pem}\n${pem}`, ends - 15 * day).state, 'good')
})

test('what is no certificate is unreadable and throws nothing', () => {
  for (const text of [
    '',
    'hello',
    pem.replace('MIIB', 'AAAA'),
    '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----',
  ])
    assert.deepEqual(certificateState(text), { expiresAt: undefined, state: 'unreadable' })
})
