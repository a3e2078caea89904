import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { CallMessage } from '../../server/flows/types.ts'
import { exitsOf, nodeDefinition, problemsOf, readConfig } from './definition.ts'
import { encodeMessage, MESSAGE_BYTES, plainMessage } from './message.ts'
import { fill } from './template.ts'

const call = {
  id: 'i',
  leg: 'i',
  from: '1',
  fromName: '',
  to: '2',
  agencyId: 1,
  agencyName: 'ñ',
  language: 'es',
  startedAt: 0,
} as const

describe('the message on the leg', () => {
  it('never passes 4 kB and always keeps the call', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.anything({ maxDepth: 2 })), (rest) => {
        const plain = plainMessage({ ...rest, call } as CallMessage)
        assert.deepEqual(plain.call, call)
        assert.ok(Buffer.byteLength(JSON.stringify(plain)) <= MESSAGE_BYTES)
        assert.match(encodeMessage({ ...rest, call } as CallMessage), /^[A-Za-z0-9_-]+$/)
      }),
    )
  })
  it('drops what is large before what Vera needs', () => {
    const citizen = { id: 7, name: 'x'.repeat(1_000) }
    const plain = plainMessage({ call, citizen, payload: 'y'.repeat(5_000), small: 1 })
    assert.deepEqual(Object.keys(plain).sort(), ['call', 'citizen', 'small'])
  })
  it('drops cycles and functions', () => {
    const cycle: Record<string, unknown> = {}
    cycle.self = cycle
    assert.deepEqual(plainMessage({ call, cycle, run: () => {} }), { call })
  })
})

describe('templates', () => {
  it('follow own plain data only', () => {
    const message = { citizen: { name: 'Rosa' }, n: 3, list: ['a'] }
    assert.equal(fill('{{msg.citizen.name}} {{ citizen.name }} {{n}}', message), 'Rosa Rosa 3')
    for (const path of ['constructor', 'citizen.__proto__', 'citizen.name.length', 'list', 'citizen', 'toString']) {
      assert.equal(fill(`[{{${path}}}]`, message), '[]')
    }
  })
  it('put data in as text: no second pass, no control characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        const out = fill('{{name}}', { name, secret: 'S3CR3T' })
        assert.ok(out.length <= 200)
        assert.ok(!/\p{Cc}/u.test(out))
        assert.ok(name.includes('S3CR3T') || !out.includes('S3CR3T'))
      }),
    )
  })
})

describe('definitions', () => {
  const definition = nodeDefinition({
    type: 'vera-x',
    category: 'ivr',
    fields: {
      say: { kind: 'speech', default: { as: 'text', value: '' }, required: true },
      times: { kind: 'number', default: 2, min: 0, max: 5 },
      options: { kind: 'options', default: [{ key: '1', label: '' }] },
    },
    exitsFrom: 'options',
    exits: [{ name: 'no_input' }],
  })
  it('read a configuration from anything at all', () => {
    fc.assert(
      fc.property(fc.record({ say: fc.anything(), times: fc.anything(), options: fc.anything() }), (raw) => {
        const config = readConfig(definition, raw)
        assert.ok(config.times >= 0 && config.times <= 5)
        assert.equal(typeof config.say.value, 'string')
        assert.ok(Array.isArray(config.options))
      }),
    )
  })
  it('say what is wrong', () => {
    const problems = problemsOf(definition, {
      say: { as: 'text', value: ' ' },
      times: 9,
      options: [
        { key: '1', label: '' },
        { key: '1', label: '' },
      ],
    })
    assert.deepEqual(problems, [
      { field: 'say', problem: 'required' },
      { field: 'times', problem: 'range' },
      { field: 'options', problem: 'duplicate_key' },
    ])
  })
  it('have one exit for each key', () => {
    const names = exitsOf(definition, { options: [{ key: '2', label: 'a' }] }).map(({ name }) => name)
    assert.deepEqual(names, ['key:2', 'no_input'])
  })
})
