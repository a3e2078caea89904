import { nodeDefinition } from '../../kit/definition.ts'

export const definition = nodeDefinition({
  type: 'vera-record-message',
  category: 'ivr',
  fields: {
    say: {
      kind: 'speech',
      default: { as: 'text', value: 'Deje su mensaje después del tono. Al terminar, marque numeral.' },
    },
    maxSeconds: { kind: 'number', default: 120, min: 5, max: 600 },
    silenceSeconds: { kind: 'number', default: 6, min: 0, max: 30 },
    minSeconds: { kind: 'number', default: 2, min: 0, max: 30 },
  },
  exits: [{ name: 'recorded' }, { name: 'empty' }],
})
