import { isIP } from 'node:net'

/** A line to a carrier as its form gives it. */
export type TrunkInput = {
  name: string
  /** Whose calls go out through it; undefined: everyone's. */
  agencyId?: number | undefined
  host: string
  port: number
  transport: 'udp' | 'tcp'
  register: boolean
  username: string
  /** Undefined: stays as it is. */
  password?: string | undefined
  callerId: string
  /** In order of liking. */
  codecs: string[]
  maxLines: number
  callsPerSecond: number
  /** Outgoing calls try the lowest first. */
  position: number
  /** From where its calls come in: addresses or CIDR. */
  addresses: string[]
  enabled: boolean
}

export const codecs = ['PCMA', 'PCMU', 'G722', 'OPUS'] as const
const label = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/i

/** `10.0.0.1`, `10.0.0.0/24`, `2001:db8::/48` -> as the switch wants it; undefined: not an address, or half the world. */
export function cidr(text: string): string | undefined {
  const [address = '', length, ...rest] = text.trim().split('/')
  const kind = isIP(address)
  if (kind === 0 || rest.length > 0 || address.includes('%')) return undefined
  const most = kind === 4 ? 32 : 128
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return undefined
  const bits = length === undefined ? most : Number(length)
  return bits > most || bits < (kind === 4 ? 8 : 16) ? undefined : `${address}/${bits}`
}

/** A host's name or address. */
export function isHost(text: string): boolean {
  if (isIP(text) !== 0) return !text.includes('%')
  // All digits and dots is an address that is none.
  return text.length <= 120 && !/^[\d.]+$/.test(text) && text.split('.').every((part) => label.test(part))
}

/** What is wrong, by field: the key of its text. */
export function faultsOf(input: TrunkInput, hasPassword: boolean): Record<string, string> {
  const faults: Record<string, string> = {}
  // `_all_` is every line to the switch.
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/.test(input.name)) faults.name = 'trunk.name_wrong'
  if (!isHost(input.host)) faults.host = 'trunk.host_wrong'
  if (!Number.isInteger(input.port) || input.port < 1 || input.port > 65_535) faults.port = 'trunk.port_wrong'
  if (!/^[\w.+@-]{0,80}$/.test(input.username)) faults.username = 'trunk.username_wrong'
  if (input.password !== undefined && !/^[\x21-\x7e]{1,100}$/.test(input.password))
    faults.password = 'trunk.password_wrong'
  if (input.register && input.username === '') faults.username = 'trunk.username_needed'
  if (input.register && input.password === undefined && !hasPassword) faults.password = 'trunk.password_needed'
  if (!/^(\+?\d{2,20})?$/.test(input.callerId)) faults.callerId = 'trunk.caller_id_wrong'
  if (input.codecs.length === 0 || input.codecs.some((codec) => !(codecs as readonly string[]).includes(codec)))
    faults.codecs = 'trunk.codecs_wrong'
  if (input.addresses.some((address) => cidr(address) === undefined)) faults.addresses = 'trunk.addresses_wrong'
  return faults
}
