export { attachLive, type LiveHub, type LiveOptions } from './hub.ts'
export type { Live, Topic, TopicOptions } from './types.ts'
