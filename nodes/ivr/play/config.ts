import { nodeDefinition } from '../../kit/definition.ts'

export const definition = nodeDefinition({
  type: 'vera-play',
  category: 'ivr',
  fields: { say: { kind: 'speech', default: { as: 'text', value: '' }, required: true } },
  exits: [{ name: 'done' }],
})
