// The whole platform and an embedded switch in this process, on one clock that jumps: the day is lived, the switch writes its
// call records, and what the reports say is asked of the API.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as later } from 'node:timers/promises'
import { startEmbeddedSwitch } from '../../freeswitch/embedded/index.ts'
import { seeded } from '../../freeswitch/embedded/random.ts'
import { readConfig } from '../../server/config.ts'
import { scopeOf } from '../../server/database/index.ts'
import { createPlatform } from '../../server/platform.ts'
import { aboutCentre, lines, makeCentre } from './centre.ts'
import { jumpingClock } from './clock.ts'
import { agents, arrivals, calledBack, citizens } from './day.ts'

/** Monday 2026-03-02, 00:00 in Buenos Aires. */
export const midnight = Date.parse('2026-03-02T00:00:00-03:00')
const HOUR = 3_600_000

export type StandOptions = {
  calls: number
  seed: number
  /** An empty database; default SQLite in memory. */
  databaseUrl?: string
  /** Instants (hours of the day, in order) at which the day stands still and the reports are asked. */
  pauses?: { hour: number; ask(stand: Stand): Promise<void> }[]
  log?(line: string): void
}

export type Stand = Awaited<ReturnType<typeof startStand>>

/** Lives the whole day, until the last call is over. `close` removes everything. */
export async function startStand(options: StandOptions) {
  const { calls, seed, pauses = [], log = () => {} } = options
  const folder = await mkdtemp(join(tmpdir(), 'vera-counted-'))
  const clock = jumpingClock(midnight + 7 * HOUR)
  const callListen = `127.0.0.1:${await freePort()}`
  const cdrDir = join(folder, 'cdr')
  const recordingsDir = join(folder, 'recordings')
  const target = await startEmbeddedSwitch({
    ...{ password: 'of-the-stand', callListen, clock, cdrDir, recordingsDir, phones: [], seed },
    // Half an hour by default; shorter, so that it happens in a small day too.
    globals: { vera_wait_seconds: '120' },
    outside: calledBack(clock, seed, (name) => name.split('/')[2] ?? ''),
    log,
  })
  const platform = await createPlatform(
    {
      ...readConfig({
        PORT: '0',
        CALL_LISTEN: callListen,
        FREESWITCH_URL: target.url,
        DEMO: 'off',
        LOG_LEVEL: 'silent',
      }),
      ...{ home: join(folder, 'var'), databaseUrl: options.databaseUrl ?? 'sqlite::memory:', cdrDir, recordingsDir },
      // Nothing is listened to: a tone is made at once.
      speech: '/nonexistent/voice',
    },
    { say: log, requireReachable: false, now: clock.now, clock },
  )
  // SQLite answers before it returns; with a database of its own process time waits for it.
  if (options.databaseUrl?.startsWith('mysql')) clock.watch(platform.db.knex)
  await platform.db.migrate()
  const centre = await makeCentre(platform.db, Math.max(6, Math.round(calls / 330)))
  await platform.start()
  const { telephony, rooms, http, db } = platform
  const { client, routing } = telephony
  if (client.state !== 'up') await new Promise<void>((up) => client.on('up', () => up()))
  const about = await aboutCentre(centre, (text) =>
    rooms.prompts.file(text, { agencyId: centre.agencyId, language: 'es' }),
  )
  await writeFile(join(folder, 'centre.json'), JSON.stringify({ ...about, lines }, null, 1))
  const life = { target, routing, clock, centre, seed }
  const staff = agents(life, midnight)
  const people = citizens(life, arrivals(calls, midnight, seeded(seed)))
  const began = performance.now()
  /** Facts in the database, the switch's files in its table and settled. */
  async function written(): Promise<void> {
    while (!(await rooms.facts.flush())) await later(20)
    await rooms.records.pass()
  }
  const token = await http.sessions.issue(scopeOf(centre.agencyId), { userId: centre.supervisorId, kind: 'token' })
  const headers = { authorization: `Bearer ${typeof token === 'string' ? token : token.token}` }
  const stand = {
    ...{ folder, cdrDir, recordingsDir, platform, centre, clock, db, written },
    /** A report as the API tells it, or another of its addresses. */
    // biome-ignore lint/suspicious/noExplicitAny: whatever the API says
    async ask(url: string): Promise<any> {
      const answer = await http.app.inject({ url, headers })
      if (answer.statusCode !== 200) throw new Error(`${url}: ${answer.statusCode} ${answer.body.slice(0, 300)}`)
      return answer.json()
    },
    async page(url: string): Promise<string> {
      const answer = await http.app.inject({ url, headers: { ...headers, accept: 'text/html' } })
      if (answer.statusCode !== 200) throw new Error(`${url}: ${answer.statusCode} ${answer.body.slice(0, 300)}`)
      return answer.body
    },
    /** How long the day took, s. */
    seconds: 0,
    async close() {
      staff.stop()
      await platform.stop()
      await target.stop()
      clock.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
  try {
    for (const { hour, ask } of pauses) {
      await clock.runUntil(midnight + hour * HOUR)
      log(`${hour} h, ${((performance.now() - began) / 1000).toFixed(0)} s: ${people.open()} on the line`)
      await written()
      await ask(stand)
    }
    await clock.runUntil(midnight + 25 * HOUR)
    // Callbacks that nobody answered are tried again for a while.
    for (let hour = 26; people.open() > 0 || target.legs > 0; hour++) {
      if (hour > 30) throw new Error(`${target.legs} legs are still up`)
      await clock.runUntil(midnight + hour * HOUR)
    }
    await clock.runUntil(clock.now() + HOUR)
    await written()
    await clock.runUntil(clock.now() + 60_000)
    await written()
    stand.seconds = (performance.now() - began) / 1000
  } catch (error) {
    await stand.close()
    throw error
  }
  return stand
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((open) => server.listen(0, '127.0.0.1', open))
  const { port } = server.address() as { port: number }
  await new Promise((closed) => server.close(closed))
  return port
}
