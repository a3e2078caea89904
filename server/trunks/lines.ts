import { BlockList, isIP } from 'node:net'
import type { SwitchClient, SwitchEvent } from '../../freeswitch/esl/types.ts'

/** A switch whose lines are watched. */
export type TrunkNode = { name: string; client: Pick<SwitchClient, 'state' | 'api' | 'bgapi' | 'on' | 'off'> }

/** The events that `createTrunks` needs of each switch. */
export const trunkEvents = [
  'CHANNEL_CREATE',
  'CHANNEL_HANGUP_COMPLETE',
  'CUSTOM sofia::gateway_state',
  'CUSTOM sofia::gateway_add',
  'CUSTOM sofia::gateway_delete',
] as const

/** How a switch finds the carrier: `unknown` to that switch, as it has not heard of the line yet. */
export type LineState = { node: string; state: 'up' | 'down' | 'trying' | 'off' | 'unknown'; detail: string }

const unregistered = new Set(['UNREGED', 'FAILED', 'FAIL_WAIT', 'EXPIRED', 'NOAVAIL', 'TIMEOUT', 'DOWN'])

/** mod_sofia's two words for a gateway -> one of ours. */
export function lineState(registration: string, ping: string): LineState['state'] {
  if (unregistered.has(registration)) return 'down'
  if (registration === 'TRYING' || registration === 'REGISTER') return 'trying'
  return ping === 'DOWN' ? 'down' : 'up'
}

type Known = { name: string; addresses: readonly string[]; host: string }

/** What each switch says of its lines: up or down, and the calls on them. */
export function createLines(changed: (gateway: string, node: string, state: LineState['state']) => void) {
  const states = new Map<string, LineState>()
  /** Leg -> its line (empty: a carrier's call from an address of no line). */
  const busy = new Map<string, { node: string; gateway: string }>()
  /** Legs whose end is heard while a switch is asked for its calls: one set for each asking. */
  const endings = new Set<Set<string>>()
  let known: { name: string; list: BlockList }[] = []
  const key = (node: string, gateway: string) => `${node} ${gateway}`

  function put(node: string, gateway: string, registration: string, ping: string, detail: string): void {
    const state = lineState(registration, ping)
    const before = states.get(key(node, gateway))?.state
    states.set(key(node, gateway), { node, state, detail: detail.slice(0, 120) })
    if (before !== state) changed(gateway, node, state)
  }
  function lineOf(address: string): string {
    const kind = isIP(address)
    if (kind === 0) return ''
    return known.find(({ list }) => list.check(address, kind === 4 ? 'ipv4' : 'ipv6'))?.name ?? ''
  }
  /** `ended` grows while the switch answers. */
  async function legsListed({ name: node, client }: TrunkNode, ended: ReadonlySet<string>): Promise<void> {
    const before = [...busy].filter(([, leg]) => leg.node === node)
    const { rows = [] } = JSON.parse((await client.bgapi('show channels as json')) || '{}') as {
      rows?: Record<string, string>[]
    }
    for (const [uuid] of before) if (!rows.some((row) => row.uuid === uuid)) busy.delete(uuid)
    for (const row of rows) {
      const uuid = row.uuid ?? ''
      if (!/^[\w.-]{1,128}$/.test(uuid) || !row.name?.startsWith('sofia/trunk/')) continue
      // Listed until everybody has let go of it, ten seconds and more behind its end: nobody would tell of that again.
      if ((await client.api(`uuid_exists ${uuid}`)).trim() !== 'true') busy.delete(uuid)
      else if (!busy.has(uuid)) {
        let gateway = ''
        if (row.direction === 'outbound') {
          try {
            gateway = (await client.api(`uuid_getvar ${uuid} sip_gateway_name`)).trim()
          } catch (error) {
            // It may have ended since.
            if ((error as { code?: string }).code === 'switch.refused') continue
            throw error
          }
        } else gateway = lineOf(row.ip_addr ?? '')
        if (!ended.has(uuid)) busy.set(uuid, { node, gateway })
      }
    }
  }
  return {
    /** Which lines there are, to know a carrier's call by its address. */
    setKnown(trunks: readonly Known[]): void {
      known = trunks.map(({ name, addresses, host }) => {
        const list = new BlockList()
        for (const text of isIP(host) ? [...addresses, host] : addresses) {
          const [address = '', length] = text.split('/')
          const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
          list.addSubnet(address, length === undefined ? (family === 'ipv6' ? 128 : 32) : Number(length), family)
        }
        return { name, list }
      })
    },
    lineOf,
    heard(node: string, { name, subclass, uuid, headers }: SwitchEvent): void {
      const gateway = headers.Gateway ?? ''
      if (subclass === 'sofia::gateway_state')
        put(node, gateway, headers.State ?? '', headers['Ping-Status'] ?? '', headers.Phrase ?? headers.Status ?? '')
      else if (subclass === 'sofia::gateway_add') states.delete(key(node, gateway))
      else if (name === 'CHANNEL_CREATE' && uuid && headers['Channel-Name']?.startsWith('sofia/trunk/')) {
        const out = headers.variable_sip_gateway_name
        busy.set(uuid, { node, gateway: out ?? lineOf(headers['Caller-Network-Addr'] ?? '') })
      } else if (name === 'CHANNEL_HANGUP_COMPLETE' && uuid) {
        busy.delete(uuid)
        for (const ended of endings) ended.add(uuid)
      }
    },
    /** Everything of one switch anew: `sofia xmlstatus gateway` and `show channels as json`. */
    async listed({ name: node, client }: TrunkNode): Promise<void> {
      const xml = await client.bgapi('sofia xmlstatus gateway')
      const found = new Set<string>()
      for (const [, inner = ''] of xml.matchAll(/<gateway>([\s\S]*?)<\/gateway>/g)) {
        const text = (tag: string) => new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(inner)?.[1] ?? ''
        found.add(key(node, text('name')))
        put(node, text('name'), text('state'), text('status'), '')
      }
      for (const [id, state] of states) if (state.node === node && !found.has(id)) states.delete(id)
      const ended = new Set<string>()
      endings.add(ended)
      try {
        await legsListed({ name: node, client }, ended)
      } finally {
        endings.delete(ended)
      }
    },
    /** As each of `nodes` sees it. */
    states: (gateway: string, nodes: readonly string[]): LineState[] =>
      nodes.map((node) => states.get(key(node, gateway)) ?? { node, state: 'unknown', detail: '' }),
    busy: (gateway: string): number => [...busy.values()].filter((leg) => leg.gateway === gateway).length,
    busyAll: (): number => busy.size,
    forget(node: string): void {
      for (const [id, state] of states) if (state.node === node) states.delete(id)
      for (const [uuid, leg] of busy) if (leg.node === node) busy.delete(uuid)
    },
  }
}
