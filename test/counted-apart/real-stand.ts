// The whole platform on a real FreeSWITCH that asks it for its phones and lines; people are telephones over SIP.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as later } from 'node:timers/promises'
import { followServers } from '../../freeswitch/conf/follow.ts'
import { startFreeswitch } from '../../freeswitch/conf/process.ts'
import { defaultSite, noLimits } from '../../freeswitch/conf/site.ts'
import { readConfig } from '../../server/config.ts'
import { scopeOf } from '../../server/database/index.ts'
import { a1Hash } from '../../server/phones/credentials.ts'
import { Handset } from '../../server/phones/handset.ts'
import { createPlatform } from '../../server/platform.ts'
import { freePorts } from '../bad-input/ports.ts'
import { aboutCentre, makeCentre } from './centre.ts'

const secret = 'the-secret-of-a-real-stand'
const password = 'of-every-phone-1234'

/** From where a carrier calls, its name on the reports, and the port where it takes our calls. */
export type Carrier = { address: string; name: string; port: number }

export type RealStand = Awaited<ReturnType<typeof startRealStand>>

/** The centre of `centre.ts`, always open, with `carriers` for its lines. @throws Error when the switch does not start */
export async function startRealStand(binary: string, carriers: readonly [Carrier, Carrier]) {
  const folder = await mkdtemp(join(tmpdir(), 'vera-counted-real-'))
  const [eslPort, agentsPort, agentsWsPort, trunkPort, httpPort, callPort] = (await freePorts(6)) as [
    ...[number, number, number],
    ...[number, number, number],
  ]
  const site = {
    ...defaultSite(join(folder, 'switch')),
    ...{ eslPort, agentsPort, agentsWsPort, trunkPort, callListen: `127.0.0.1:${callPort}`, limits: noLimits },
    ...{ rtpFirst: 25_000, rtpLast: 25_400, servers: [`http://127.0.0.1:${httpPort}`], switchSecret: secret },
    ...{ recordingsDir: join(folder, 'recordings'), cdrDir: join(folder, 'cdr') },
  }
  const running = await startFreeswitch(binary, site)
  const platform = await createPlatform(
    {
      ...readConfig({
        PORT: String(httpPort),
        SWITCH_SECRET: secret,
        CALL_LISTEN: site.callListen,
        FREESWITCH_URL: `esl://:${encodeURIComponent(running.password)}@127.0.0.1:${eslPort}?agents=${agentsPort}&ws=${agentsWsPort}&trunk=${trunkPort}`,
        DEMO: 'off',
        LOG_LEVEL: 'silent',
      }),
      ...{ home: join(folder, 'var'), databaseUrl: 'sqlite::memory:' },
      ...{ recordingsDir: site.recordingsDir, cdrDir: site.cdrDir },
      // Nothing is listened to: a tone is made at once.
      speech: '/nonexistent/voice',
    },
    { say: () => {} },
  )
  const { db, rooms, telephony } = platform
  await db.migrate()
  const centre = await makeCentre(db, 6)
  await db.knex('calendar_hours').del()
  const [calendar] = await db.knex('calendars')
  for (let weekday = 1; weekday <= 7; weekday++)
    await db
      .knex('calendar_hours')
      .insert({ agency_id: centre.agencyId, calendar_id: calendar.id, weekday, opens: '00:00', closes: '24:00' })
  for (const [position, { name, address, port }] of carriers.entries())
    await db
      .knex('gateways')
      .where({ name })
      .update({ host: '127.0.0.1', port, position, addresses: JSON.stringify([address]) })
  for (const { extension } of centre.agents)
    await db.knex('phones').insert({
      ...{ agency_id: centre.agencyId, extension, domain: 'vera.local', rotated_at: 0, auto_answer: false },
      a1_hash: a1Hash(extension, 'vera.local', password),
    })
  const address = await platform.start()
  const { client, routing } = telephony
  if (client.state !== 'up') await new Promise<void>((up) => client.on('up', () => up()))
  const follower = followServers({ site, command: (text) => client.bgapi(text), say: () => {}, everyMs: 1e9 })
  await follower.ask()
  const handsets: Handset[] = []
  const token = await platform.http.sessions.issue(scopeOf(centre.agencyId), {
    ...{ userId: centre.supervisorId, kind: 'token' as const },
  })
  const headers = { authorization: `Bearer ${typeof token === 'string' ? token : token.token}` }
  return {
    ...{ folder, cdrDir: site.cdrDir, trunkPort, platform, centre, routing, client },
    /** Signs an agent in at a telephone that is picked up when it rings. */
    async staff(extension: string): Promise<number> {
      const phone = await Handset.open(agentsPort)
      handsets.push(phone)
      phone.answer = '200 OK'
      const status = await phone.register(extension, password)
      if (status !== 200) throw new Error(`${extension} cannot register: ${status}`)
      const { id } = centre.agents.find((one) => one.extension === extension)!
      routing.agents.signIn(id)
      routing.agents.ready(id)
      return id
    },
    // biome-ignore lint/suspicious/noExplicitAny: whatever the API says
    async ask(path: string): Promise<any> {
      const answer = await fetch(new URL(path, address), { headers })
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
      return answer.json()
    },
    /** All calls are over, the switch's files are in its table and settled; beside it lies what who counts has to know. */
    async written(): Promise<void> {
      for (let tries = 0; ; tries++) {
        if (tries > 200) throw new Error('legs are still up, or records are not settled')
        while (!(await rooms.facts.flush())) await later(20)
        await rooms.records.pass()
        // `show channels` may list legs that are long gone.
        const [status, rows] = await Promise.all([
          client.api('status'),
          db.knex('call_records').where({ state: 'waiting' }).count({ n: '*' }),
        ])
        if (/^0 session\(s\) - peak/m.test(status) && Number(rows[0]?.n) === 0) break
        await later(250)
      }
      await rooms.rollups.run()
      const about = await aboutCentre(centre, (text) =>
        rooms.prompts.file(text, { agencyId: centre.agencyId, language: 'es' }),
      )
      await writeFile(
        join(folder, 'centre.json'),
        JSON.stringify({ ...about, lines: Object.fromEntries(carriers.map((one) => [one.address, one.name])) }),
      )
    },
    async stop() {
      await client.api('hupall').catch(() => {})
      follower.stop()
      await platform.stop()
      await running.stop()
      for (const one of handsets) one.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
