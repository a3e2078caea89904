export { attachLive, type LiveHub, type LiveOptions } from './hub.ts'
export { createSignal, type Signal } from './signal.ts'
export type { Live, Topic, TopicOptions } from './types.ts'
