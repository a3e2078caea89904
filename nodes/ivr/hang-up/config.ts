import { nodeDefinition } from '../../kit/definition.ts'

export const definition = nodeDefinition({
  type: 'vera-hang-up',
  category: 'ivr',
  withoutCaller: true,
  fields: {
    say: { kind: 'speech', default: { as: 'text', value: '' } },
    /** The citizen got what was asked without an agent. */
    contained: { kind: 'flag', default: false },
    busy: { kind: 'flag', default: false },
  },
  exits: [],
})
