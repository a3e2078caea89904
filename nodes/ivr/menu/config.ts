import { nodeDefinition } from '../../kit/definition.ts'

export const definition = nodeDefinition({
  type: 'vera-menu',
  category: 'ivr',
  fields: {
    say: { kind: 'speech', default: { as: 'text', value: '' }, required: true },
    options: { kind: 'options', default: [{ key: '1', label: '' }] },
    seconds: { kind: 'number', default: 5, min: 1, max: 30 },
    retries: { kind: 'number', default: 2, min: 0, max: 5 },
    bargeIn: { kind: 'flag', default: true },
    noInput: { kind: 'speech', default: { as: 'text', value: 'No recibimos ninguna opción.' } },
    noMatch: { kind: 'speech', default: { as: 'text', value: 'La opción no es válida.' } },
  },
  exitsFrom: 'options',
  exits: [{ name: 'no_input' }, { name: 'no_match' }],
})
