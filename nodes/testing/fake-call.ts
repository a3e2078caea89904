// A caller for tests: presses what the script says and tells what was heard.
import type { GatherOptions, HangUp, LiveCall, Prompt, RecordResult } from '../../freeswitch/call/types.ts'

export type Script = {
  from?: string
  to?: string
  /** One entry for each question, in order: keys, '' for silence, 'hangup' to hang up. After the last: silence. */
  keys?: string[]
  /** Length of a message left, ms; undefined: silence. */
  messageMs?: number
  bridge?: Awaited<ReturnType<LiveCall['bridge']>>['ended']
  /** Hangs up while this (part of a prompt's text) is played. */
  hangUpAt?: string
  variables?: Record<string, string>
  uuid?: string
  /** Name of a verb that throws. */
  breaks?: 'play' | 'gather' | 'transfer'
}

/** A leg that is ours; `heard` has all that was played, `transferred` where it was sent. */
export class FakeCall implements LiveCall {
  readonly uuid: string
  readonly variables: Record<string, string>
  readonly from: string
  readonly fromName = ''
  readonly to: string
  hungUp: HangUp | undefined
  readonly ended: Promise<HangUp>
  readonly released: LiveCall['released']
  readonly heard: string[] = []
  readonly questions: GatherOptions[] = []
  readonly dialled: string[] = []
  answered = false
  transferred: string | undefined
  readonly #script: Script
  readonly #keys: string[]
  #end: (hangUp: HangUp) => void = () => {}
  #release: (how: 'hungup' | 'transferred' | 'lost') => void = () => {}
  readonly #waiters: { what: () => boolean; resolve: () => void }[] = []

  constructor(script: Script = {}) {
    this.#script = script
    this.#keys = [...(script.keys ?? [])]
    this.uuid = script.uuid ?? `leg-${Math.random().toString(36).slice(2, 10)}`
    this.variables = { ...script.variables }
    this.from = script.from ?? '3424567890'
    this.to = script.to ?? '08005551234'
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
    this.released = new Promise((resolve) => {
      this.#release = resolve
    })
  }

  async answer(): Promise<void> {
    this.answered = true
  }
  async play(prompts: Prompt[]) {
    if (this.#script.breaks === 'play') throw new Error('the switch does not answer')
    if (this.hungUp) return { ended: 'hangup' as const, playedMs: 0 }
    this.#hear(prompts)
    return this.hungUp ? { ended: 'hangup' as const, playedMs: 0 } : { ended: 'done' as const, playedMs: 1_000 }
  }
  async gather(options: GatherOptions) {
    if (this.#script.breaks === 'gather') throw new Error('the switch does not answer')
    if (this.hungUp) return { ended: 'hangup' as const, digits: '' }
    // Nothing is asked here, only a late `#` is waited for: the script's next keys are for the next question.
    if (options.prompts.every((prompt) => 'silenceMs' in prompt)) return { ended: 'timeout' as const, digits: '' }
    this.questions.push(options)
    this.#hear(options.prompts)
    const keys = this.#keys.shift() ?? ''
    if (keys === 'hangup') this.leave()
    if (this.hungUp) return { ended: 'hangup' as const, digits: '' }
    const digits = keys.replace(/#$/, '').slice(0, options.max)
    return digits.length < options.min
      ? { ended: 'timeout' as const, digits: '' }
      : { ended: 'digits' as const, digits }
  }
  async record(options: { path: string }): Promise<RecordResult> {
    if (this.hungUp) return { ended: 'hangup' as const, durationMs: 0, path: options.path }
    const { messageMs } = this.#script
    if (messageMs === undefined) return { ended: 'silence' as const, durationMs: 0, path: options.path }
    return { ended: 'key' as const, durationMs: messageMs, path: options.path }
  }
  async setVariables(values: Record<string, string>): Promise<boolean> {
    Object.assign(this.variables, values)
    return true
  }
  async getVariable(name: string): Promise<string | undefined> {
    return this.variables[name]
  }
  async transfer(extension: string, context: string): Promise<void> {
    if (this.#script.breaks === 'transfer') throw new Error('the switch does not answer')
    this.transferred = `${extension} ${context}`
    this.#release('transferred')
    this.#look()
  }
  async bridge(dial: string) {
    this.dialled.push(dial)
    return { ended: this.#script.bridge ?? ('talked' as const), cause: 'NORMAL_CLEARING' }
  }
  async startRecording(): Promise<void> {}
  async stopRecording(): Promise<void> {}
  async hangup(cause = 'NORMAL_CLEARING'): Promise<void> {
    this.leave('platform', cause)
  }
  on(): this {
    return this
  }

  /** The caller (or we) hang up. */
  leave(side: HangUp['side'] = 'caller', cause = 'NORMAL_CLEARING'): void {
    if (this.hungUp) return
    this.hungUp = { cause, q850: 16, side, at: 0 }
    this.#end(this.hungUp)
    this.#release('hungup')
    this.#look()
  }

  /** Resolves when the caller has heard a text that holds this. */
  hears(part: string): Promise<void> {
    return this.#when(() => this.heard.some((text) => text.includes(part)))
  }

  /** Resolves when the leg has left us. */
  gone(): Promise<void> {
    return this.#when(() => this.hungUp !== undefined || this.transferred !== undefined)
  }

  #hear(prompts: Prompt[]): void {
    for (const prompt of prompts) {
      const text = 'file' in prompt ? decodeURIComponent(prompt.file.replace('/prompts/', '')) : 'tone'
      this.heard.push(text)
      if (this.#script.hangUpAt && text.includes(this.#script.hangUpAt)) this.leave()
    }
    this.#look()
  }

  #when(what: () => boolean): Promise<void> {
    if (what()) return Promise.resolve()
    return new Promise((resolve) => this.#waiters.push({ what, resolve }))
  }

  #look(): void {
    for (const waiter of this.#waiters.splice(0)) {
      if (waiter.what()) waiter.resolve()
      else this.#waiters.push(waiter)
    }
  }
}
