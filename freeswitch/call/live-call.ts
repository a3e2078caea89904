import { EventEmitter } from 'node:events'
import type { CallSession, SwitchEvent } from '../esl/index.ts'
import { answer } from './answer.ts'
import { bridge } from './bridge.ts'
import { callerNumber } from './caller.ts'
import { gather } from './gather.ts'
import { hangUpOf } from './hang-up.ts'
import type { Leg } from './leg.ts'
import { play } from './play.ts'
import { record } from './record.ts'
import { startRecording, stopRecording } from './recording.ts'
import { transfer } from './transfer.ts'
import type { GatherOptions, HangUp, LiveCall, Prompt, RecordOptions } from './types.ts'
import { getVariable, setVariables } from './variables.ts'

/** The leg of a session as a LiveCall. */
export function createLiveCall(session: CallSession): LiveCall {
  return new SessionCall(session)
}

class SessionCall implements LiveCall {
  readonly uuid: string
  readonly variables: Readonly<Record<string, string>>
  readonly from: string
  readonly fromName: string
  readonly to: string
  readonly ended: Promise<HangUp>
  readonly released: LiveCall['released']
  hungUp: HangUp | undefined
  readonly #leg: Leg
  readonly #emitter = new EventEmitter()
  #asked = false

  constructor(session: CallSession) {
    this.#leg = { session, collecting: false, left: false }
    this.uuid = session.uuid
    this.variables = variablesOf(session.headers)
    this.from = callerNumber(session.headers['Caller-Caller-ID-Number'])
    this.fromName = session.headers['Caller-Caller-ID-Name'] ?? ''
    this.to = dialled(session.headers, this.variables)
    const ended = Promise.withResolvers<HangUp>()
    const released = Promise.withResolvers<Awaited<LiveCall['released']>>()
    this.ended = ended.promise
    this.released = released.promise
    const end = (hangUp: HangUp) => {
      this.hungUp ??= hangUp
      ended.resolve(this.hungUp)
    }
    const gone = (event: SwitchEvent | undefined) => {
      if (event) end(hangUpOf(event, this.#asked))
      released.resolve('hungup')
    }
    const closed = () => {
      if (this.#leg.left || this.hungUp) return released.resolve('transferred')
      // The leg may live on in the dialplan behind `socket`, but nobody here will hear of it again.
      end({ cause: 'SOCKET_LOST', q850: 0, side: 'switch', at: Date.now() })
      released.resolve('lost')
    }
    session.on('event', (event) => this.#hear(event))
    session.on('gone', gone)
    session.on('closed', closed)
    // The caller may have hung up between `connect` and here.
    if (session.hungUp) gone(session.hungUp)
    else if (session.closed) closed()
  }

  answer = () => answer(this.#leg)
  play = (prompts: Prompt[], options?: { terminators?: string }) => play(this.#leg, prompts, options)
  gather = (options: GatherOptions) => gather(this.#leg, options)
  record = (options: RecordOptions) => record(this.#leg, options)
  setVariables = (values: Record<string, string>) => setVariables(this.#leg, values)
  getVariable = (name: string) => getVariable(this.#leg, name)
  bridge = (dial: string, options?: { timeoutSeconds?: number; ringback?: string }) => bridge(this.#leg, dial, options)
  startRecording = (path: string) => startRecording(this.#leg, path)
  stopRecording = (path: string) => stopRecording(this.#leg, path)

  async transfer(extension: string, context: string): Promise<void> {
    // Before the order: the connection may end before its answer is read.
    this.#leg.left = true
    try {
      // The switch would keep this connection open for as long as the leg lives.
      if (await transfer(this.#leg, extension, context)) this.#leg.session.release()
    } catch (error) {
      this.#leg.left = false
      throw error
    }
  }

  async hangup(cause?: string): Promise<void> {
    this.#asked = true
    await this.#leg.session.hangup(cause)
  }

  on(event: string, listener: (...args: never[]) => void): this {
    this.#emitter.on(event, listener as (...args: unknown[]) => void)
    return this
  }

  #hear(event: SwitchEvent): void {
    if (event.name === 'DTMF' && !this.#leg.collecting) this.#emitter.emit('key', event.headers['DTMF-Digit'] ?? '')
    this.#emitter.emit('event', event)
  }
}

function variablesOf(headers: Readonly<Record<string, string>>): Record<string, string> {
  const variables: Record<string, string> = Object.create(null)
  for (const name in headers) if (name.startsWith('variable_')) variables[name.slice(9)] = headers[name] as string
  return variables
}

/** The number dialled. A leg that comes back from a queue stands on an extension of ours: then what SIP asked for. */
function dialled(headers: Readonly<Record<string, string>>, variables: Readonly<Record<string, string>>): string {
  const now = headers['Caller-Destination-Number'] ?? ''
  return variables.vera_to ?? (now.startsWith('vera_') ? (variables.sip_req_user ?? now) : now)
}
