// One call from the first ring to the report, through the whole platform: on the embedded switch always, on a real
// FreeSWITCH where FREESWITCH_BIN names one. The agent is a phone that answers by itself.
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { findFreeswitch, startFreeswitch } from '../freeswitch/conf/process.ts'
import { defaultSite, noLimits, writeSite } from '../freeswitch/conf/site.ts'
import { placeCall } from '../freeswitch/place-call.ts'
import { makeFile, prepare, reportOf } from '../reports/index.ts'
import { type Config, readConfig } from '../server/config.ts'
import { scopeOf } from '../server/database/index.ts'
import { createPlatform } from '../server/platform.ts'

/** The switch that a call runs on; undefined address: the embedded one. */
type Switch = { url?: string; stop(): Promise<void> }

async function wholeCall(begin: (config: { callListen: string; folder: string }) => Promise<Switch>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'vera-one-call-'))
  const [callPort] = await freePorts(1)
  const callListen = `127.0.0.1:${callPort}`
  const target = await begin({ callListen, folder })
  const config: Config = {
    ...readConfig({ PORT: '0', CALL_LISTEN: callListen, LOG_LEVEL: 'silent', FREESWITCH_URL: target.url, DEMO: 'off' }),
    home: join(folder, 'var'),
    databaseUrl: 'sqlite::memory:',
    recordingsDir: join(folder, 'recordings'),
    cdrDir: join(folder, 'cdr'),
  }
  const platform = await createPlatform(config, { say: () => {}, requireReachable: false })
  try {
    await platform.db.migrate()
    const { knex } = platform.db
    const [agencyId] = await knex('agencies').insert({ code: 'a', name: 'Organismo', kind: 'province', created_at: 0 })
    const rows = { agency_id: agencyId, active: true }
    for (const code of ['impuestos', 'salud', 'tramites', 'general'])
      await knex('queues').insert({ ...rows, code, name: code, channel: 'voice', levels: '[]', messages: '[]' })
    const person = { username: 'agente', name: 'Agente', role: 'agent', extension: '1001', password_hash: '' }
    const [agentId] = await knex('users').insert({ ...rows, ...person, language: 'es', created_at: 0 })
    await platform.start()
    const { routing, client, embedded } = platform.telephony
    if (client.state !== 'up') await new Promise<void>((up) => client.on('up', () => up()))
    if (embedded) embedded.phones.habits.talkMs = [1_500, 1]
    routing.agents.signIn(agentId as number)
    routing.agents.ready(agentId as number)
    const ended = new Promise<void>((done) => {
      routing.on('ended', () => done())
    })
    if (!embedded) routing.on('connected', () => setTimeout(() => routing.agents.hangUp(agentId as number), 1_500))
    // The number is nobody's, so the DNI is asked; then the menu; behind the talk, the survey.
    const call = await placeCall(client, {
      from: '3424111222',
      to: '08000000147',
      keys: 'wwpppp28755398w1wwww5',
      hangUpAfterMs: 45_000,
    })
    await ended
    assert.equal(call.answered, true)
    const fact = async () => knex('interactions').where({ id: call.uuid }).first()
    let row = await fact()
    for (let left = 100; !row?.ended_at && left > 0; left--) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      row = await fact()
    }
    const talk = await knex('talk_segments').where({ interaction_id: call.uuid }).first()
    const recording = await knex('recordings').where({ interaction_id: call.uuid }).first()
    assert.ok(talk.ended_at - talk.answered_at >= 1_000, JSON.stringify(talk))
    assert.equal(recording.state, 'present')
    assert.equal((await readFile(recording.path)).readUInt16LE(22), 2, 'the recording is stereo')
    const about = await prepare(platform.db, scopeOf(agencyId as number), reportOf('calls')!, {}, Date.now())
    const csv = (await (await makeFile(about, 'csv')).content.toArray()).join('')
    assert.match(csv, /3424111222;08000000147;impuestos;Agente/)
  } finally {
    await platform.stop()
    await target.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

describe('a whole call', () => {
  it('on the embedded switch', () => wholeCall(async () => ({ stop: async () => {} })))

  const binary = findFreeswitch(process.env.FREESWITCH_BIN, '')
  it('on FreeSWITCH', { skip: binary ? false : 'FREESWITCH_BIN is not set' }, () =>
    wholeCall(async ({ callListen, folder }) => {
      const [eslPort, agentsPort, agentsWsPort, trunkPort] = (await freePorts(4)) as [number, number, number, number]
      const site = {
        ...defaultSite(join(folder, 'switch')),
        limits: noLimits,
        ...{ eslPort, agentsPort, agentsWsPort, trunkPort, callListen, rtpFirst: 29_500, rtpLast: 29_900 },
        recordingsDir: join(folder, 'recordings'),
        cdrDir: join(folder, 'cdr'),
      }
      await writeSite(site)
      // The agent's phone is an extension of the dialplan that answers.
      const directory = join(site.home, 'directory', 'agents.xml')
      const users = await readFile(directory, 'utf8')
      await writeFile(directory, users.replace(/sofia\/agents\/(\$\{dialed_user\})%[\w.]+/, 'loopback/$1/phones'))
      await writeFile(
        join(site.home, 'dialplan', 'phones.xml'),
        `<include>
<context name="phones"><extension name="answers"><condition field="destination_number" expression="^1001$">
<action application="answer"/><action application="park"/></condition></extension></context>
</include>
`,
      )
      const running = await startFreeswitch(binary as string, site)
      return { url: `esl://:${encodeURIComponent(running.password)}@127.0.0.1:${eslPort}`, stop: running.stop }
    }),
  )
})

/** Ports that nobody has now. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  await Promise.all(servers.map((server) => new Promise<void>((open) => server.listen(0, '127.0.0.1', open))))
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))))
  return ports
}
