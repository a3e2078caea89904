import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import {
  directoryExtensions,
  exampleUsers,
  type PhoneUser,
  replaceFile,
  writeDirectory,
  xmlAttribute,
} from './directory.ts'
import { aclNodes } from './gateway.ts'
import { holdMusic } from './music.ts'

/** What differs from one installation to another. All folders absolute. */
export type Site = {
  /** Everything the switch writes: `var/freeswitch`. */
  home: string
  eslPort: number
  /** Addresses (CIDR) of servers on other machines that may reach the event socket; none: loopback only. */
  eslAddresses: string[]
  /** Unset: kept in `<home>/event-socket-password`, made at the first start. */
  eslPassword?: string
  /** host:port where the platform's outbound server listens (CALL_LISTEN). */
  callListen: string
  recordingsDir: string
  cdrDir: string
  /** Address for SIP and RTP; loopback unless the operator says otherwise. */
  sipIp: string
  sipExternalIp?: string
  domain: string
  agentsPort: number
  agentsWsPort: number
  trunkPort: number
  rtpFirst: number
  rtpLast: number
  /** CIDRs of the carrier. */
  trunkAddresses: string[]
  /** How long the agents ring when the platform is down. */
  fallbackSeconds: number
  /** How long a leg waits in vera_wait before it asks the platform again, so that nobody waits for one that is gone. */
  waitSeconds: number
  /** What one caller and one address of the carrier may: calls at once, and calls in so many seconds (`20/60`). */
  limits: { callerCalls: number; callerRate: string; trunkCalls: number; trunkRate: string }
  users: PhoneUser[]
  /** Name among several switches; seen in events. */
  switchName: string
  /**
   * Addresses of Vera's servers (`http://10.0.0.1:3000`), asked in this order for phones, lines and access lists; none:
   * only the files count.
   */
  servers: string[]
  /** What proves to the servers that it is the switch who asks (SWITCH_SECRET); needed when there are servers. */
  switchSecret?: string
  /** Folder with agent.pem and wss.pem (certificate, chain and key in one file): SIP over TLS and WSS are offered. */
  tlsDir?: string
  agentsTlsPort: number
  agentsWssPort: number
}

/** For tests and benchmarks, whose calls all come from one place. */
export const noLimits: Site['limits'] = {
  callerCalls: 1_000_000,
  callerRate: '1000000/1',
  trunkCalls: 1_000_000,
  trunkRate: '1000000/1',
}

/** The folder of the shipped configuration, for `-conf`. */
export const confFolder = import.meta.dirname

/** The default site with data under `home`. */
export function defaultSite(home: string): Site {
  return {
    home: resolve(home),
    eslPort: 8021,
    eslAddresses: [],
    callListen: '127.0.0.1:8084',
    recordingsDir: resolve(home, 'recordings'),
    cdrDir: resolve(home, 'cdr'),
    sipIp: '127.0.0.1',
    domain: 'vera.local',
    agentsPort: 5060,
    agentsWsPort: 5066,
    trunkPort: 5080,
    rtpFirst: 16384,
    rtpLast: 24576,
    trunkAddresses: ['127.0.0.1/32'],
    fallbackSeconds: 30,
    waitSeconds: 1800,
    limits: { callerCalls: 5, callerRate: '20/60', trunkCalls: 300, trunkRate: '50/1' },
    users: exampleUsers,
    switchName: 'vera',
    servers: [],
    agentsTlsPort: 5061,
    agentsWssPort: 7443,
  }
}

/** A value that goes into a `set` of the preprocessor: it ends at a quote and knows no entities, so such text is refused. */
function plain(name: string, value: string | number): string {
  const text = String(value)
  if (!/^[\w .,:;/@+=[\]|-]*$/u.test(text))
    throw new Error(`${name}: ${JSON.stringify(text)} has a character that the switch's configuration cannot hold`)
  return text
}

/** The password of the event socket: given, or read from (made in) its file. */
async function eslPassword(site: Site): Promise<{ password: string; file: string | undefined }> {
  if (site.eslPassword !== undefined) {
    if (site.eslPassword === 'ClueCon')
      throw new Error('ClueCon is the password everyone knows; choose another one for the event socket')
    return { password: site.eslPassword, file: undefined }
  }
  const file = join(site.home, 'event-socket-password')
  if (!existsSync(file)) await writeFile(file, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 })
  return { password: (await readFile(file, 'utf8')).trim(), file }
}

