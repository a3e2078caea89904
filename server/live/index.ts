export { attachLive, type LiveHub, type LiveOptions } from './hub.ts'
export { createSignal, type Signal } from './signal.ts'
export type { Live, LiveAcross, Topic, TopicOptions, Whom } from './types.ts'
