import { nodeDefinition } from '../../kit/definition.ts'

export const definition = nodeDefinition({
  type: 'vera-save-citizen',
  category: 'crm',
  withoutCaller: true,
  fields: {
    name: { kind: 'text', default: '', maxLength: 160 },
    dni: { kind: 'text', default: '{{msg.answers.dni}}', maxLength: 60 },
    cuit: { kind: 'text', default: '', maxLength: 60 },
    phone: { kind: 'text', default: '{{msg.call.from}}', maxLength: 60 },
    email: { kind: 'text', default: '', maxLength: 120 },
  },
  exits: [{ name: 'saved' }, { name: 'failed' }],
})
