import { nodeDefinition } from '../../kit/definition.ts'

export const definition = nodeDefinition({
  type: 'vera-create-ticket',
  category: 'crm',
  withoutCaller: true,
  fields: {
    subject: { kind: 'text', default: '', required: true, maxLength: 200 },
    description: { kind: 'template', default: '', maxLength: 2_000 },
    topic: { kind: 'known', of: 'topics', default: '' },
    backOffice: { kind: 'known', of: 'backOffices', default: '' },
    priority: { kind: 'choice', default: 'normal', options: ['low', 'normal', 'high', 'urgent'] },
  },
  exits: [{ name: 'created' }],
})
