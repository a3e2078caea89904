import type { LiveCall, Prompt } from '../../freeswitch/call/types.ts'
import type { Speech } from './definition.ts'
import type { CallMessage, FlowCall, Platform } from './platform.ts'
import { fill } from './template.ts'

/** Where a behaviour sends the call: the name of an exit, or one of the two below. */
export type Outcome = string
/** The caller hung up meanwhile: nothing follows. */
export const GONE = 'gone'
/** The leg is in other hands (a queue) or ended by the node itself. */
export const HANDED = 'handed'

/** A recording or speech that cannot be played: alarm `prompt.missing`. */
export class PromptMissing extends Error {
  constructor(what: string) {
    super(`There is nothing to play for ${what}`)
    this.name = 'PromptMissing'
  }
}

/** What a behaviour is given: one call at one node. It never sees Node-RED. */
export class Step<Config> {
  readonly config: Config
  /** Plain data; what is put here travels on. */
  readonly message: CallMessage
  readonly call: FlowCall
  readonly platform: Platform
  readonly node: { id: string; name: string; type: string }

  constructor(values: Pick<Step<Config>, 'config' | 'message' | 'call' | 'platform' | 'node'>) {
    this.config = values.config
    this.message = values.message
    this.call = values.call
    this.platform = values.platform
    this.node = values.node
  }

  get live(): LiveCall {
    return this.call.live
  }

  /** UTC ms. */
  get now(): number {
    return this.platform.now?.() ?? Date.now()
  }

  /**
   * Recorded in the interaction's history: what was heard or pressed here. `choice` is what the reports count: one of a few known
   * beforehand (an option of a menu, found or not), never what the caller typed or said freely.
   */
  note(detail?: string, choice?: string): void {
    this.call.step(this.node.id, this.node.name || this.node.type, detail, choice)
  }

  /** Template with the message's data in it. */
  text(template: string): string {
    return fill(template, this.message).trim()
  }

  /** What the switch plays for this; none for an empty one. Throws PromptMissing. */
  async prompts(...speeches: (Speech | string)[]): Promise<Prompt[]> {
    const about = { agencyId: this.call.data.agencyId, language: this.call.data.language }
    const prompts: Prompt[] = []
    for (const speech of speeches) {
      const recording = typeof speech !== 'string' && speech.as === 'recording'
      const value = typeof speech === 'string' ? speech : recording ? speech.value.trim() : this.text(speech.value)
      if (value === '') continue
      try {
        prompts.push({ file: await this.platform.prompts.file(recording ? { name: value } : value, about) })
      } catch (error) {
        throw new PromptMissing(`«${value.slice(0, 80)}»: ${(error as Error).message}`)
      }
    }
    return prompts
  }

  /** Plays; true while somebody is still on the line. Throws PromptMissing. */
  async say(...speeches: (Speech | string)[]): Promise<boolean> {
    const prompts = await this.prompts(...speeches)
    if (prompts.length === 0) return this.live.hungUp === undefined
    const { ended } = await this.live.play(prompts)
    if (ended === 'missing')
      throw new PromptMissing(speeches.map((s) => (typeof s === 'string' ? s : s.value)).join(', '))
    return ended !== 'hangup'
  }
}

export type Behaviour<Config> = (step: Step<Config>) => Promise<Outcome>
