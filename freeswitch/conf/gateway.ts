import { randomBytes } from 'node:crypto'
import { xmlAttribute } from './directory.ts'

/** A line to a carrier as the switch holds it. */
export type Gateway = {
  /** Its name in `sofia/gateway/<name>/<number>`. */
  name: string
  /** Host or host:port. */
  proxy: string
  transport: 'udp' | 'tcp' | 'tls'
  /** Registers there with `username` and `password`; else the carrier knows our address. */
  register: boolean
  username: string
  password: string
  /** Our number towards the carrier; empty: the caller's. */
  callerId: string
  /** In order, e.g. PCMA,PCMU. */
  codecs: string
}

/** A domain that no phone can register in, only to hang gateways on. */
export const trunkDomain = 'trunk.vera'

const nameRule = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,58}$/

/** @throws Error on a name that the switch would not take */
function gatewayXml(gateway: Gateway): string {
  if (!nameRule.test(gateway.name)) throw new Error(`Gateway ${JSON.stringify(gateway.name)}: not a name`)
  const value = (name: string, text: string) => `<param name="${name}" value="${xmlAttribute(text)}"/>`
  const params = [
    value('proxy', gateway.proxy),
    value('register', String(gateway.register)),
    value('register-transport', gateway.transport),
    // Both must be there even for a carrier who asks for none.
    value('username', gateway.username || gateway.callerId || 'vera'),
    value('password', gateway.password || 'none'),
    value('caller-id-in-from', String(gateway.callerId === '')),
    value('retry-seconds', '30'),
    value('expire-seconds', '600'),
    value('ping', '25'),
    value('ping-monitoring', 'true'),
  ]
  if (gateway.callerId !== '') params.push(value('from-user', gateway.callerId))
  const variables = gateway.codecs
    ? `<variables><variable name="absolute_codec_string" value="${xmlAttribute(gateway.codecs)}" direction="outbound"/></variables>`
    : ''
  return `    <gateway name="${xmlAttribute(gateway.name)}">${params.join('')}${variables}</gateway>`
}

/** The `<domain>` whose one user carries the gateways: mod_sofia reads them from the directory (purpose=gateways). */
export function gatewaysXml(gateways: Gateway[]): string {
  // Nobody may use it to sign in: registering is forbidden, and the hash is of nothing.
  return `<domain name="${trunkDomain}"><groups><group name="trunk"><users>
  <user id="carriers"><params><param name="sip-forbid-register" value="true"/><param name="a1-hash" value="${randomHash()}"/></params>
  <gateways>
${gateways.map(gatewayXml).join('\n')}
  </gateways></user>
</users></group></groups></domain>`
}

/** An a1-hash that no password has. */
export const randomHash = () => randomBytes(16).toString('hex')

/** `<node>` elements of an access list; a bare address is one host. @throws Error on what is no address/length */
export function aclNodes(addresses: readonly string[]): string {
  return addresses
    .map((text) => {
      const cidr = text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`
      if (!/^[0-9a-fA-F.:]+\/[0-9]{1,3}$/.test(cidr))
        throw new Error(`${JSON.stringify(text)} is not an address/length`)
      return `<node type="allow" cidr="${cidr}"/>`
    })
    .join('')
}
