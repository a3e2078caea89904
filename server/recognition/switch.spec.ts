// «Sí o no» on a real FreeSWITCH: a caller who really speaks (espeak-ng on a loopback leg), recorded by the switch and
// understood by pocketsphinx.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createLiveCall } from '../../freeswitch/call/index.ts'
import { findFreeswitch, type RunningSwitch, startFreeswitch } from '../../freeswitch/conf/process.ts'
import { defaultSite } from '../../freeswitch/conf/site.ts'
import { EslClient, listenCalls, type SwitchEvent } from '../../freeswitch/esl/index.ts'
import { definition } from '../../nodes/ivr/yes-no/config.ts'
import { yesNo } from '../../nodes/ivr/yes-no/yes-no.ts'
import { readConfig } from '../../nodes/kit/definition.ts'
import { fakePorts, runBehaviour } from '../../nodes/testing/fake-platform.ts'
import { readWav, resample, writeWav } from '../prompts/index.ts'
import { createRecogniser, createSpeechPort } from './index.ts'

const binary = findFreeswitch(process.env.FREESWITCH_BIN, '')
const recogniser = createRecogniser({ log: () => {} })
const skip = !binary
  ? 'FREESWITCH_BIN is not set'
  : spawnSync('espeak-ng', ['--version']).error
    ? 'no espeak-ng on this machine'
    : (await recogniser.available())
      ? false
      : 'no pocketsphinx on this machine'

describe('sí o no on FreeSWITCH', { skip, timeout: 90_000 }, () => {
  let folder: string
  let running: RunningSwitch
  let client: EslClient
  let ports: number[]
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vera-spoken-'))
    ports = await freePorts(5)
    const [eslPort, agentsPort, agentsWsPort, trunkPort, callPort] = ports as [number, number, number, number, number]
    const site = { ...defaultSite(join(folder, 'switch')), eslPort, agentsPort, agentsWsPort, trunkPort }
    const rest = { callListen: `127.0.0.1:${callPort}`, rtpFirst: 29_950, rtpLast: 29_990 }
    running = await startFreeswitch(binary as string, { ...site, ...rest })
    const address = { host: '127.0.0.1', port: eslPort, password: running.password }
    client = new EslClient({ address, events: ['RECORD_START'] })
    const up = new Promise<void>((resolve) => client.on('up', () => resolve()))
    client.start()
    await up
  })
  after(async () => {
    await client?.stop()
    await running?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  /** One call: says each of the texts when the switch begins to listen, in order; presses what begins with `key:`. */
  async function call(said: string[]) {
    const near = randomUUID()
    const wavs = await Promise.all(said.map((text, at) => (text.startsWith('key:') ? text : speak(text, at))))
    const dir = join(folder, 'speech')
    const port = createSpeechPort({ recogniser, dir, log: () => {} })
    const fake = fakePorts()
    fake.ports.speech = port
    fake.ports.prompts = { file: async (prompt) => speak(typeof prompt === 'string' ? prompt : prompt.name, 'prompt') }
    const answered = Promise.withResolvers<Awaited<ReturnType<typeof runBehaviour>>>()
    const config = { ...readConfig(definition, {}), say: { as: 'text' as const, value: '¿Quiere un turno?' } }
    const server = await listenCalls({
      host: '127.0.0.1',
      port: ports[4] as number,
      onCall(session) {
        const live = createLiveCall(session)
        live
          .answer()
          .then(() => runBehaviour(yesNo, config, {}, { fake, live }))
          .then(answered.resolve, answered.reject)
          .finally(() => live.hangup())
      },
    })
    const listener = (event: SwitchEvent) => {
      const next = event.name === 'RECORD_START' ? wavs.shift() : undefined
      if (next?.startsWith('key:')) void client.api(`uuid_send_dtmf ${near} ${next.slice(4)}`)
      else if (next) void client.api(`uuid_broadcast ${near} ${next} aleg`)
    }
    client.on('event', listener)
    try {
      void client.bgapi(
        `originate {origination_uuid=${near},origination_caller_id_number=3424111222}loopback/08000000147/public &park()`,
      )
      const result = await answered.promise
      assert.deepEqual(
        (await readdir(dir)).filter((name) => name.endsWith('.wav')),
        [],
        'nothing is kept',
      )
      return { ...result, details: fake.facts.flatMap((fact) => ('detail' in fact ? [fact.detail] : [])) }
    } finally {
      client.off('event', listener)
      await server.close(true)
    }
  }

  async function speak(text: string, name: number | string): Promise<string> {
    const { stdout } = spawnSync('espeak-ng', ['-v', 'es-419', '-s', '150', '--stdin', '--stdout'], { input: text })
    const path = join(folder, `${String(name)}-${randomUUID()}.wav`)
    await writeFile(path, writeWav(resample(readWav(stdout), 8_000)))
    return path
  }

  it('understands a spoken «sí» and a spoken «no, gracias»', async (t) => {
    const yes = await call(['sí'])
    t.diagnostic(yes.details.join(' | '))
    assert.equal(yes.outcome, 'yes')
    const no = await call(['no, gracias'])
    t.diagnostic(no.details.join(' | '))
    assert.equal(no.outcome, 'no')
  })
  it('takes a key while it listens', async () => {
    assert.equal((await call(['key:2'])).outcome, 'no')
  })
})

/** Ports that nobody has now. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  await Promise.all(servers.map((server) => new Promise<void>((open) => server.listen(0, '127.0.0.1', open))))
  const found = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))))
  return found
}
