import { nodeDefinition } from '../../kit/definition.ts'

export const definition = nodeDefinition({
  type: 'vera-call-in',
  category: 'ivr',
  entry: true,
  fields: { number: { kind: 'text', default: '', maxLength: 40, rule: 'number_pattern' } },
  exits: [{ name: 'call' }],
})
