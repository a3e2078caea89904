import { randomUUID } from 'node:crypto'
import { EslClient, type SwitchEvent } from '../../freeswitch/esl/index.ts'
import type { NodeSettings } from './switches.ts'

/** A citizen's call as the switch itself tells it. */
export type Caller = {
  near: string
  /** The leg that the platform knows. */
  far: string
  from: string
  /** Sounds that began, in order. */
  heard: string[]
  talking: boolean
  ended?: string
}

const events = ['CHANNEL_CREATE', 'CHANNEL_BRIDGE', 'CHANNEL_UNBRIDGE', 'CHANNEL_HANGUP_COMPLETE', 'PLAYBACK_START']

/** Citizens who call a switch, over an event socket of their own. */
export function callersOf({ eslPort, password }: Pick<NodeSettings, 'eslPort' | 'password'>) {
  const client = new EslClient({
    address: { host: '127.0.0.1', port: eslPort, password },
    events: [...events, 'BACKGROUND_JOB'],
    reconnect: { firstMs: 50, maxMs: 200 },
  })
  const callers: Caller[] = []
  client.on('event', ({ name, uuid, headers }: SwitchEvent) => {
    if (name === 'CHANNEL_CREATE') {
      const caller = callers.find(({ near }) => near === headers.variable_other_loopback_leg_uuid)
      if (caller && uuid) caller.far = uuid
      return
    }
    const sides = [uuid, headers['Bridge-A-Unique-ID'], headers['Bridge-B-Unique-ID']]
    const caller = callers.find(({ far }) => far !== '' && sides.includes(far))
    if (!caller) return
    if (name === 'CHANNEL_BRIDGE') caller.talking = true
    else if (name === 'CHANNEL_UNBRIDGE') caller.talking = false
    else if (name === 'PLAYBACK_START') caller.heard.push(headers['Playback-File-Path'] ?? '')
    else if (uuid === caller.far) caller.ended = headers['Hangup-Cause'] ?? ''
  })
  client.start()
  return {
    up: () => client.state === 'up',
    call(from: string, to: string): Caller {
      const near = randomUUID()
      const caller: Caller = { near, far: '', from, heard: [], talking: false }
      callers.push(caller)
      const about = `origination_uuid=${near},origination_caller_id_number=${from}`
      client.bgapi(`originate {${about}}loopback/${to}/public &park()`).catch((error: Error) => {
        caller.ended ??= error.message
      })
      return caller
    },
    press: (caller: Caller, key: string) => client.api(`uuid_recv_dtmf ${caller.far} ${key}`),
    hangUp: (caller: Caller) => client.api(`uuid_kill ${caller.far || caller.near}`).catch(() => ''),
    stop: () => client.stop(),
  }
}
export type Callers = ReturnType<typeof callersOf>

/** On the music of a queue, and nothing since. */
export const waits = (caller: Caller) =>
  !caller.ended && !caller.talking && /local_stream/.test(caller.heard.at(-1) ?? '')
