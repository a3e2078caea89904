import { type SwitchClient, SwitchError } from '../../freeswitch/esl/types.ts'
import type { Lease } from './lease.ts'

/** Commands of somebody who is not the owner any more do not reach the switch, even if he does not know it yet. */
export function fence(client: SwitchClient, lease: Pick<Lease, 'holds'>): SwitchClient {
  const mine = () =>
    lease.holds() ? undefined : Promise.reject(new SwitchError('switch.down', 'another server routes the calls'))
  return {
    get state() {
      return client.state
    },
    get reason() {
      return client.reason
    },
    get coreUuid() {
      return client.coreUuid
    },
    get dropped() {
      return client.dropped
    },
    start: () => client.start(),
    stop: () => client.stop(),
    api: (command, timeoutMs) => mine() ?? client.api(command, timeoutMs),
    bgapi: (command, timeoutMs) => mine() ?? client.bgapi(command, timeoutMs),
    execute: (uuid, application, argument) => mine() ?? client.execute(uuid, application, argument),
    on(event: string, listener: never) {
      client.on(event as 'event', listener)
      return this
    },
    off(event, listener) {
      client.off(event, listener)
      return this
    },
  }
}
