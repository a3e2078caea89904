// ESL, FreeSWITCH's event socket: what the rest of freeswitch/ and the server may use.
export { EslClient, type EslClientOptions, type EslLog, meaningOf } from './client.ts'
export { realTimers, type Timers } from './connection.ts'
export * from './encode.ts'
export { decodeEvent, parseEvent } from './events.ts'
export { type Frame, FrameReader, FramingError } from './framing.ts'
export {
  type CallListener,
  type CallSession,
  type ListenOptions,
  listenCalls,
  type Run,
  switchTime,
} from './outbound.ts'
export { decodePercent, decodeText } from './text.ts'
export * from './types.ts'
