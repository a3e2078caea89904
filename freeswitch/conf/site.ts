import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { directoryExtensions, exampleUsers, type PhoneUser, writeDirectory, xmlAttribute } from './directory.ts'
import { holdMusic } from './music.ts'

/** What differs from one installation to another. All folders absolute. */
export type Site = {
  /** Everything the switch writes: `var/freeswitch`. */
  home: string
  eslPort: number
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
  users: PhoneUser[]
}

/** The folder of the shipped configuration, for `-conf`. */
export const confFolder = import.meta.dirname

/** The default site with data under `home`. */
export function defaultSite(home: string): Site {
  return {
    home: resolve(home),
    eslPort: 8021,
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
    users: exampleUsers,
  }
}

/** A value that goes into a `set` of the preprocessor: it ends at a quote and knows no entities, so such text is refused. */
function plain(name: string, value: string | number): string {
  const text = String(value)
  if (!/^[\w .,:;/@+=[\]-]*$/u.test(text))
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
  if (extensions.length === 0) {
    await writeDirectory(site.home, site.domain, site.users)
    extensions = site.users.map((user) => user.extension)
  }
  const music = join(site.home, 'sounds', 'music', 'espera.wav')
  if (!existsSync(music)) await writeFile(music, holdMusic())
  const variables: Record<string, string | number> = {
    vera_socket: site.callListen,
    vera_switch_name: 'vera',
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
    // The dial string that rings everyone when the platform is down; the platform may renew it with global_setvar.
    vera_everyone: everyone(extensions, site.domain),
    RECORD_STEREO: 'true',
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
  <param name="listen-ip" value="127.0.0.1"/>
  <param name="listen-port" value="${Number(site.eslPort)}"/>
  <param name="password" value="${xmlAttribute(password)}"/>
  <param name="apply-inbound-acl" value="loopback.auto"/>
  <param name="stop-on-bind-error" value="true"/>
</settings></configuration>
`,
    { mode: 0o600 },
  )
  const nodes = site.trunkAddresses.map((cidr) => {
    if (!/^[0-9a-fA-F.:]+\/[0-9]{1,3}$/.test(cidr))
      throw new Error(`TRUNK_ADDRESSES: ${JSON.stringify(cidr)} is not an address/length`)
    return `<node type="allow" cidr="${cidr}"/>`
  })
  await writeFile(
    join(site.home, 'acl.conf.xml'),
    `<configuration name="acl.conf"><network-lists><list name="trunk" default="deny">${nodes.join('')}</list></network-lists></configuration>\n`,
    { mode: 0o600 },
  )
  return { password, passwordFile: file }
}

/** Rings all of `extensions` at once; who is not registered fails by itself without spoiling the rest. */
export function everyone(extensions: string[], domain: string): string {
  return extensions.map((extension) => `user/${extension}@${domain}`).join(',')
}
