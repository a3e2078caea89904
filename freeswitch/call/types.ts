import type { SwitchEvent } from '../esl/types.ts'

/** What is played: a WAV/MP3 file by absolute path, a tone or silence by its FreeSWITCH stream. Never outside text. */
export type Prompt = { file: string } | { tone: string } | { silenceMs: number }

/** `missing`: a file is not there or not readable; of a list nothing was played then. */
export type PlayResult = { ended: 'done' | 'key' | 'missing' | 'hangup'; key?: string; playedMs: number }

export type GatherOptions = {
  prompts: Prompt[]
  /** Digits wanted. */
  min: number
  max: number
  /** Wait for the first key after the prompt, ms. */
  timeoutMs: number
  /** Wait between keys, ms. */
  betweenMs: number
  /** Keys that end the input, e.g. `#`; they are not part of the digits. */
  terminators: string
  /** Whether a key stops the prompt (default true). */
  bargeIn?: boolean
}
/**
 * `digits`: at least `min` keys, or, where `min` is 0, a terminator alone. `timeout` otherwise: with no key at all `digits`
 * is empty and there is no terminator (no input), else they tell what was pressed (too few).
 */
export type GatherResult = { ended: 'digits' | 'timeout' | 'hangup' | 'missing'; digits: string; terminator?: string }

export type RecordOptions = {
  path: string
  maxSeconds: number
  silenceSeconds: number
  terminators: string
  beep: boolean
}
export type RecordResult = {
  ended: 'key' | 'silence' | 'maximum' | 'hangup' | 'failed'
  /** The terminator that ended it. */
  key?: string
  durationMs: number
  path: string
}

export type HangUp = { cause: string; q850: number; side: 'caller' | 'platform' | 'switch'; at: number }

/**
 * A leg whose control the switch has given to us through `socket`. Every verb settles, also when the caller hangs up in
 * the middle of it (result `hangup`); a verb on a dead leg gives `hangup` at once. Verbs are serialised by the caller of them.
 */
export interface LiveCall {
  /** The leg's Unique-ID. */
  readonly uuid: string
  /** Channel variables at the moment of connecting, without the `variable_` prefix. */
  readonly variables: Readonly<Record<string, string>>
  /** Caller's number as the network gave it, possibly empty. */
  readonly from: string
  readonly fromName: string
  /** Number dialled (DID). */
  readonly to: string
  readonly hungUp: HangUp | undefined
  /** Resolves once when the leg is gone. */
  readonly ended: Promise<HangUp>
  /**
   * Resolves once when the leg is no longer ours: it hung up, was transferred, or the connection to the switch broke
   * (`lost`: then `ended` too has resolved, with cause `SOCKET_LOST`; after a transfer `ended` stays open).
   */
  readonly released: Promise<'hungup' | 'transferred' | 'lost'>
  answer(): Promise<void>
  play(prompts: Prompt[], options?: { terminators?: string }): Promise<PlayResult>
  gather(options: GatherOptions): Promise<GatherResult>
  record(options: RecordOptions): Promise<RecordResult>
  /**
   * Stored literally: `${...}` is never expanded. Refuses line breaks with `switch.unsafe`. False: the leg is gone, which the
   * switch may answer before it tells of the hang-up.
   */
  setVariables(values: Record<string, string>): Promise<boolean>
  /** The present value, undefined when unset. */
  getVariable(name: string): Promise<string | undefined>
  /** Leaves our control: the leg goes to `extension` in `context` of the XML dialplan. */
  transfer(extension: string, context: string): Promise<void>
  /** Bridges to a dial string made by `dialString`; ends when the other leg does. */
  bridge(
    dial: string,
    options?: { timeoutSeconds?: number; ringback?: string },
  ): Promise<{ ended: 'talked' | 'busy' | 'no_answer' | 'failed' | 'hangup'; cause: string }>
  /** Recording of the whole leg, stereo, in the background. */
  startRecording(path: string): Promise<void>
  stopRecording(path: string): Promise<void>
  hangup(cause?: string): Promise<void>
  /** Keys pressed while no verb is collecting. */
  on(event: 'key', listener: (key: string) => void): this
  on(event: 'event', listener: (event: SwitchEvent) => void): this
}
