import { randomUUID } from 'node:crypto'
import type { Channel, FarEnd, Headers } from './channel.ts'
import type { Core } from './core.ts'
import type { Random } from './random.ts'

/**
 * robot: answers by itself, talks and hangs up. manual: rings until told to answer. busy, refuses: do so. loses: answers
 * like a robot and vanishes without a word, so that its leg ends with MEDIA_TIMEOUT. off: not registered.
 */
export const phoneModes = ['robot', 'manual', 'busy', 'refuses', 'loses', 'off'] as const
export type PhoneMode = (typeof phoneModes)[number]

export type PhoneHabits = {
  /** A robot answers after this long, ms. */
  answerMs: [low: number, high: number]
  /** A robot hangs up after talking, ms: mean and standard deviation of a lognormal. */
  talkMs: [mean: number, deviation: number]
  /** A phone that loses its media is given up so long after it was joined, ms. */
  loseMs: number
}

/** One place where a phone is registered; a phone may have several. */
export type Registration = { callId: string; agent: string; contact: string; since: number }

type Phone = {
  extension: string
  mode: PhoneMode
  habits: Partial<PhoneHabits>
  leg: Channel | undefined
  registrations: Registration[]
}

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
    for (const extension of extensions) {
      this.#phones.set(extension, { extension, mode, habits: {}, leg: undefined, registrations: [] })
      if (mode !== 'off') this.register(extension)
    }
  }

  get extensions(): string[] {
    return [...this.#phones.keys()]
  }
  mode(extension: string): PhoneMode | undefined {
    return this.#phones.get(extension)?.mode
  }
  /** Its own habits win over those of all. `off` unregisters it, another mode registers it again. False: no such phone. */
  set(extension: string, mode: PhoneMode, habits: Partial<PhoneHabits> = {}): boolean {
    const phone = this.#phones.get(extension)
    if (!phone) return false
    phone.mode = mode
    phone.habits = habits
    if (mode === 'off') this.unregister(extension)
    else if (phone.registrations.length === 0) this.register(extension)
    return true
  }

  /** One more phone, or one that is there set so. */
  add(extension: string, mode: PhoneMode, habits: Partial<PhoneHabits> = {}): void {
    if (!this.#phones.has(extension))
      this.#phones.set(extension, { extension, mode, habits, leg: undefined, registrations: [] })
    this.set(extension, mode, habits)
  }

  registrations(): { extension: string; registration: Registration }[] {
    return [...this.#phones.values()].flatMap(({ extension, registrations }) =>
      registrations.map((registration) => ({ extension, registration })),
    )
  }
  /** A phone registers (once more): the switch tells of it with sofia::register. */
  register(extension: string, agent = 'embedded phone'): void {
    const phone = this.#phones.get(extension)
    if (!phone) return
    const place = phone.registrations.length
    const contact = `"${extension}" <sip:${extension}@127.0.0.1:${50_000 + place};transport=udp;fs_nat=no>`
    const registration = { callId: randomUUID(), agent, contact, since: this.#core.clock.now() }
    phone.registrations.push(registration)
    this.#tell('sofia::register', extension, registration, {
      ...{ status: 'Registered(UDP)', expires: '300', rpid: 'unknown' },
      ...{
        'to-user': extension,
        'to-host': this.#domain,
        'network-ip': '127.0.0.1',
        'network-port': String(50_000 + place),
      },
      ...{ username: extension, realm: this.#domain },
    })
  }
  unregister(extension: string): void {
    const phone = this.#phones.get(extension)
    for (const registration of phone?.registrations.splice(0) ?? []) {
      this.#tell('sofia::unregister', extension, registration, { expires: '0', rpid: 'unknown' })
    }
  }
  get #domain(): string {
    return this.#core.globals.get('vera_domain') ?? ''
  }
  #tell(subclass: string, extension: string, registration: Registration, more: Headers): void {
    this.#core.emit(
      'CUSTOM',
      undefined,
      {
        'Event-Subclass': subclass,
        ...{ 'profile-name': 'agents', 'from-user': extension, 'from-host': this.#domain },
        ...{ contact: registration.contact, 'call-id': registration.callId, 'user-agent': registration.agent },
        ...more,
      },
      false,
    )
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
    const habits = { ...this.habits, ...phone.habits }
    const busy = phone.leg !== undefined || phone.mode === 'busy'
    if (phone.leg === undefined) {
      phone.leg = leg
      leg.onGone.push(() => {
        if (phone.leg === leg) phone.leg = undefined
      })
    }
    clock.after(20, () => {
      if (busy) return leg.hangup('USER_BUSY', 'far')
      leg.progress()
      if (phone.mode === 'refuses') return leg.hangup('CALL_REJECTED', 'far')
      if (phone.mode !== 'manual') clock.after(this.#random.whole(...habits.answerMs), () => leg.answer())
    })
    let talking = false
    return {
      joined: (peer) => {
        if (!peer || talking) return
        talking = true
        if (phone.mode === 'loses') clock.after(habits.loseMs, () => leg.hangup('MEDIA_TIMEOUT'))
        if (phone.mode === 'robot')
          clock.after(this.#random.lognormal(...habits.talkMs), () => leg.hangup('NORMAL_CLEARING', 'far'))
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
