// `npm run freeswitch`: a real FreeSWITCH in the foreground on the shipped configuration, data under var/freeswitch.
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { followServers } from './conf/follow.ts'
import { findFreeswitch, startFreeswitch } from './conf/process.ts'
import { defaultSite, type Site } from './conf/site.ts'
import { EslClient } from './esl/index.ts'
import { writeNodesSite } from './fleet/site.ts'

/** What is set for the switch: the environment, and behind it the `.env` of `root`, which the platform reads too. */
export function settingsOf(root: string, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const file = join(root, '.env')
  return { ...(existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {}), ...env }
}

/** The site that the environment describes; throws one line for what is wrong. This is an executable: it may read the environment. */
export function siteFromEnvironment(env: NodeJS.ProcessEnv): Site {
  const site = defaultSite(env.FREESWITCH_HOME ?? 'var/freeswitch')
  const port = (name: string, standard: number) => {
    const value = env[name] === undefined ? standard : Number(env[name])
    if (!Number.isInteger(value) || value < 1 || value > 65535) throw new Error(`${name} must be a port, 1 to 65535`)
    return value
  }
  const address = addressOf(env)
  if (address) {
    const url = URL.canParse(address) ? new URL(address) : undefined
    if (url?.protocol !== 'esl:') throw new Error('FREESWITCH_URL must look like esl://:password@127.0.0.1:8021')
    if (url.port) site.eslPort = Number(url.port)
    if (url.password) site.eslPassword = decodeURIComponent(url.password)
  }
  if (env.CALL_LISTEN) site.callListen = env.CALL_LISTEN
  // The folders where the platform looks, unless it is told others too.
  site.recordingsDir = resolve(env.RECORDINGS_DIR ?? 'var/recordings')
  site.cdrDir = resolve(env.CDR_DIR ?? 'var/cdr')
  if (env.SIP_IP) site.sipIp = env.SIP_IP
  if (env.SIP_EXTERNAL_IP) site.sipExternalIp = env.SIP_EXTERNAL_IP
  if (env.SIP_DOMAIN) site.domain = env.SIP_DOMAIN
  const list = (text: string) => text.split(',').map((part) => part.trim())
  if (env.TRUNK_ADDRESSES) site.trunkAddresses = list(env.TRUNK_ADDRESSES)
  if (env.ESL_ADDRESSES) site.eslAddresses = list(env.ESL_ADDRESSES)
  site.agentsPort = port('SIP_AGENTS_PORT', site.agentsPort)
  site.agentsWsPort = port('SIP_AGENTS_WS_PORT', site.agentsWsPort)
  site.trunkPort = port('SIP_TRUNK_PORT', site.trunkPort)
  site.agentsTlsPort = port('SIP_AGENTS_TLS_PORT', site.agentsTlsPort)
  site.agentsWssPort = port('SIP_AGENTS_WSS_PORT', site.agentsWssPort)
  readLimits(site, env)
  if (env.SIP_TLS_DIR) site.tlsDir = resolve(env.SIP_TLS_DIR)
  if (env.SWITCH_NAME) site.switchName = env.SWITCH_NAME
  if (env.VERA_SERVERS) site.servers = list(env.VERA_SERVERS)
  if (site.servers.length > 0) site.switchSecret = secretFrom(env)
  return site
}

/** What one caller and one address of a carrier may: `CALLER_CALLS=5`, `CALLER_RATE=20/60` (calls in seconds) and the like. */
function readLimits({ limits }: Site, env: NodeJS.ProcessEnv): void {
  for (const [name, key] of [
    ['CALLER_CALLS', 'callerCalls'],
    ['TRUNK_CALLS', 'trunkCalls'],
  ] as const) {
    const value = env[name]
    if (value === undefined) continue
    if (!/^[1-9]\d{0,6}$/.test(value)) throw new Error(`${name} must be a number of calls, 1 or more`)
    limits[key] = Number(value)
  }
  for (const [name, key] of [
    ['CALLER_RATE', 'callerRate'],
    ['TRUNK_RATE', 'trunkRate'],
  ] as const) {
    const value = env[name]
    if (value === undefined) continue
    if (!/^[1-9]\d{0,6}\/[1-9]\d{0,4}$/.test(value)) throw new Error(`${name} must be calls/seconds, like 20/60`)
    limits[key] = value
  }
}

