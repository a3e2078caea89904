import { nodeDefinition } from '../../kit/definition.ts'

export const definition = nodeDefinition({
  type: 'vera-ticket-status',
  category: 'crm',
  fields: {
    by: { kind: 'choice', default: 'number', options: ['number', 'citizen'] },
    /** Where the number is; empty: the last answer. */
    from: { kind: 'text', default: '', rule: 'path' },
    speak: { kind: 'flag', default: true },
  },
  exits: [{ name: 'found' }, { name: 'not_found' }],
})
