import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzz } from './fuzz.ts'
import { realBinary } from './stand.ts'

const binary = realBinary()

test('hostile texts mean only themselves to the embedded switch', { timeout: 300_000 }, async () => {
  const { findings } = await fuzz('embedded', 300, 7)
  assert.deepEqual(findings, [])
})

test('hostile texts mean only themselves to the real switch', {
  timeout: 120_000,
  skip: binary ? false : 'needs FREESWITCH_BIN: SIP, mod_xml_curl and the real parser',
}, async () => {
  const { findings } = await fuzz('real', 3000, 7)
  assert.deepEqual(findings, [])
})
