import { nodeDefinition } from '../../kit/definition.ts'

export const definition = nodeDefinition({
  type: 'vera-say-option',
  category: 'ivr',
  fields: {
    say: { kind: 'speech', default: { as: 'text', value: '' }, required: true },
    options: { kind: 'options', default: [{ key: '1', label: '', phrases: '' }], spoken: true },
    seconds: { kind: 'number', default: 6, min: 2, max: 15 },
    confidence: { kind: 'number', default: 60, min: 0, max: 100 },
    bargeIn: { kind: 'flag', default: true },
    noMatch: { kind: 'speech', default: { as: 'text', value: 'No le entendimos.' } },
    keys: { kind: 'speech', default: { as: 'text', value: '' } },
  },
  exitsFrom: 'options',
  exits: [{ name: 'not_understood' }],
})
