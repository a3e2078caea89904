import { nodeDefinition } from '../../kit/definition.ts'

export const definition = nodeDefinition({
  type: 'vera-ask',
  category: 'ivr',
  fields: {
    say: { kind: 'speech', default: { as: 'text', value: '' }, required: true },
    rule: { kind: 'choice', default: 'dni', options: ['digits', 'dni', 'cuit', 'date', 'amount'] },
    into: { kind: 'text', default: 'dni', required: true, rule: 'name' },
    min: { kind: 'number', default: 1, min: 1, max: 30 },
    max: { kind: 'number', default: 10, min: 1, max: 30 },
    confirm: { kind: 'flag', default: true },
    seconds: { kind: 'number', default: 8, min: 2, max: 30 },
    retries: { kind: 'number', default: 2, min: 0, max: 5 },
    noInput: { kind: 'speech', default: { as: 'text', value: 'No recibimos ningún dato.' } },
    noMatch: { kind: 'speech', default: { as: 'text', value: 'El dato no es válido.' } },
  },
  exits: [{ name: 'ok' }, { name: 'failed' }],
})
