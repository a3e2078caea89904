import { randomUUID } from 'node:crypto'
import { EslClient, type SwitchEvent } from '../../freeswitch/esl/index.ts'

/** One call as it was seen at the switch, by a client of its own that no fault touches. Instants UTC ms. */
export type SeenCall = {
  /** The caller's end, and the leg in the dialplan that the platform knows. */
  near: string
  far: string
  from: string
  placedAt: number
  createdAt?: number
  /** Every time it was joined with somebody. */
  bridgedAt: number[]
  unbridgedAt: number[]
  waitingSince?: number
  ended?: { at: number; cause: string }
  /** The caller had enough. */
  gaveUp: boolean
  /** The switch was killed while the call stood. */
  lost: boolean
}

export type Load = {
  readonly calls: SeenCall[]
  readonly living: SeenCall[]
  /** One more call. */
  call(): void
  /** The switch was killed: everything that stood is gone. */
  switchLost(): void
  /** Resolves when a client of the switch is up (again). */
  up(): Promise<void>
  /** Everyone who is still there hangs up. */
  giveUp(): Promise<void>
  stop(): Promise<void>
}

const events = [
  'CHANNEL_CREATE',
  'CHANNEL_BRIDGE',
  'CHANNEL_UNBRIDGE',
  'CHANNEL_HANGUP_COMPLETE',
  'PLAYBACK_START',
  'BACKGROUND_JOB',
]

/** Callers of a switch: loopback legs that dial `number` in `public` and stay until they are hung up. */
export function startLoad(options: { port: number; password: string; number: string }): Load {
  const client = new EslClient({
    address: { host: '127.0.0.1', port: options.port, password: options.password },
    events,
  })
  const calls: SeenCall[] = []
  const living = () => calls.filter((call) => !call.ended && !call.lost)
  let number = 0
  client.on('event', (event: SwitchEvent) => {
    const { headers, uuid } = event
    const at = Number(headers['Event-Date-Timestamp']) / 1000
    if (event.name === 'CHANNEL_CREATE') {
      const call = calls.find(({ near }) => near === headers.variable_other_loopback_leg_uuid)
      if (call && uuid) Object.assign(call, { far: uuid, createdAt: at })
      return
    }
    const bridged = [headers['Bridge-A-Unique-ID'], headers['Bridge-B-Unique-ID']]
    const call = calls.find(({ far }) => far !== '' && (far === uuid || bridged.includes(far)))
    if (!call) return
    if (event.name === 'CHANNEL_BRIDGE') call.bridgedAt.push(at)
    else if (event.name === 'CHANNEL_UNBRIDGE') call.unbridgedAt.push(at)
    else if (event.name === 'PLAYBACK_START') {
      if (headers['Playback-File-Path']?.startsWith('local_stream')) call.waitingSince = at
    } else if (call.far === uuid) call.ended = { at, cause: headers['Hangup-Cause'] ?? '' }
  })
  client.start()
  return {
    calls,
    get living() {
      return living()
    },
    call() {
      if (client.state !== 'up') return
      const near = randomUUID()
      const from = `3424${String(100_000 + ++number)}`
      calls.push({
        near,
        far: '',
        from,
        placedAt: Date.now(),
        bridgedAt: [],
        unbridgedAt: [],
        gaveUp: false,
        lost: false,
      })
      const about = `origination_uuid=${near},origination_caller_id_number=${from}`
      client.bgapi(`originate {${about}}loopback/${options.number}/public &park()`).catch(() => {})
    },
    switchLost() {
      for (const call of living()) call.lost = true
    },
    up: () => (client.state === 'up' ? Promise.resolve() : new Promise((up) => client.on('up', () => up()))),
    async giveUp() {
      for (const call of living()) {
        call.gaveUp = true
        await client.api(`uuid_kill ${call.far || call.near}`).catch(() => {})
      }
    },
    stop: () => client.stop(),
  }
}
