import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeDirectory } from '../../freeswitch/conf/directory.ts'
import { wavFile } from '../../freeswitch/conf/music.ts'
import { findFreeswitch, type RunningSwitch, startFreeswitch } from '../../freeswitch/conf/process.ts'
import { defaultSite, noLimits, type Site } from '../../freeswitch/conf/site.ts'
import { writeNodesSite } from '../../freeswitch/fleet/site.ts'
import { type Child, startChild } from '../faults/child.ts'
import { freePorts } from '../faults/switches.ts'

/** `a1` and `a2` are of one site and live together; `b1` is the other site's, and can be lost alone. */
export const nodeNames = ['a1', 'a2', 'b1'] as const
export type NodeName = (typeof nodeNames)[number]
/** Whose phone is registered where. */
export const extensionsOf: Record<NodeName, string[]> = { a1: ['1001', '1004'], a2: ['1002'], b1: ['1003'] }

export type NodeSettings = {
  name: NodeName
  eslPort: number
  nodesPort: number
  password: string
  callListen: string
  recordingsDir: string
  cdrDir: string
  extensions: string[]
  dialplan: string
}
export type Switches = {
  readonly nodes: NodeSettings[]
  /** Value of FREESWITCH_URL. */
  readonly url: string
  kill(name: 'b1'): Promise<void>
  start(name: 'b1'): Promise<void>
  stop(): Promise<void>
}
export type SwitchesOptions = { folder: string; callListen: string; recordingsDir: string; cdrDir: string }

const binary = findFreeswitch(process.env.FREESWITCH_BIN, '')
/** Why there are no real ones here; undefined: there are. */
export const noRealSwitch = !binary
  ? 'FREESWITCH_BIN is not set'
  : spawnSync('which', ['baresip']).status !== 0
    ? 'no baresip here'
    : undefined

async function settingsOf({ folder, ...shared }: SwitchesOptions): Promise<NodeSettings[]> {
  const ports = await freePorts(nodeNames.length * 2)
  return Promise.all(
    nodeNames.map(async (name, n) => {
      const home = join(folder, name)
      const [eslPort, nodesPort] = [ports[2 * n]!, ports[2 * n + 1]!]
      await writeNodesSite({ home, sipIp: '127.0.0.1', port: nodesPort, peers: ['127.0.0.1'] })
      const password = crypto.randomUUID()
      const dialplan = join(home, 'dialplan')
      return { ...shared, name, eslPort, nodesPort, password, extensions: extensionsOf[name], dialplan }
    }),
  )
}
const urlOf = (nodes: NodeSettings[]) =>
  nodes.map((one) => `esl://${one.name}:${one.password}@127.0.0.1:${one.eslPort}?nodes=${one.nodesPort}`).join(',')

/** Two processes: one for each site. */
export async function embeddedSwitches(options: SwitchesOptions): Promise<Switches> {
  const nodes = await settingsOf(options)
  const file = join(import.meta.dirname, 'switch-process.ts')
  const begin = (some: NodeSettings[]) => startChild(file, some, join(options.folder, 'switches.log'))
  const siteA = await begin(nodes.slice(0, 2))
  let siteB: Child = await begin(nodes.slice(2))
  return {
    nodes,
    url: urlOf(nodes),
    kill: () => siteB.kill(),
    async start() {
      siteB = await begin(nodes.slice(2))
    },
    async stop() {
      await Promise.all([siteA.stop(), siteB.stop()])
    },
  }
}

/** Three FreeSWITCH, and SIP phones registered at them that answer by themselves. */
export async function realSwitches(options: SwitchesOptions): Promise<Switches> {
  const nodes = await settingsOf(options)
  const sites: Site[] = []
  for (const [n, node] of nodes.entries()) {
    const [agentsPort, agentsWsPort, trunkPort] = (await freePorts(3)) as [number, number, number]
    const home = join(options.folder, node.name)
    const { eslPort, callListen, recordingsDir, cdrDir } = node
    const users = node.extensions.map((extension) => ({ extension, name: 'Agente', password: 'de-prueba' }))
    await writeDirectory(home, 'vera.local', users)
    sites.push({
      ...{ ...defaultSite(home), eslPort, callListen, recordingsDir, cdrDir, agentsPort, agentsWsPort, trunkPort },
      ...{ eslPassword: node.password, switchName: node.name, limits: noLimits },
      ...{ rtpFirst: 27_000 + n * 200, rtpLast: 27_199 + n * 200 },
    })
  }
  const begin = (site: Site) => startFreeswitch(binary as string, site)
  const running: RunningSwitch[] = await Promise.all(sites.map(begin))
  const phones = await Promise.all(
    nodes.map((node, n) => startPhones(join(options.folder, `phones-${node.name}`), sites[n]!.agentsPort, node)),
  )
  return {
    nodes,
    url: urlOf(nodes),
    async kill() {
      running[2]!.child.kill('SIGKILL')
      await running[2]!.gone
    },
    async start() {
      running[2] = await begin(sites[2]!)
    },
    async stop() {
      for (const phone of phones) phone.kill('SIGKILL')
      await Promise.all(phones.map((phone) => (phone.exitCode ?? phone.signalCode) || once(phone, 'exit')))
      await Promise.all(running.map((one) => one.stop()))
    },
  }
}

async function startPhones(folder: string, port: number, { extensions }: NodeSettings): Promise<ChildProcess> {
  const [listen, rtp] = (await freePorts(2)) as [number, number]
  const rtpFirst = 20_000 + (rtp % 60) * 100
  await mkdir(folder, { recursive: true })
  const tone = Int16Array.from({ length: 8_000 * 30 }, (_, n) => 8_000 * Math.sin((n / 8_000) * 700 * 2 * Math.PI))
  await writeFile(join(folder, 'tone.wav'), wavFile(tone))
  const modules = ['module g711', 'module aufile', 'module_tmp account', 'module_app menu'].map((line) => `${line}.so`)
  await writeFile(
    join(folder, 'config'),
    `sip_listen 127.0.0.1:${listen}\nnet_interface 127.0.0.1\nrtp_ports ${rtpFirst}-${rtpFirst + 98}\naudio_source aufile,${folder}/tone.wav
module_path /usr/lib/baresip/modules\n${modules.join('\n')}\n`,
  )
  const accounts = extensions.map(
    (user) =>
      `<sip:${user}@vera.local>;outbound="sip:127.0.0.1:${port};transport=udp";auth_user=${user};auth_pass=de-prueba;answermode=auto;regint=60`,
  )
  await writeFile(join(folder, 'accounts'), `${accounts.join('\n')}\n`)
  return spawn('baresip', ['-f', folder], { stdio: 'ignore' })
}
