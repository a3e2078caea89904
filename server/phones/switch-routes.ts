import { createHash, timingSafeEqual } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { AppError } from '../http/index.ts'
import { type Ask, answer, type Lines } from './asked.ts'
import type { Phones } from './phones.ts'

export type SwitchRoutesOptions = {
  phones: Phones
  lines: Lines
  /** What the switch shows (SWITCH_SECRET). */
  secret: string
  /** Whether an address is one of our switches'; `switchAddresses` makes it. */
  isSwitch(address: string): Promise<boolean>
}

const digest = (text: string) => createHash('sha256').update(text).digest()
/** IPv4 inside IPv6, as a socket of both kinds tells it. */
const plain = (address: string) => address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')

/** Whether an address belongs to one of `given` (names or addresses, or what says them); names are looked up again after `keepMs`. */
export function switchAddresses(
  given: readonly string[] | (() => readonly string[]),
  find: (host: string) => Promise<string[]> = async (host) =>
    (await lookup(host, { all: true })).map(({ address }) => address),
  { keepMs = 60_000, now = Date.now } = {},
): (address: string) => Promise<boolean> {
  const ours = (address: string) => /^127\.|^::1$/.test(address)
  let found = new Set<string>()
  let readAt: number | undefined
  return async (asking) => {
    const hosts = typeof given === 'function' ? given() : given
    const fixed = new Set(hosts.filter((host) => isIP(host) !== 0).map(plain))
    const names = hosts.filter((host) => isIP(host) === 0)
    const address = plain(asking)
    if (fixed.has(address)) return true
    if (readAt === undefined || now() - readAt > keepMs) {
      readAt = now()
      const all = await Promise.all(names.map((name) => find(name).catch(() => [])))
      found = new Set(all.flat().map(plain))
    }
    // A switch on this machine may ask from any of the machine's loopback addresses.
    return found.has(address) || (ours(address) && [...fixed, ...found].some(ours))
  }
}

/** `/freeswitch/*`: for our switches only, with the secret. Others learn nothing: 403; a wrong secret: 401 and an alarm. */
export const switchRoutes: FastifyPluginAsyncTypebox<SwitchRoutesOptions> = async (app, options) => {
  const { phones, lines, isSwitch } = options
  const wanted = digest(`Basic ${Buffer.from(`vera:${options.secret}`).toString('base64')}`)
  async function guard(request: FastifyRequest): Promise<void> {
    const secret = timingSafeEqual(digest(request.headers.authorization ?? ''), wanted)
    if (!(await isSwitch(request.ip))) {
      // Who has the secret is a switch of ours that moved: its owner must learn it. Anybody else is not worth a word.
      if (secret) phones.refused(request.ip, 'address')
      throw new AppError('switch.foreign', 403)
    }
    if (secret) return
    phones.refused(request.ip, 'secret')
    throw new AppError('switch.secret', 401)
  }

  app.post('/freeswitch/:section', { config: { public: true }, preHandler: guard }, async (request, reply) => {
    reply.type('text/xml; charset=utf-8').header('cache-control', 'no-store')
    return answer((request.body ?? {}) as Ask, phones, lines)
  })
  app.get('/freeswitch/snapshot', { config: { public: true }, preHandler: guard }, async (_request, reply) => {
    reply.header('cache-control', 'no-store')
    return {
      domain: phones.domain,
      users: await phones.users(),
      gateways: await lines.gateways(),
      addresses: await lines.addresses(),
    }
  })
}
