// What mod_xml_curl is answered. Every text goes through the encoders of freeswitch/conf.
import { domainXml, userXml, xmlAttribute } from '../../freeswitch/conf/directory.ts'
import { aclNodes, type Gateway, gatewaysXml, randomHash } from '../../freeswitch/conf/gateway.ts'
import type { Digest } from './credentials.ts'
import type { Phones } from './phones.ts'

/** What the trunks' room gives for the switch. */
export type Lines = {
  gateways(): Promise<Gateway[]>
  /** Addresses (CIDR) from which carriers call. */
  addresses(): Promise<string[]>
}

const document = (section: string, inner: string) =>
  `<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<document type="freeswitch/xml"><section name="${section}">
${inner}
</section></document>
`

/** The switch goes on to its next server and then to its own files. */
export const notFound = document('result', '<result status="not found"/>')

/** A user of that name whose password nobody has: "not found" would let the switch's own copy decide. */
function denied(domain: string, user: string): string {
  const id = xmlAttribute(user)
  return document(
    'directory',
    domainXml(domain, [
      `<user id="${id}"><params><param name="a1-hash" value="${randomHash()}"/><param name="sip-forbid-register" value="true"/></params></user>`,
    ]),
  )
}

export type Ask = Readonly<Record<string, unknown>>

/** Answers one question of the switch: the form as it came. */
export async function answer(ask: Ask, phones: Phones, lines: Lines): Promise<string> {
  const text = (name: string) => (typeof ask[name] === 'string' ? (ask[name] as string) : '')
  const section = text('section')
  if (section === 'configuration') {
    if (text('key_value') !== 'acl.conf') return notFound
    return document('configuration', aclXml(await lines.addresses()))
  }
  if (section !== 'directory') return notFound
  if (text('purpose') === 'gateways') {
    if (text('profile') !== 'trunk') return notFound
    return document('directory', gatewaysXml(await lines.gateways()))
  }
  // Its own copy has the carriers' domain as well; nobody else's domain is known here.
  const user = text('user')
  if (text('domain') !== phones.domain || user === '' || user.length > 64) return notFound
  const signingIn = text('action') === 'sip_auth'
  if (signingIn && phones.scanners.isBlocked(text('ip'))) return denied(phones.domain, user)
  const phone = await phones.find(user, signingIn ? digestOf(text) : undefined)
  const hash = user.endsWith('-web') ? phone?.webA1Hash : phone?.a1Hash
  if (signingIn && hash === undefined) return denied(phones.domain, user)
  if (!phone) return notFound
  // Without a password of its own the desk phone is still there to be rung in the browser.
  return document('directory', domainXml(phones.domain, [userXml({ a1Hash: randomHash(), ...phone }, phones.domain)]))
}

function digestOf(text: (name: string) => string): Digest {
  return {
    nonce: text('sip_auth_nonce'),
    uri: text('sip_auth_uri'),
    method: text('sip_auth_method'),
    response: text('sip_auth_response'),
    qop: text('sip_auth_qop'),
    cnonce: text('sip_auth_cnonce'),
    nc: text('sip_auth_nc'),
  }
}

/** The site's own addresses and lists (TRUNK_ADDRESSES, ESL_ADDRESSES) stay: the switch puts its files in. */
function aclXml(addresses: string[]): string {
  return `<configuration name="acl.conf"><network-lists>
  <X-PRE-PROCESS cmd="include" data="$\${vera_home}/acl-lists.xml"/>
  <list name="trunk" default="deny">
  <X-PRE-PROCESS cmd="include" data="$\${vera_home}/acl-site.xml"/>
  ${aclNodes(addresses)}
</list></network-lists></configuration>`
}
