import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { SwitchEvent } from '../../freeswitch/esl/types.ts'
import { codecsOf, createRefused } from './refused.ts'

// As a FreeSWITCH 1.11.1 told it.
const ended = (headers: Record<string, string>): SwitchEvent => ({
  name: 'CHANNEL_HANGUP_COMPLETE',
  headers: {
    'Channel-Name': 'sofia/trunk/3424000001@192.0.2.7',
    'Call-Direction': 'inbound',
    'Caller-Network-Addr': '192.0.2.7',
    'Caller-Caller-ID-Number': '3424000001',
    ...headers,
  },
})
const sdp = 'v=0\r\nm=audio 40000 RTP/AVP 18 96 101\r\na=rtpmap:96 iLBC/8000\r\na=rtpmap:101 telephone-event/8000\r\n'
function watched() {
  let clock = 1_000_000
  const refused = createRefused(
    () => clock,
    (address) => (address === '192.0.2.7' ? 'red1' : ''),
  )
  return { refused, pass: (ms: number) => (clock += ms) }
}

test('each refusal is told by its reason and line, counted, and forgotten after a quiet day', () => {
  const { refused, pass } = watched()
  const limit = { variable_current_application: 'limit' }
  refused.heard('fs1', ended({ 'Hangup-Cause': 'INCOMPATIBLE_DESTINATION', variable_switch_r_sdp: sdp }))
  pass(1_000)
  refused.heard('fs1', ended({ 'Hangup-Cause': 'CALL_REJECTED', ...limit }))
  refused.heard('fs1', ended({ 'Hangup-Cause': 'CALL_REJECTED', ...limit }))
  refused.heard('fs1', ended({ 'Hangup-Cause': 'NORMAL_CIRCUIT_CONGESTION', ...limit }))
  const stranger = {
    'Channel-Name': 'sofia/trunk/100@198.51.100.9',
    'Caller-Network-Addr': '',
    'Caller-Caller-ID-Number': '',
  }
  refused.heard('fs1', ended({ 'Hangup-Cause': 'CALL_REJECTED', ...stranger }))
  assert.deepEqual(
    refused.list().map(({ why, line, count, from, codecs }) => [why, line, count, from, codecs]),
    [
      ['unknown_source', '', 1, '100@198.51.100.9', ''],
      ['line_limit', 'red1', 1, '3424000001', ''],
      ['caller_limit', 'red1', 2, '3424000001', ''],
      ['codec', 'red1', 1, '3424000001', 'G729, iLBC'],
    ],
  )
  pass(86_400_000 - 1_000)
  assert.equal(refused.list().length, 3)
  pass(1_000)
  assert.deepEqual(refused.list(), [])
})

test('what was a call, or nobody of a carrier, is no refusal', () => {
  const { refused } = watched()
  const others: Record<string, string>[] = [
    { 'Hangup-Cause': 'NORMAL_CLEARING' },
    { 'Hangup-Cause': 'CALL_REJECTED', 'Call-Direction': 'outbound' },
    { 'Hangup-Cause': 'CALL_REJECTED', variable_current_application: 'hangup' },
    { 'Hangup-Cause': 'INCOMPATIBLE_DESTINATION', 'Caller-Channel-Answered-Time': '1700000000000000' },
    { 'Hangup-Cause': 'INCOMPATIBLE_DESTINATION', 'Channel-Name': 'sofia/agents/1001@h' },
  ]
  for (const headers of others) assert.equal(refused.heard('fs1', ended({ ...headers })), undefined)
  assert.equal(
    refused.heard('fs1', { ...ended({ 'Hangup-Cause': 'CALL_REJECTED' }), name: 'CHANNEL_HANGUP' }),
    undefined,
  )
})

test('whatever a stranger sends neither breaks nor fills it', () => {
  const { refused } = watched()
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.string({ unit: 'binary', maxLength: 200 }),
      (a, b) => {
        refused.heard(
          a,
          ended({
            'Channel-Name': `sofia/trunk/${b}`,
            'Hangup-Cause': 'INCOMPATIBLE_DESTINATION',
            variable_switch_r_sdp: b,
          }),
        )
        for (const { from } of refused.list()) assert.match(from, /^[\w.@+:?-]{0,60}$/)
        codecsOf(b)
      },
    ),
  )
  assert.ok(refused.list().length <= 200)
})
