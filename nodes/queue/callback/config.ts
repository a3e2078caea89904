import { nodeDefinition } from '../../kit/definition.ts'

export const definition = nodeDefinition({
  type: 'vera-callback',
  category: 'queue',
  withoutCaller: true,
  fields: {
    queue: { kind: 'known', of: 'queues', default: '', required: true },
    /** Where the number is; empty: the caller's own. */
    number: { kind: 'text', default: '', rule: 'path' },
    say: {
      kind: 'speech',
      default: { as: 'text', value: 'Lo llamaremos apenas se libere un agente. Muchas gracias.' },
    },
  },
  exits: [{ name: 'requested', ends: true }, { name: 'failed' }],
})
