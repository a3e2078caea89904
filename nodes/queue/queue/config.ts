import { nodeDefinition } from '../../kit/definition.ts'

export const definition = nodeDefinition({
  type: 'vera-queue',
  category: 'queue',
  resumes: true,
  fields: {
    queue: { kind: 'known', of: 'queues', default: '', required: true },
    topic: { kind: 'known', of: 'topics', default: '' },
    say: { kind: 'speech', default: { as: 'text', value: '' } },
    /** 0: the queue's own. */
    priority: { kind: 'number', default: 0, min: 0, max: 9 },
    /** None: the queue's own. */
    messages: { kind: 'speeches', default: [] },
    keys: { kind: 'text', default: '', maxLength: 12, rule: 'keys' },
    callbackKey: { kind: 'text', default: '', maxLength: 1, rule: 'key' },
  },
  exits: [
    { name: 'answered', ends: true },
    { name: 'timeout' },
    { name: 'full' },
    { name: 'no_agents' },
    { name: 'key' },
    { name: 'callback', ends: true },
    { name: 'abandoned', ends: true },
  ],
})
