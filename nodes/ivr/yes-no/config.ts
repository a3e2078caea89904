import { nodeDefinition } from '../../kit/definition.ts'

export const definition = nodeDefinition({
  type: 'vera-yes-no',
  category: 'ivr',
  fields: {
    say: { kind: 'speech', default: { as: 'text', value: '' }, required: true },
    yes: {
      kind: 'text',
      default: 'sí, sí sí, sí claro, claro, claro que sí, sí por favor, sí quiero, correcto, está bien, de acuerdo',
      required: true,
      maxLength: 500,
    },
    no: {
      kind: 'text',
      default: 'no, no no, no gracias, no quiero, incorrecto, para nada, claro que no',
      required: true,
      maxLength: 500,
    },
    seconds: { kind: 'number', default: 5, min: 2, max: 15 },
    confidence: { kind: 'number', default: 60, min: 0, max: 100 },
    bargeIn: { kind: 'flag', default: true },
    noMatch: { kind: 'speech', default: { as: 'text', value: 'No le entendimos. Diga sí o no.' } },
    keys: { kind: 'speech', default: { as: 'text', value: 'Marque 1 para sí, o 2 para no.' } },
  },
  exits: [{ name: 'yes' }, { name: 'no' }, { name: 'not_understood' }],
})
