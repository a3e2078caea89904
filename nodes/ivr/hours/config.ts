import { nodeDefinition } from '../../kit/definition.ts'

export const definition = nodeDefinition({
  type: 'vera-hours',
  category: 'ivr',
  withoutCaller: true,
  fields: {
    /** Empty: the agency's own. */
    calendar: { kind: 'known', of: 'calendars', default: '' },
    /** Outside hours the interaction counts as rejected (`closed`). */
    reject: { kind: 'flag', default: true },
  },
  exits: [{ name: 'open' }, { name: 'closed' }, { name: 'holiday' }],
})
