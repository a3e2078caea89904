// A whole centre for a browser: FreeSWITCH that asks the platform for its phones, the starter flow, people who sign in.
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { startFreeswitch } from '../../freeswitch/conf/process.ts'
import { defaultSite, noLimits } from '../../freeswitch/conf/site.ts'
import type { SwitchEvent } from '../../freeswitch/esl/types.ts'
import { placeCall } from '../../freeswitch/place-call.ts'
import { type Config, readConfig } from '../../server/config.ts'
import { hashPassword } from '../../server/http/index.ts'
import { createPlatform, type Platform } from '../../server/platform.ts'
import { type Loudness, loudness, tones, volume } from './voices.ts'

export type Person = { username: string; name: string; role: string; extension: string }
/** A citizen on the line: `leg` is the platform's half, `phone` the one that the citizen holds. */
export type Citizen = { leg: string; phone: string; over: Promise<unknown> }
export type Centre = {
  readonly folder: string
  readonly platform: Platform
  /** Ids of the people, in the order they were given. */
  readonly ids: number[]
  signIn(context: BrowserContext, username: string): Promise<Page>
  /** A citizen who calls the number of the starter flow, asks for a person, and hums. */
  call(): Promise<Citizen>
  /** How loud each tone, and everything together, is in what a citizen hears, recorded for a second on the citizen's own phone. */
  heardBy(citizen: Citizen): Promise<Loudness & { all: number }>
  /** RTP packets that the switch has received and sent on a leg. */
  packets(leg: string): Promise<{ sent: number; received: number }>
  stop(): Promise<void>
}

const password = 'in-the-browser-1234'

/** @throws Error when the switch does not start */
export async function startCentre(binary: string, rtpFirst: number, people: Person[]): Promise<Centre> {
  const folder = await mkdtemp(join(tmpdir(), 'vera-browser-'))
  const [eslPort, agentsPort, agentsWsPort, trunkPort, callPort, httpPort] = (await freePorts(6)) as [
    ...[number, number, number],
    ...[number, number, number],
  ]
  const switchSecret = randomUUID()
  const callListen = `127.0.0.1:${callPort}`
  const site = {
    ...defaultSite(join(folder, 'switch')),
    ...{
      eslPort,
      agentsPort,
      agentsWsPort,
      trunkPort,
      callListen,
      rtpFirst,
      rtpLast: rtpFirst + 400,
      limits: noLimits,
    },
    recordingsDir: join(folder, 'recordings'),
    cdrDir: join(folder, 'cdr'),
    servers: [`http://127.0.0.1:${httpPort}`],
    switchSecret,
  }
  const running = await startFreeswitch(binary, site)
  const config: Config = {
    ...readConfig({
      PORT: String(httpPort),
      SWITCH_SECRET: switchSecret,
      CALL_LISTEN: callListen,
      LOG_LEVEL: process.env.LOG_LEVEL ?? 'silent',
      FREESWITCH_URL: `esl://:${encodeURIComponent(running.password)}@127.0.0.1:${eslPort}?agents=${agentsPort}&ws=${agentsWsPort}&trunk=${trunkPort}`,
      DEMO: 'off',
    }),
    home: join(folder, 'var'),
    databaseUrl: 'sqlite::memory:',
    recordingsDir: site.recordingsDir,
    cdrDir: site.cdrDir,
  }
  const platform = await createPlatform(config, { say: () => {} })
  await platform.db.migrate()
  const { knex } = platform.db
  const [agencyId] = await knex('agencies').insert({ code: 'a', name: 'Organismo', kind: 'province', created_at: 0 })
  const rows = { agency_id: agencyId, active: true }
  for (const [code, name] of Object.entries({
    impuestos: 'Impuestos',
    salud: 'Salud',
    tramites: 'Trámites',
    general: 'General',
  }))
    await knex('queues').insert({ ...rows, code, name, channel: 'voice', record: true, levels: '[]', messages: '[]' })
  await knex('break_reasons').insert({ ...rows, name: 'Almuerzo' })
  const hash = { password_hash: await hashPassword(password), language: 'es', created_at: 0 }
  const ids: number[] = []
  for (const person of people) ids.push((await knex('users').insert({ ...rows, ...hash, ...person }))[0] as number)
  const address = (await platform.start()).replace('127.0.0.1', 'localhost')
  const { client } = platform.telephony
  if (client.state !== 'up') await new Promise<void>((up) => client.on('up', () => up()))

  /** The next event that fits, from this moment on. */
  const next = (fits: (event: SwitchEvent) => boolean) =>
    new Promise<SwitchEvent>((found) => {
      const listen = (event: SwitchEvent) => {
        if (!fits(event)) return
        client.off('event', listen)
        found(event)
      }
      client.on('event', listen)
    })

  return {
    folder,
    platform,
    ids,
    async signIn(context, username) {
      const page = await context.newPage()
      await page.goto(`${address}/login`)
      await page.getByLabel('Usuario').fill(username)
      await page.getByLabel('Clave').fill(password)
      await page.getByRole('button', { name: 'Ingresar' }).click()
      await page.waitForURL((url) => url.pathname !== '/login')
      return page
    },
    async call() {
      const created = next(
        ({ name, headers }) => name === 'CHANNEL_CREATE' && /^loopback\/.*-b$/.test(headers['Channel-Name'] ?? ''),
      )
      const over = placeCall(client, { from: '3424111222', to: '08000000147', keys: 'wwpppp28755398w1' })
      const { uuid: leg = '', headers } = await created
      const phone = headers.variable_other_loopback_leg_uuid ?? ''
      // From here on it can be told what to play.
      await next(({ name, uuid }) => name === 'CHANNEL_PARK' && uuid === phone)
      await client.api(`uuid_setvar ${phone} RECORD_STEREO true`)
      const hum = `tone_stream://%(2000,0,${tones.citizen});loops=-1`
      await client.api(`uuid_broadcast ${phone} ${hum} aleg`)
      return { leg, phone, over }
    },
    async heardBy({ phone }) {
      const path = join(folder, `${randomUUID()}.wav`)
      const stopped = next(({ name, headers }) => name === 'RECORD_STOP' && headers['Record-File-Path'] === path)
      await client.api(`uuid_record ${phone} start ${path} 1`)
      await stopped
      return { ...loudness(path, 0), all: volume(path, 0) }
    },
    async packets(leg) {
      await client.api(`uuid_set_media_stats ${leg}`)
      const [received, sent] = await Promise.all(
        ['in', 'out'].map((way) => client.api(`uuid_getvar ${leg} rtp_audio_${way}_packet_count`)),
      )
      return { received: Number(received), sent: Number(sent) }
    },
    async stop() {
      // Citizens still on the line would hold the test until they tire.
      await client.api('hupall').catch(() => {})
      await platform.stop()
      await running.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Ports that nobody has now. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  await Promise.all(servers.map((server) => new Promise<void>((open) => server.listen(0, '127.0.0.1', open))))
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))))
  return ports
}
