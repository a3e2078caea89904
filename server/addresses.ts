// Which addresses are ours: told from the configuration and, of other servers, from what they say of themselves.
import { networkInterfaces } from 'node:os'
import type { Config } from './config.ts'
import type { CertificatePlace } from './phones/index.ts'

/** Of the switches: of their event sockets and of their SIP. */
export const switchHosts = (config: Pick<Config, 'switches'>): string[] =>
  config.switches.flatMap(({ host, sip }) => [host, sip.host])

/** Of this machine, of the switches and of the servers over the same database: never shut out as a scanner. */
export function ownHosts(config: Pick<Config, 'switches'>, servers: readonly { url: string }[]): string[] {
  const named = servers.flatMap(({ url }) => (URL.canParse(url) ? [bare(new URL(url).hostname)] : []))
  const interfaces = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address))
  return [...switchHosts(config), ...named, ...interfaces]
}

/** Where browsers and phones are shown a certificate: our own address, and each switch's WSS and TLS. */
export function certificatePlaces({ publicUrl, switches }: Pick<Config, 'publicUrl' | 'switches'>): CertificatePlace[] {
  const own = new URL(publicUrl)
  return [
    ...(own.protocol === 'https:'
      ? [{ host: bare(own.hostname), port: Number(own.port || 443), expected: false }]
      : []),
    ...switches.flatMap(({ sip }) => [
      { host: sip.host, port: sip.wssPort ?? 7443, expected: sip.wssPort !== undefined },
      { host: sip.host, port: sip.tlsPort ?? 5061, expected: sip.tlsPort !== undefined },
    ]),
  ]
}

const bare = (host: string) => host.replace(/^\[|\]$/g, '')