/**
 * Writes all that the shipped configuration includes: vars.xml, event_socket.conf.xml, acl.conf.xml, the music, and a
 * directory of users where there is none. Returns the event socket's password and the file it is kept in, if it is.
 */
export async function writeSite(site: Site): Promise<{ password: string; passwordFile: string | undefined }> {
  await mkdir(site.home, { recursive: true, mode: 0o700 })
  for (const folder of ['log', 'db', 'run', 'storage', 'temp', 'sounds/music', 'directory', 'dialplan']) {
    await mkdir(join(site.home, folder), { recursive: true, mode: 0o700 })
  }
  await mkdir(site.recordingsDir, { recursive: true })
  await mkdir(site.cdrDir, { recursive: true })
  const { password, file } = await eslPassword(site)
  let extensions = await directoryExtensions(site.home)
  if (extensions === undefined) {
    // With servers the phones are theirs to name: an invented one would only be a door.
    const users = site.servers.length > 0 ? [] : site.users
    await writeDirectory(site.home, site.domain, users)
    extensions = users.map((user) => user.extension)
  }
  const music = join(site.home, 'sounds', 'music', 'espera.wav')
  if (!existsSync(music)) await writeFile(music, holdMusic())
  const variables: Record<string, string | number> = {
    vera_socket: site.callListen,
    vera_switch_name: site.switchName,
    vera_domain: site.domain,
    domain: site.domain,
    vera_sip_ip: site.sipIp,
    vera_sip_external_ip: site.sipExternalIp ?? site.sipIp,
    vera_agents_port: site.agentsPort,
    vera_agents_ws_port: site.agentsWsPort,
    vera_trunk_port: site.trunkPort,
    vera_rtp_first: site.rtpFirst,
    vera_rtp_last: site.rtpLast,
    vera_recordings: site.recordingsDir,
    vera_cdr_dir: site.cdrDir,
    vera_prompts: join(confFolder, 'sounds'),
    vera_music_folder: dirname(music),
    vera_music: 'local_stream://vera',
    vera_wait_seconds: site.waitSeconds,
    vera_fallback_seconds: site.fallbackSeconds,
    vera_caller_calls: site.limits.callerCalls,
    vera_caller_rate: site.limits.callerRate,
    vera_trunk_calls: site.limits.trunkCalls,
    vera_trunk_rate: site.limits.trunkRate,
    // The dial string that rings everyone when the platform is down; the platform may renew it with global_setvar.
    vera_everyone: everyone(extensions, site.domain),
    RECORD_STEREO: 'true',
    // Browsers speak at 48 kHz: what a telephone carries takes a sixth of the disk.
    record_sample_rate: 8000,
    // A leg without any RTP for so long (ms) is dead: its phone or carrier vanished without a BYE.
    media_timeout: 120_000,
    media_hold_timeout: 1_800_000,
  }
  const lines = Object.entries(variables).map(
    ([name, value]) => `  <X-PRE-PROCESS cmd="set" data="${name}=${plain(name, value)}"/>`,
  )
  await writeFile(join(site.home, 'vars.xml'), `<include>\n${lines.join('\n')}\n</include>\n`, { mode: 0o600 })
  await writeFile(
    join(site.home, 'event_socket.conf.xml'),
    `<configuration name="event_socket.conf"><settings>
  <param name="nat-map" value="false"/>
  <param name="listen-ip" value="${site.eslAddresses.length > 0 ? '0.0.0.0' : '127.0.0.1'}"/>
  <param name="listen-port" value="${Number(site.eslPort)}"/>
  <param name="password" value="${xmlAttribute(password)}"/>
  <param name="apply-inbound-acl" value="${site.eslAddresses.length > 0 ? 'servers' : 'loopback.auto'}"/>
  <param name="stop-on-bind-error" value="true"/>
</settings></configuration>
`,
    { mode: 0o600 },
  )
  // Both also stand in what the platform serves: a served acl.conf replaces this one whole.
  await replaceFile(site.home, 'acl-site.xml', `<include>\n${aclNodes(site.trunkAddresses)}\n</include>\n`)
  const servers = aclNodes(['127.0.0.1', '::1', ...site.eslAddresses])
  await replaceFile(
    site.home,
    'acl-lists.xml',
    `<include>\n<list name="servers" default="deny">${servers}</list>\n</include>\n`,
  )
  await writeFile(
    join(site.home, 'acl.conf.xml'),
    `<configuration name="acl.conf"><network-lists>
  <X-PRE-PROCESS cmd="include" data="$\${vera_home}/acl-lists.xml"/>
  <list name="trunk" default="deny">
  <X-PRE-PROCESS cmd="include" data="$\${vera_home}/acl-site.xml"/>
  <X-PRE-PROCESS cmd="include" data="$\${vera_home}/acl-served.xml"/>
</list></network-lists></configuration>
`,
    { mode: 0o600 },
  )
  if (!existsSync(join(site.home, 'acl-served.xml')))
    await replaceFile(site.home, 'acl-served.xml', '<include>\n</include>\n')
  await writeAsking(site)
  await writeTls(site)
  return { password, passwordFile: file }
}

