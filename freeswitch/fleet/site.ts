// What a switch needs to call its fellow nodes by SIP: a profile of its own and the context it leads to.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export type NodesSite = {
  /** Folder that the switch's configuration reads: `var/freeswitch`. */
  home: string
  sipIp: string
  sipExternalIp?: string
  /** Port of the profile `nodes` (5090 by default). */
  port: number
  /** The fellow nodes, as address/length; nobody else may call here. */
  peers: string[]
}

/**
 * Writes `<home>/sip_profiles/nodes.xml` and `<home>/dialplan/nodes.xml`, before the switch starts. A switch without
 * fellows needs neither. @throws Error when an address is none
 */
export async function writeNodesSite({ home, sipIp, sipExternalIp = sipIp, port, peers }: NodesSite): Promise<void> {
  for (const address of [sipIp, sipExternalIp, ...peers]) {
    if (!/^[0-9a-fA-F.:]+(\/[0-9]{1,3})?$/.test(address))
      throw new Error(`nodes: ${JSON.stringify(address)} is not an address`)
  }
  const cidrs = peers.map((peer) => (peer.includes('/') ? peer : `${peer}/${peer.includes(':') ? 128 : 32}`))
  if (cidrs.length === 0) throw new Error('nodes: name the fellow switches')
  const parameters: Record<string, string | number> = {
    'sip-ip': sipIp,
    'rtp-ip': sipIp,
    'ext-sip-ip': sipExternalIp,
    'ext-rtp-ip': sipExternalIp,
    'sip-port': port,
    dialplan: 'XML',
    context: 'nodes',
    'user-agent-string': 'Vera',
    'auth-calls': 'false',
    'apply-inbound-acl': cidrs.join(','),
    'disable-register': 'true',
    // Between nodes one kind of sound: the phone's own is spoken between it and its node.
    'inbound-codec-prefs': 'PCMA,PCMU',
    'outbound-codec-prefs': 'PCMA,PCMU',
    'rfc2833-pt': 101,
    'rtp-timer-name': 'soft',
    'manage-presence': 'false',
  }
  const lines = Object.entries(parameters).map(([name, value]) => `    <param name="${name}" value="${value}"/>`)
  for (const folder of ['sip_profiles', 'dialplan']) await mkdir(join(home, folder), { recursive: true, mode: 0o700 })
  await writeFile(
    join(home, 'sip_profiles', 'nodes.xml'),
    `<profile name="nodes">\n  <settings>\n${lines.join('\n')}\n  </settings>\n</profile>\n`,
    { mode: 0o600 },
  )
  await writeFile(join(home, 'dialplan', 'nodes.xml'), nodesDialplan, { mode: 0o600 })
}

/** A fellow node rings a phone that is registered here; how that ends, the fellow hears as the phone said it. */
export const nodesDialplan = `<include>
  <context name="nodes">
    <extension name="agent">
      <condition field="destination_number" expression="^([0-9]{2,8})$">
        <action application="export" data="vera_far_leg=\${sip_h_X-Vera-Leg}"/>
        <action application="set" data="hangup_after_bridge=true"/>
        <action application="set" data="call_timeout=120"/>
        <action application="bridge" data="user/$1@\${vera_domain}"/>
      </condition>
    </extension>
    <extension name="nobody_else">
      <condition>
        <action application="hangup" data="UNALLOCATED_NUMBER"/>
      </condition>
    </extension>
  </context>
</include>
`
