import { nodeDefinition } from '../../kit/definition.ts'

export const definition = nodeDefinition({
  type: 'vera-note',
  category: 'crm',
  withoutCaller: true,
  fields: { text: { kind: 'template', default: '', required: true, maxLength: 2_000 } },
  exits: [{ name: 'done' }],
})
