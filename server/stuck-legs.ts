import type { SwitchClient } from '../freeswitch/esl/types.ts'

/**
 * Legs that FreeSWITCH holds in `socket` though its connection is gone: when a connection breaks between being taken and
 * `connect`, the leg parks for ever (mod_event_socket). A leg that nobody holds at two looks asks for the platform again.
 */
export function createStuckLegs(options: {
  nodes: readonly { client: Pick<SwitchClient, 'state' | 'api'> }[]
  /** Some connection, here or at another server, has the leg. */
  holds(uuid: string): boolean | Promise<boolean>
  log(line: string): void
}): { look(): Promise<void> } {
  let seen = new Set<string>()
  return {
    async look() {
      const now = new Set<string>()
      for (const { client } of options.nodes) {
        if (client.state !== 'up') continue
        const list = await client.api('show channels as json').catch(() => '{}')
        const { rows = [] } = JSON.parse(list) as { rows?: { uuid: string; application?: string }[] }
        for (const { uuid, application } of rows) {
          if (application !== 'socket' || (await options.holds(uuid))) continue
          now.add(uuid)
          if (!seen.has(uuid)) continue
          options.log(`leg ${uuid} had lost its connection: it is taken up again`)
          await client.api(`uuid_transfer ${uuid} vera_resume XML vera`).catch(() => {})
        }
      }
      seen = now
    },
  }
}
