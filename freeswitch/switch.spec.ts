import { mkdirSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { findFreeswitch, startFreeswitch } from './conf/process.ts'
import { defaultSite, noLimits, writeSite } from './conf/site.ts'
import { startEmbeddedSwitch } from './embedded/index.ts'
import { placeCall } from './place-call.ts'
import { contractPhones, switchContract } from './switch.contract.ts'

function writePhones(folder: string): string {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'phones.xml'), contractPhones)
  return folder
}

/** The embedded switch's time is virtual: the same contract in a fraction of the time. */
const speed = 4

switchContract('embedded', async ({ callListen, folder }) => {
  const embedded = await startEmbeddedSwitch({
    password: 'contract',
    callListen,
    speed,
    recordingsDir: join(folder, 'recordings'),
    cdrDir: join(folder, 'cdr'),
    moreDialplan: [writePhones(join(folder, 'dialplan'))],
    phoneHabits: { answerMs: [250, 350], talkMs: [600_000, 1] },
  })
  embedded.phones.set('1003', 'manual')
  return {
    address: { host: '127.0.0.1', port: embedded.port, password: 'contract' },
    phones: {
      answers: 'user/1001@vera.local',
      busy: 'loopback/1002/phones',
      rings: 'user/1003@vera.local',
      absent: 'user/9999@vera.local',
    },
    speed,
    place: (_, request) => embedded.placeCall(request),
    stop: () => embedded.stop(),
  }
})

const binary = findFreeswitch(process.env.FREESWITCH_BIN, process.env.PATH ?? '')
if (!binary) {
  describe('switch contract: FreeSWITCH', () => {
    it('runs on a real switch', { skip: 'no FreeSWITCH here: FREESWITCH_BIN is not set and none is on PATH' }, () => {})
  })
} else {
  switchContract('FreeSWITCH', async ({ callListen, folder }) => {
    const ports = await freePorts(4)
    const site = {
      ...defaultSite(join(folder, 'switch')),
      limits: noLimits,
      eslPort: ports[0]!,
      agentsPort: ports[1]!,
      agentsWsPort: ports[2]!,
      trunkPort: ports[3]!,
      rtpFirst: 29_000,
      rtpLast: 29_400,
      callListen,
      cdrDir: join(folder, 'cdr'),
      recordingsDir: join(folder, 'recordings'),
    }
    // The users of the directory, reached through the dialplan's phones instead of SIP.
    await writeSite(site)
    const directory = join(site.home, 'directory', 'agents.xml')
    const users = (await readFile(directory, 'utf8')).replace(
      /sofia\/agents\/(\$\{dialed_user\})%[\w.]+/,
      'loopback/$1/phones',
    )
    writeFileSync(directory, users)
    writePhones(join(site.home, 'dialplan'))
    const running = await startFreeswitch(binary, site)
    return {
      address: { host: '127.0.0.1', port: site.eslPort, password: running.password },
      phones: {
        answers: 'user/1001@vera.local',
        busy: 'user/1002@vera.local',
        rings: 'user/1003@vera.local',
        absent: 'user/9999@vera.local',
      },
      place: placeCall,
      stop: () => running.stop(),
    }
  })
}

/** Ports that nobody has now. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer().listen(0, '127.0.0.1', () => resolve(server))
        }),
    ),
  )
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
