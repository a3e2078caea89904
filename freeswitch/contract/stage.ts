import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLiveCall, type LiveCall } from '../call/index.ts'
import { wavFile } from '../conf/music.ts'
import { type CallListener, EslClient, listenCalls, type SwitchAddress, type SwitchEvent } from '../esl/index.ts'
import type { Call, CallRequest } from '../place-call.ts'

/** A switch under test. */
export type SwitchUnderTest = {
  address: SwitchAddress
  /** Dial strings of phones: one answers after some 300 ms, one is busy, one rings for ever, one does not exist. */
  phones: { answers: string; busy: string; rings: string; absent: string }
  /** A call from outside into the context `public`. */
  place(client: EslClient, request: CallRequest): Promise<Call>
  /** How fast its time runs; 1 by default. */
  speed?: number
  stop(): Promise<void>
}
/** Starts the switch; calls must come to `callListen`, files may be kept in `folder`. */
export type StartSwitch = (given: { callListen: string; folder: string }) => Promise<SwitchUnderTest>

const events = [
  ...['CHANNEL_CREATE', 'CHANNEL_ANSWER', 'CHANNEL_PROGRESS', 'CHANNEL_EXECUTE', 'CHANNEL_EXECUTE_COMPLETE'],
  ...['CHANNEL_BRIDGE', 'CHANNEL_UNBRIDGE', 'CHANNEL_PARK', 'CHANNEL_HOLD', 'CHANNEL_UNHOLD', 'CHANNEL_HANGUP'],
  ...['CHANNEL_HANGUP_COMPLETE', 'CHANNEL_DESTROY', 'PLAYBACK_START', 'PLAYBACK_STOP', 'RECORD_START', 'RECORD_STOP'],
  ...['DTMF', 'MEDIA_BUG_START', 'MEDIA_BUG_STOP', 'BACKGROUND_JOB', 'CUSTOM conference::maintenance'],
]
export const did = '3425550100'
/** A switch that does not answer must fail the test, not hang it. */
export const limit = { timeout: 30_000 }

/** What the tests of one switch share: a client of it, the platform's open door, sounds, and the events seen so far. */
export class Stage {
  readonly folder = mkdtempSync(join(tmpdir(), 'vera-contract-'))
  /** 0.3 s and 6 s of a tone. */
  readonly prompt = join(this.folder, 'short.wav')
  readonly long = join(this.folder, 'long.wav')
  readonly seen: SwitchEvent[] = []
  client!: EslClient
  target!: SwitchUnderTest
  listener!: CallListener
  readonly #calls: { call: LiveCall; cut: () => void }[] = []
  #onCall = () => {}

  async begin(start: StartSwitch): Promise<void> {
    const tone = (seconds: number) => Int16Array.from({ length: seconds * 8000 }, (_, i) => 8000 * Math.sin(i / 3))
    writeFileSync(this.prompt, wavFile(tone(0.3)))
    writeFileSync(this.long, wavFile(tone(6)))
    this.listener = await listenCalls({
      host: '127.0.0.1',
      port: 0,
      onCall: (session) => {
        this.#calls.push({ call: createLiveCall(session), cut: () => session.release() })
        this.#onCall()
      },
    })
    this.target = await start({ callListen: `127.0.0.1:${this.listener.port}`, folder: this.folder })
    this.client = new EslClient({ address: this.target.address, events })
    this.client.on('event', (one) => void this.seen.push(one))
    const up = new Promise<void>((resolve) => this.client.on('up', () => resolve()))
    this.client.start()
    await up
  }
  async end(): Promise<void> {
    await this.client?.stop()
    await this.target?.stop()
    await this.listener?.close(true)
    rmSync(this.folder, { recursive: true, force: true })
  }

  readonly nextCall = async (): Promise<LiveCall> => (await this.nextCut()).call
  /** The next call that comes, and what breaks its connection off as a fault of the network does. */
  readonly nextCut = async () => {
    while (this.#calls.length === 0) await new Promise<void>((resolve) => (this.#onCall = resolve))
    return this.#calls.shift()!
  }
  /** The first event from now on (or from `from`) that fits. */
  readonly event = (fits: (event: SwitchEvent) => boolean, from = this.seen.length, what = ''): Promise<SwitchEvent> =>
    new Promise((resolve, reject) => {
      const look = () => {
        const found = this.seen.slice(from).find(fits)
        if (!found) return
        clearTimeout(timer)
        this.client.off('event', look as never)
        resolve(found)
      }
      const timer = setTimeout(() => {
        this.client.off('event', look as never)
        reject(new Error(`no such event within 8 s: ${what || fits}`))
      }, 8000)
      this.client.on('event', look)
      look()
    })
  readonly of = (uuid: string, eventName: string) => (one: SwitchEvent) => one.uuid === uuid && one.name === eventName
  /** A caller who does what `request` says, and the platform's hand on the call, answered. */
  readonly answered = async (request: Partial<CallRequest> = {}) => {
    const ended = this.target.place(this.client, { from: '3424123456', to: did, ...request })
    const { call, cut } = await this.nextCut()
    await call.answer()
    return { call, ended, cut }
  }
  /** Lets so much of the switch's time pass, ms. */
  readonly pass = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms / (this.target.speed ?? 1)))
  /** Ends what may still be there of a call. */
  readonly finish = async (call: LiveCall, ended: Promise<Call>) => {
    await this.kill(call.uuid)
    return ended
  }
  readonly kill = (uuid: string) => this.client.api(`uuid_kill ${uuid}`).catch(() => '')
  /** The answer, or the text of the refusal. */
  readonly said = (command: string): Promise<string> =>
    this.client.api(command).then(
      (answer) => answer.trim(),
      (error: Error) => error.message,
    )
  /** A loopback leg that waits for orders, and its other half: what is played there is the leg's voice. */
  readonly leg = async (uuid: string, variables: Record<string, string> = {}, to = '&park()') => {
    const from = this.seen.length
    const list = Object.entries({ origination_uuid: uuid, ...variables }).map(([key, value]) => `${key}=${value}`)
    await this.client.bgapi(`originate {${list.join(',')}}loopback/1001/phones ${to}`)
    const other = await this.event((one) => one.headers.variable_other_loopback_leg_uuid === uuid, from, 'other half')
    if (to === '&park()') await this.event(this.of(uuid, 'CHANNEL_PARK'), from)
    return { uuid, other: other.uuid! }
  }
  /** Everything that happened to a leg since `from`, by name. */
  readonly names = (uuid: string, from: number, wanted: RegExp) =>
    this.seen
      .slice(from)
      .filter((one) => one.uuid === uuid && wanted.test(one.name))
      .map((one) => one.name)
}
