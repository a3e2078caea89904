import type { Core } from './core.ts'
import { asJson } from './show.ts'

/** `show registrations [as json]`. */
export function showRegistrations(core: Core, json: boolean): string {
  const rows = core.phones.registrations().map(({ extension, registration }) => ({
    reg_user: extension,
    realm: core.globals.get('vera_domain') ?? '',
    token: registration.callId,
    url: `sofia/agents/${/<([^>]+)>/.exec(registration.contact)?.[1] ?? ''}`,
    expires: String(Math.floor(core.clock.now() / 1000) + 300),
    network_ip: '127.0.0.1',
    network_port: portOf(registration.contact),
    network_proto: 'udp',
    hostname: core.globals.get('vera_switch_name') ?? 'vera',
    metadata: '',
  }))
  if (json) return asJson(rows)
  const lines = rows.map((row) => Object.values(row).join(','))
  return `${[rows[0] ? Object.keys(rows[0]).join(',') : '', ...lines].filter(Boolean).join('\n')}\n\n${rows.length} total.\n`
}

const portOf = (contact: string) => /:(\d+);/.exec(contact)?.[1] ?? ''
const xml = (text: string) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)

/** `sofia status`, `sofia status profile agents reg`, `sofia xmlstatus profile agents reg`. */
export function sofiaCommand(core: Core, line: string): string {
  const words = line.trim().split(/\s+/)
  const rule = '='.repeat(97)
  if (words.join(' ') === 'status') {
    const profile = (name: string, port: number) =>
      `${name.padStart(25)}\tprofile\t${`sip:mod_sofia@127.0.0.1:${port}`.padStart(42)}\tRUNNING (0)\n`
    return `${'Name'.padStart(25)}\t   Type\t${'Data'.padStart(42)}\tState\n${rule}\n${profile('agents', core.sipPorts.agents || 5060)}${profile('trunk', core.sipPorts.trunk || 5080)}${rule}\n2 profiles 0 aliases\n`
  }
  const [how, , profile, what] = words
  if ((how !== 'status' && how !== 'xmlstatus') || !profile || what !== 'reg')
    return '-ERR not supported by the embedded switch\n'
  const found = profile === 'agents' ? core.phones.registrations() : []
  const domain = core.globals.get('vera_domain') ?? ''
  const rows = found.map(({ extension, registration }) => [
    ['Call-ID', 'call-id', registration.callId],
    ['User', 'user', `${extension}@${domain}`],
    ['Contact', 'contact', registration.contact],
    ['Agent', 'agent', registration.agent],
    ['Status', 'status', 'Registered(UDP)(unknown)'],
    ['Ping-Status', 'ping-status', 'Reachable'],
    ['Host', 'host', core.globals.get('vera_switch_name') ?? 'vera'],
    ['IP', 'network-ip', '127.0.0.1'],
    ['Port', 'network-port', portOf(registration.contact)],
    ['Auth-User', 'sip-auth-user', extension],
    ['Auth-Realm', 'sip-auth-realm', domain],
  ])
  if (how === 'xmlstatus') {
    const one = (row: string[][]) =>
      `    <registration>\n${row.map(([, name, value]) => `        <${name}>${xml(value ?? '')}</${name}>\n`).join('')}    </registration>\n`
    return `<?xml version="1.0" encoding="ISO-8859-1"?>\n<profile>\n  <registrations>\n${rows.map(one).join('')}  </registrations>\n</profile>\n`
  }
  const lines = rows.map((row) => row.map(([name, , value]) => `${`${name}:`.padEnd(12)}\t${value}\n`).join(''))
  return `\nRegistrations:\n${rule}\n${lines.join('\n')}Total items returned: ${rows.length}\n${rule}\n`
}
