import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { readRecord } from './record.ts'
import { callerRecord, sampleRecord } from './sample.ts'

const now = Date.UTC(2026, 10, 23, 15)
const about = { fileName: 'leg.cdr.json', modifiedAt: now, now }
const read = (value: unknown) => readRecord(Buffer.from(JSON.stringify(value)), about)
const recordOf = (value: unknown) => {
  const reading = read(value)
  assert.ok('record' in reading, JSON.stringify(reading))
  return reading.record
}
const times = { start: now - 60_000, answer: now - 59_000, end: now - 1_000 }

describe('a call record', () => {
  it('of a caller', () => {
    const record = recordOf(
      callerRecord({ uuid: 'a', ...times, variables: { sip_hangup_disposition: 'recv_bye', vera_fallback: 'true' } }),
    )
    assert.deepEqual(record, {
      coreUuid: 'core-1',
      uuid: 'a',
      switchNode: 'vera',
      role: 'caller',
      direction: 'inbound',
      interactionId: 'a',
      from: '3424111222',
      to: '08000000147',
      fallback: true,
      startedAt: times.start,
      answeredAt: times.answer,
      endedAt: times.end,
      cause: 'NORMAL_CLEARING',
      q850: 16,
      side: 'caller',
    })
  })

  it('of an agent, with the talk that the platform booked or had no time to', () => {
    const variables = { vera_offer: 'b', vera_agent: '7', vera_interaction: 'a', vera_caller: 'a', vera_stay: 's' }
    const sample = { uuid: 'b', direction: 'outbound' as const, ...times, bridge: now - 50_000 }
    const unbooked = recordOf(sampleRecord({ ...sample, variables }))
    assert.equal(unbooked.role, 'agent')
    assert.equal(unbooked.talkAt, now - 50_000)
    const booked = recordOf(
      sampleRecord({ ...sample, variables: { ...variables, vera_talk_at: String(now - 49_000) } }),
    )
    assert.equal(booked.talkAt, now - 49_000)
    const rang = recordOf(sampleRecord({ ...sample, answer: undefined, bridge: undefined, variables }))
    assert.equal(rang.talkAt, undefined)
  })

  it('tells apart who rang, who was refused, the inner half of a loopback and a phone that calls another', () => {
    const role = (sample: Parameters<typeof sampleRecord>[0]) => recordOf(sampleRecord(sample)).role
    const outbound = { uuid: 'x', direction: 'outbound' as const, ...times }
    assert.equal(role({ ...outbound, variables: { dialed_user: '1001', originating_leg_uuid: 'a' } }), 'ring')
    const inner = { dialed_user: '1001', loopback_leg: 'B' }
    assert.equal(role({ uuid: 'x', ...times, variables: inner }), 'other')
    assert.equal(role({ uuid: 'x', ...times, cause: 'CALL_REJECTED' }), 'refused')
    assert.equal(role({ uuid: 'x', ...times, context: 'agents' }), 'other')
    assert.equal(role({ uuid: 'x', ...times, variables: { vera_offer: 'someone-else', vera_entry: '1' } }), 'other')
  })

  it('reads Latin-1 where it is no UTF-8', () => {
    const text = JSON.stringify(callerRecord({ uuid: 'a', ...times, from: 'Muñoz' }))
    const reading = readRecord(Buffer.from(text, 'latin1'), about)
    assert.ok('record' in reading)
    assert.equal(reading.record.from, 'Muñoz')
  })

  it('takes numbers for texts and texts for numbers', () => {
    const sample = callerRecord({ uuid: 'a', ...times })
    const odd = { ...sample, variables: { ...sample.variables, start_uepoch: times.start * 1000, hangup_cause: 16 } }
    const record = recordOf(odd)
    assert.equal(record.startedAt, times.start)
    assert.equal(record.cause, 'UNSPECIFIED')
  })

  it('says what is wrong with what is none', () => {
    const fault = (value: unknown) => {
      const reading = read(value)
      return 'fault' in reading ? reading.fault : undefined
    }
    const sample = callerRecord({ uuid: 'a', ...times })
    assert.equal(fault([]), 'shape')
    assert.equal(fault({ variables: 'x' }), 'shape')
    assert.equal(fault({ ...sample, 'core-uuid': '../../etc' }), 'no_id')
    assert.equal(fault(callerRecord({ uuid: 'a', start: 1_000, end: now })), 'clock')
    assert.equal(fault(callerRecord({ uuid: 'a', start: now, end: now + 2 * 86_400_000 })), 'clock')
    const torn = readRecord(Buffer.from(JSON.stringify(sample).slice(0, 100)), about)
    assert.equal('fault' in torn && torn.fault, 'not_json')
  })

  it('never ends before it began', () => {
    const record = recordOf(callerRecord({ uuid: 'a', start: now, answer: now - 5_000, end: now - 60_000 }))
    assert.equal(record.endedAt, now)
    assert.equal(record.answeredAt, now)
  })

  it('is refused or fits its columns, whatever is in it', () => {
    const wild = fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary', maxLength: 300 }), fc.bigInt().map(String))
    const anyFile = fc.record(
      {
        'core-uuid': fc.oneof(fc.constant('core-1'), wild),
        switchname: wild,
        variables: fc.oneof(
          wild,
          fc.dictionary(
            fc.constantFrom(
              ...['uuid', 'direction', 'start_uepoch', 'end_uepoch', 'answer_uepoch', 'bridge_uepoch', 'hangup_cause'],
              ...['vera_entry', 'vera_interaction', 'vera_agency', 'vera_offer', 'dialed_user', 'vera_talk_at'],
            ),
            wild,
          ),
        ),
        callflow: wild,
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(anyFile, (file) => {
        const reading = readRecord(Buffer.from(JSON.stringify(file)), about)
        if (!('record' in reading)) return
        const { record } = reading
        assert.ok(record.endedAt >= record.startedAt)
        assert.ok([record.startedAt, record.endedAt].every(Number.isSafeInteger))
        assert.ok([...record.from].length <= 120 && [...record.to].length <= 120)
        assert.ok((record.interactionId ?? '').length <= 36 && (record.otherLeg ?? '').length <= 36)
        assert.ok((record.agencyId ?? 1) > 0 && (record.agencyId ?? 1) < 2 ** 31)
      }),
      { numRuns: 300 },
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        assert.ok(readRecord(Buffer.from(bytes), about))
      }),
    )
    const deep = readRecord(Buffer.from(`{"variables":${'['.repeat(100_000)}${']'.repeat(100_000)}}`), about)
    assert.ok('fault' in deep)
  })
})
