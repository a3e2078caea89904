import { nodeDefinition } from '../../kit/definition.ts'

export const definition = nodeDefinition({
  type: 'vera-survey',
  category: 'ivr',
  fields: {
    say: {
      kind: 'speech',
      required: true,
      default: { as: 'text', value: '¿Cómo califica la atención? Marque de 1, muy mala, a 5, muy buena.' },
    },
    maxScore: { kind: 'number', default: 5, min: 2, max: 9 },
    seconds: { kind: 'number', default: 6, min: 2, max: 20 },
    retries: { kind: 'number', default: 1, min: 0, max: 3 },
    thanks: { kind: 'speech', default: { as: 'text', value: 'Muchas gracias por su opinión.' } },
  },
  exits: [
    { name: 'scored', ends: true },
    { name: 'none', ends: true },
  ],
})
