import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SwitchEvent } from '../../freeswitch/esl/types.ts'
import { createMismatches } from './mismatch.ts'

const ended = (channel: string, cause = 'INCOMPATIBLE_DESTINATION', direction = 'outbound'): SwitchEvent => ({
  name: 'CHANNEL_HANGUP_COMPLETE',
  headers: { 'Channel-Name': channel, 'Hangup-Cause': cause, 'Call-Direction': direction },
})

test('a phone without a codec in common is remembered for a day; others and other ends are not', () => {
  let clock = 1_000_000
  const mismatches = createMismatches(() => clock)
  assert.equal(mismatches.heard(ended('sofia/agents/1001'))?.count, 1)
  assert.equal(mismatches.heard(ended('sofia/agents/1001'))?.count, 2)
  assert.equal(mismatches.heard(ended('sofia/agents/1002', 'USER_BUSY')), undefined)
  assert.equal(mismatches.heard(ended('sofia/agents/1003@vera.local', undefined, 'inbound')), undefined)
  assert.equal(mismatches.heard(ended('sofia/trunk/1004')), undefined)
  assert.equal(mismatches.heard(ended("sofia/agents/1001' or 1=1")), undefined)
  assert.equal(mismatches.of('1001')?.count, 2)
  for (const extension of ['1002', '1003', '1004']) assert.equal(mismatches.of(extension), undefined)
  clock += 86_400_000
  assert.equal(mismatches.of('1001'), undefined)
})