/** What makes mod_xml_curl ask the servers, one binding each in their order; nothing of it without servers. */
async function writeAsking(site: Site): Promise<void> {
  const bindings = site.servers.map((server, index) => {
    if (!URL.canParse(server) || !/^https?:$/.test(new URL(server).protocol))
      throw new Error(`VERA_SERVERS: ${JSON.stringify(server)} must look like http://10.0.0.1:3000`)
    if (!/^[\w-]{16,200}$/.test(site.switchSecret ?? ''))
      throw new Error('SWITCH_SECRET: 16 to 200 letters, digits, - or _, the same as the servers have')
    const { origin } = new URL(server)
    // curl counts in whole seconds. The follower unloads the module when servers stay silent, so that this is paid seldom.
    const checks = origin.startsWith('https:') ? '\n    <param name="enable-cacert-check" value="true"/>' : ''
    return `  <binding name="vera${index + 1}">
    <param name="gateway-url" value="${xmlAttribute(`${origin}/freeswitch/ask`)}" bindings="directory|configuration"/>
    <param name="gateway-credentials" value="vera:${site.switchSecret}"/>
    <param name="auth-scheme" value="=basic"/>
    <param name="timeout" value="1"/>${checks}
  </binding>`
  })
  const some = bindings.length > 0
  await replaceFile(
    site.home,
    'xml_curl.conf.xml',
    `<include>\n${some ? `<configuration name="xml_curl.conf"><bindings>\n${bindings.join('\n')}\n</bindings></configuration>` : ''}\n</include>\n`,
  )
  await replaceFile(site.home, 'modules.xml', `<include>\n${some ? '<load module="mod_xml_curl"/>' : ''}\n</include>\n`)
}

/** SIP over TLS and WSS of the agents' profile. @throws Error when a certificate is missing */
async function writeTls(site: Site): Promise<void> {
  const lines: string[] = []
  if (site.tlsDir !== undefined) {
    for (const name of ['agent.pem', 'wss.pem'])
      if (!existsSync(join(site.tlsDir, name)))
        throw new Error(`SIP_TLS_DIR: ${join(site.tlsDir, name)} is missing (certificate, chain and key in one file)`)
    const values = {
      tls: 'true',
      'tls-only': 'false',
      'tls-bind-params': 'transport=tls',
      'tls-sip-port': String(site.agentsTlsPort),
      'tls-cert-dir': site.tlsDir,
      'tls-version': 'tlsv1.2,tlsv1.3',
      'wss-binding': `${site.sipIp}:${site.agentsWssPort}`,
    }
    for (const [name, value] of Object.entries(values))
      lines.push(`<param name="${name}" value="${xmlAttribute(value)}"/>`)
  }
  await replaceFile(site.home, 'agents-tls.xml', `<include>\n${lines.join('')}\n</include>\n`)
}

/** Rings all of `extensions` at once; who is not registered fails by itself without spoiling the rest. */
export function everyone(extensions: string[], domain: string): string {
  return extensions.map((extension) => `user/${extension}@${domain}`).join(',')
}
