import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callerNumber } from './caller.ts'

test('words for a hidden number are no number; numbers stay as they came', () => {
  for (const word of [
    '',
    ' ',
    'anonymous',
    'Anonymous',
    'UNKNOWN',
    'Restricted',
    'Unavailable',
    '+266696687',
    '0',
    '000',
  ])
    assert.equal(callerNumber(word), '', word)
  assert.equal(callerNumber(undefined), '')
  for (const number of ['3424123456', '+543424123456', '1001', '0800', '26669668', 'anonymous2', '*21'])
    assert.equal(callerNumber(number), number)
})
