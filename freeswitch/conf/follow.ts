import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { domainXml, type PhoneUser, replaceFile, userXml } from './directory.ts'
import { aclNodes, type Gateway, gatewaysXml } from './gateway.ts'
import { everyone, type Site } from './site.ts'

/** All that a server of Vera has for the switch, as `GET /freeswitch/snapshot` tells it. Passwords only as a1-hash. */
export type Snapshot = { domain: string; users: PhoneUser[]; gateways: Gateway[]; addresses: string[] }

export type FollowOptions = {
  site: Pick<Site, 'home' | 'domain' | 'servers' | 'switchSecret'>
  /** A command for the switch, e.g. `reloadxml`; failures are told and tried again at the next round. */
  command(text: string): Promise<string>
  say(line: string): void
  fetch?: typeof fetch
  /** Between two questions, ms. */
  everyMs?: number
  timeoutMs?: number
}

export type Follower = {
  /** Asks once: `changed` files were written, `same`, `silent` (nobody answered) or `refused` (wrong secret or address). */
  ask(): Promise<'changed' | 'same' | 'silent' | 'refused'>
  stop(): void
}

/** After so many silent rounds the switch stops asking by itself (a dead address would cost a second for every ring). */
const silentRounds = 2

/**
 * Keeps on the switch's own disk what the servers last said, so that phones register and lines stand while no server
 * answers: asks at once and then every `everyMs` (15 s); writes and reloads only what differs.
 */
export function followServers(options: FollowOptions): Follower {
  const { site, command, say } = options
  const get = options.fetch ?? fetch
  let silent = 0
  let asking = true
  let told = ''
  const tell = (line: string) => {
    if (line !== told) say(line)
    told = line
  }

  async function snapshot(): Promise<Snapshot | 'silent' | 'refused'> {
    let refused = false
    for (const server of site.servers) {
      try {
        const answer = await get(new URL('/freeswitch/snapshot', server), {
          headers: { authorization: `Basic ${Buffer.from(`vera:${site.switchSecret}`).toString('base64')}` },
          signal: AbortSignal.timeout(options.timeoutMs ?? 3_000),
          redirect: 'error',
        })
        if (answer.ok) return (await answer.json()) as Snapshot
        if (answer.status === 401) {
          refused = true
          tell(`${server} does not take SWITCH_SECRET: it must be the same on the switch and on the servers`)
        } else if (answer.status === 403) {
          refused = true
          tell(`${server} does not take questions from this address: name this switch in its FREESWITCH_URL`)
        } else tell(`${server} answered ${answer.status}`)
      } catch (error) {
        tell(`${server} does not answer (${(error as Error).name}); phones and lines stay as they were last told`)
      }
    }
    return refused ? 'refused' : 'silent'
  }

  /** Unloading waits for the module's own questions (the core's lock over its bindings). */
  async function hush(quiet: boolean): Promise<void> {
    if (asking === !quiet) return
    await command(quiet ? 'unload mod_xml_curl' : 'load mod_xml_curl')
    asking = !quiet
  }

  async function round(): Promise<'changed' | 'same' | 'silent' | 'refused'> {
    const found = await snapshot()
    if (found === 'silent' || found === 'refused') {
      silent++
      if (found === 'silent' && silent >= silentRounds) await hush(true)
      return found
    }
    silent = 0
    if (found.domain !== site.domain) {
      tell(`The servers' SIP_DOMAIN is ${JSON.stringify(found.domain)}, the switch's ${JSON.stringify(site.domain)}`)
      return 'refused'
    }
    const changed = await keepSnapshot(site, found)
    if (changed.length > 0) {
      await command('reloadxml')
      if (changed.includes('phones')) {
        const extensions = found.users.map((user) => user.extension)
        await command(`global_setvar vera_everyone=${everyone(extensions, site.domain)}`)
      }
      if (changed.includes('addresses')) await command('reloadacl')
      if (changed.includes('gateways')) await command('sofia profile trunk rescan')
      tell(`Told by the servers: ${changed.join(', ')}`)
    }
    await hush(false)
    return changed.length > 0 ? 'changed' : 'same'
  }

  let running: ReturnType<typeof round> | undefined
  const ask = () => {
    running ??= round().finally(() => {
      running = undefined
    })
    return running
  }
  const again = () => ask().catch((error: Error) => tell(`The servers could not be followed: ${error.message}`))
  const timer = setInterval(again, options.everyMs ?? 15_000)
  return { ask, stop: () => clearInterval(timer) }
}

/** Writes what differs below `site.home`; returns what did. @throws Error on a value that the switch could misread */
export async function keepSnapshot(
  site: Pick<Site, 'home'>,
  { domain, users, gateways, addresses }: Snapshot,
): Promise<('phones' | 'gateways' | 'addresses')[]> {
  const phones = domainXml(
    domain,
    users.map(({ ring, password, ...user }) => userXml(user, domain)),
  )
  const files = [
    ['phones', 'directory', 'agents.xml', `<include>\n${phones}\n</include>\n`],
    ['gateways', 'directory', 'gateways.xml', `<include>\n${gatewaysXml(gateways)}\n</include>\n`],
    ['addresses', '', 'acl-served.xml', `<include>\n${aclNodes(addresses)}\n</include>\n`],
  ] as const
  const changed: (typeof files)[number][0][] = []
  for (const [what, folder, name, text] of files) {
    const before = await readFile(join(site.home, folder, name), 'utf8').catch(() => '')
    if (withoutHash(before) === withoutHash(text)) continue
    await replaceFile(join(site.home, folder), name, text)
    changed.push(what)
  }
  return changed
}

/** The gateways' own user has a hash of nothing, another one each time. */
const withoutHash = (text: string) => text.replace(/(id="carriers".*?a1-hash" value=")[0-9a-f]{32}/s, '$1')
