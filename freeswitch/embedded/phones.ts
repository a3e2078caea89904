import type { Channel, FarEnd } from './channel.ts'
import type { Core } from './core.ts'
import type { Random } from './random.ts'

/** robot: answers by itself, talks and hangs up. manual: rings until told to answer. off: not registered. */
export type PhoneMode = 'robot' | 'manual' | 'off'

export type PhoneHabits = {
  /** A robot answers after this long, ms. */
  answerMs: [low: number, high: number]
  /** A robot hangs up after talking, ms: mean and standard deviation of a lognormal. */
  talkMs: [mean: number, deviation: number]
}

type Phone = { mode: PhoneMode; leg: Channel | undefined }

/** The simulated agents' phones: SIP users of the switch's own domain. */
export class Phones {
  readonly #core: Core
  readonly #random: Random
  readonly #phones = new Map<string, Phone>()
  habits: PhoneHabits

  constructor(core: Core, random: Random, extensions: string[], mode: PhoneMode, habits: PhoneHabits) {
    this.#core = core
    this.#random = random
    this.habits = habits
    for (const extension of extensions) this.#phones.set(extension, { mode, leg: undefined })
  }

  get extensions(): string[] {
    return [...this.#phones.keys()]
  }
  mode(extension: string): PhoneMode | undefined {
    return this.#phones.get(extension)?.mode
  }
  /** False when there is no such phone. */
  set(extension: string, mode: PhoneMode): boolean {
    const phone = this.#phones.get(extension)
    if (phone) phone.mode = mode
    return Boolean(phone)
  }

  /** The phone as the far end of a new leg, or why it cannot be reached. It rings once the leg says so. */
  reach(extension: string): { far: (leg: Channel) => FarEnd } | { cause: string } {
    const phone = this.#phones.get(extension)
    if (!phone) return { cause: 'SUBSCRIBER_ABSENT' }
    if (phone.mode === 'off') return { cause: 'USER_NOT_REGISTERED' }
    return { far: (leg) => this.#ring(phone, leg) }
  }

  #ring(phone: Phone, leg: Channel): FarEnd {
    const { clock } = this.#core
    const busy = phone.leg !== undefined
    if (!busy) {
      phone.leg = leg
      leg.onGone.push(() => {
        if (phone.leg === leg) phone.leg = undefined
      })
    }
    clock.after(20, () => {
      if (busy) return leg.hangup('USER_BUSY', 'far')
      leg.progress()
      if (phone.mode === 'robot') clock.after(this.#random.whole(...this.habits.answerMs), () => leg.answer())
    })
    let talking = false
    return {
      joined: (peer) => {
        if (!peer) return
        if (talking || phone.mode !== 'robot') return
        talking = true
        clock.after(this.#random.lognormal(...this.habits.talkMs), () => leg.hangup('NORMAL_CLEARING', 'far'))
      },
      phoneEvent: (event) => {
        if (event === 'talk' && !leg.answered) leg.answer()
        else if (event === 'talk') unhold(leg)
        else if (event === 'hold') hold(leg)
        return true
      },
    }
  }
}

/** Puts a leg on hold; false when it is already. */
export function hold(leg: Channel): boolean {
  if (leg.callState === 'HELD' || !leg.answered) return false
  leg.times.lastHold = leg.core.micros()
  leg.setCallState('HELD')
  leg.emit('CHANNEL_HOLD')
  return true
}
export function unhold(leg: Channel): boolean {
  if (leg.callState !== 'HELD') return false
  leg.times.holdSum += leg.core.micros() - leg.times.lastHold
  leg.setCallState('ACTIVE')
  leg.emit('CHANNEL_UNHOLD')
  return true
}