/** The switch's own address among those of FREESWITCH_URL (or of the file that FREESWITCH_URL_FILE names): the first. */
function addressOf(env: NodeJS.ProcessEnv): string | undefined {
  const file = env.FREESWITCH_URL ? undefined : env.FREESWITCH_URL_FILE
  const urls = file && existsSync(file) ? readFileSync(file, 'utf8') : env.FREESWITCH_URL
  return urls?.split(',')[0]?.trim() || undefined
}

/** SWITCH_SECRET, the text of the file that SWITCH_SECRET_FILE names, or the one that a server on this machine made. */
function secretFrom(env: NodeJS.ProcessEnv): string {
  const file = env.SWITCH_SECRET_FILE ?? (existsSync('var/switch-secret') ? 'var/switch-secret' : undefined)
  const secret = env.SWITCH_SECRET ?? (file && readFileSync(file, 'utf8').trim())
  if (!secret)
    throw new Error(
      'VERA_SERVERS needs SWITCH_SECRET (or SWITCH_SECRET_FILE): the one the servers have. A server on this machine keeps it in var/switch-secret from its first start on',
    )
  return secret
}

/** Follows the servers over an event socket of its own; undefined when none is named. */
function follow(site: Site, password: string): { stop(): Promise<void> } | undefined {
  if (site.servers.length === 0) return undefined
  const client = new EslClient({ address: { host: '127.0.0.1', port: site.eslPort, password }, events: ['HEARTBEAT'] })
  const follower = followServers({ site, command: (text) => client.bgapi(text), say: (line) => console.log(line) })
  client.on('up', () => void follower.ask().catch((error: Error) => console.error(error.message)))
  client.start()
  return {
    stop: async () => {
      follower.stop()
      await client.stop()
    },
  }
}

/** The other switches that may call this one's phones: SIP_NODES (addresses), SIP_NODES_PORT (5090). */
async function fellows(site: Site, env: NodeJS.ProcessEnv): Promise<void> {
  if (!env.SIP_NODES) return
  const port = Number(env.SIP_NODES_PORT ?? 5090)
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw new Error('SIP_NODES_PORT must be a port, 1 to 65535')
  const { home, sipIp, sipExternalIp } = site
  const peers = env.SIP_NODES.split(',').map((part) => part.trim())
  await writeNodesSite({ home, sipIp, ...(sipExternalIp ? { sipExternalIp } : {}), port, peers })
}

async function main() {
  const env = settingsOf(join(import.meta.dirname, '..'), process.env)
  const binary = findFreeswitch(env.FREESWITCH_BIN, env.PATH ?? '')
  if (!binary) {
    console.error(
      `${env.FREESWITCH_BIN ? `FREESWITCH_BIN=${env.FREESWITCH_BIN} is not an executable` : 'There is no freeswitch on PATH and FREESWITCH_BIN is not set'}.
To get one: on Debian, packages of https://signalwire.com/freeswitch (a free token), or build it from
https://github.com/signalwire/freeswitch (./bootstrap.sh && ./configure && make install), then FREESWITCH_BIN=/path/to/freeswitch.
Without one, Vera runs on its embedded switch: npm start.`,
    )
    process.exitCode = 1
    return
  }
  const site = siteFromEnvironment(env)
  await fellows(site, env)
  const running = await startFreeswitch(binary, site, { output: 'inherit' })
  const following = follow(site, running.password)
  const password = running.passwordFile ? `$(cat ${running.passwordFile})` : '<the password of FREESWITCH_URL>'
  console.log(`FreeSWITCH is up: ${binary}
  FREESWITCH_URL="esl://:${password}@127.0.0.1:${site.eslPort}"
  calls go to CALL_LISTEN=${site.callListen}
  agents' phones: sip:${site.sipIp}:${site.agentsPort}, ws://${site.sipIp}:${site.agentsWsPort}, domain ${site.domain}, ${site.servers.length > 0 ? `named by ${site.servers.join(', ')}` : `passwords in ${site.home}/directory/agents.xml`}
  carrier: sip:${site.sipIp}:${site.trunkPort}, only from ${site.trunkAddresses.join(', ')}
Ctrl-C hangs up what is on the line and stops it.`)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void running.stop())
  process.exitCode = (await running.gone) ?? 0
  await following?.stop()
}

if (import.meta.main) {
  await main().catch((error: Error) => {
    console.error(error.message)
    process.exitCode = 1
  })
}
