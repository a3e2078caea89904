import { nodeDefinition } from '../../kit/definition.ts'

export const definition = nodeDefinition({
  type: 'vera-mask',
  category: 'ivr',
  fields: { action: { kind: 'choice', default: 'mask', options: ['mask', 'unmask'] } },
  exits: [{ name: 'done' }, { name: 'failed' }],
})
