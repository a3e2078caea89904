import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { findFreeswitch, startFreeswitch } from '../../freeswitch/conf/process.ts'
import { defaultSite, noLimits, writeSite } from '../../freeswitch/conf/site.ts'
import { startChild } from './child.ts'

export type SwitchSettings = {
  folder: string
  eslPort: number
  password: string
  callListen: string
  recordingsDir: string
  cdrDir: string
  extensions: string[]
  /** A phone hangs up after so long. */
  talkMs: number
  seed: number
}

/** A switch that runs. */
export type RunningSwitch = { kill(): Promise<void>; stop(): Promise<void> }
/** Starts the switch, again and again with the same settings. */
export type StartSwitch = () => Promise<RunningSwitch>

export function embeddedSwitch(settings: SwitchSettings): StartSwitch {
  const file = join(import.meta.dirname, 'switch-process.ts')
  return () => startChild(file, settings, join(settings.folder, 'switch.log'))
}

/** FreeSWITCH, whose phones are extensions of the dialplan that answer, talk and hang up. Undefined when there is none. */
export async function realSwitch(settings: SwitchSettings): Promise<StartSwitch | undefined> {
  const binary = findFreeswitch(process.env.FREESWITCH_BIN, '')
  if (!binary) return undefined
  const [agentsPort, agentsWsPort, trunkPort] = (await freePorts(3)) as [number, number, number]
  const { eslPort, callListen, recordingsDir, cdrDir } = settings
  const site = {
    ...defaultSite(join(settings.folder, 'freeswitch')),
    ...{
      eslPort,
      eslPassword: settings.password,
      agentsPort,
      agentsWsPort,
      trunkPort,
      callListen,
      recordingsDir,
      cdrDir,
    },
    ...{ limits: noLimits, rtpFirst: 29_000, rtpLast: 29_400 },
    users: settings.extensions.map((extension) => ({ extension, name: `Agente ${extension}` })),
  }
  await writeSite(site)
  const directory = join(site.home, 'directory', 'agents.xml')
  const users = await readFile(directory, 'utf8')
  await writeFile(directory, users.replace(/sofia\/agents\/(\$\{dialed_user\})%[\w.]+/, 'loopback/$1/phones'))
  await writeFile(
    join(site.home, 'dialplan', 'phones.xml'),
    `<include>
<context name="phones"><extension name="phone"><condition field="destination_number" expression="^(10..)$">
<action application="ring_ready"/><action application="sleep" data="200"/><action application="answer"/><action application="sleep" data="${settings.talkMs}"/><action application="hangup" data="NORMAL_CLEARING"/></condition></extension></context>
</include>
`,
  )
  return async () => {
    const running = await startFreeswitch(binary, site)
    return {
      stop: running.stop,
      async kill() {
        running.child.kill('SIGKILL')
        await running.gone
      },
    }
  }
}

/** Ports that nobody has now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  await Promise.all(servers.map((server) => new Promise<void>((open) => server.listen(0, '127.0.0.1', open))))
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))))
  return ports
}
