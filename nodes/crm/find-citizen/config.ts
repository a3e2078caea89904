import { nodeDefinition } from '../../kit/definition.ts'

export const definition = nodeDefinition({
  type: 'vera-find-citizen',
  category: 'crm',
  withoutCaller: true,
  fields: {
    by: { kind: 'choice', default: 'phone', options: ['phone', 'dni', 'cuit'] },
    /** Where the value is; empty: the caller's number, or the last answer. */
    from: { kind: 'text', default: '', rule: 'path' },
  },
  exits: [{ name: 'found' }, { name: 'not_found' }],
})
