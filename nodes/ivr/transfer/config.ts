import { nodeDefinition } from '../../kit/definition.ts'

export const definition = nodeDefinition({
  type: 'vera-transfer',
  category: 'ivr',
  fields: {
    kind: { kind: 'choice', default: 'extension', options: ['extension', 'number'] },
    /** May hold `{{msg...}}`. */
    to: { kind: 'text', default: '', required: true, maxLength: 60 },
    say: { kind: 'speech', default: { as: 'text', value: '' } },
    seconds: { kind: 'number', default: 30, min: 5, max: 120 },
  },
  exits: [{ name: 'talked', ends: true }, { name: 'busy' }, { name: 'no_answer' }, { name: 'failed' }],
})
