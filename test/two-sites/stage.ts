import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SMTPServer } from 'smtp-server'
import type { Database } from '../../server/database/index.ts'
import { freshDatabase } from '../../server/testing/database.ts'
import { type Child, startChild } from '../faults/child.ts'
import { freePorts } from '../faults/switches.ts'
import { type Browser, browserWith, signIn } from './browser.ts'
import { type Callers, callersOf } from './callers.ts'
import { makeCentre, password } from './centre.ts'
import { embeddedSwitches, extensionsOf, type NodeName, realSwitches, type Switches } from './switches.ts'

export type ServerName = 'a' | 'b'
/** Two sites: a database, the switches, two servers (`a` first, so that it routes) and who looks and calls. */
export type Stage = {
  db: Database
  folder: string
  cdrDir: string
  switches: Switches
  callers: Record<NodeName, Callers>
  address: Record<ServerName, string>
  /** As the machine's power does. */
  kill(name: ServerName): Promise<void>
  start(name: ServerName): Promise<void>
  /** In order; keeps the rest. */
  stopServers(): Promise<void>
  /** Mails that left, by their recipients. */
  mails: string[]
  at(name: ServerName, username: string): Promise<Browser>
  same(name: ServerName, browser: Browser): Browser
  stop(): Promise<void>
}

export async function setStage(on: 'embedded' | 'real'): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'vera-two-sites-'))
  const stops: (() => Promise<unknown>)[] = [
    () => (process.env.KEEP ? Promise.resolve() : rm(folder, { recursive: true, force: true })),
  ]
  const stop = async () => {
    for (const end of stops) await end().catch((error: Error) => console.error(`# ${error.message}`))
  }
  try {
    const db = await freshDatabase('mysql')
    stops.unshift(() => db.close())
    await makeCentre(db, Object.values(extensionsOf).flat())
    const [portA, portB, callA, callB] = (await freePorts(4)) as [number, number, number, number]
    const ports = { a: [portA, callA], b: [portB, callB] } as const
    const [recordingsDir, cdrDir] = [join(folder, 'recordings'), join(folder, 'cdr')]
    for (const path of [recordingsDir, cdrDir]) await mkdir(path, { recursive: true })
    const make = on === 'embedded' ? embeddedSwitches : realSwitches
    const callListen = `127.0.0.1:${callA}|127.0.0.1:${callB}`
    const switches = await make({ folder, callListen, recordingsDir, cdrDir })
    stops.unshift(() => switches.stop())
    const mails: string[] = []
    const post = new SMTPServer({
      ...{ authOptional: true, disabledCommands: ['STARTTLS'] },
      onData(stream, session, done) {
        mails.push(session.envelope.rcptTo.map(({ address }) => address).join())
        stream.resume().on('end', () => done())
      },
    })
    await new Promise<void>((open) => post.listen(0, '127.0.0.1', open))
    stops.unshift(() => new Promise<void>((closed) => post.close(closed)))
    const url = new URL(process.env.TEST_MARIADB_URL as string)
    url.pathname = ((await db.knex.raw('select database() as name'))[0] as { name: string }[])[0]!.name
    const servers: Partial<Record<ServerName, Child>> = {}
    const address = { a: `http://127.0.0.1:${portA}`, b: `http://127.0.0.1:${portB}` }
    const start = async (name: ServerName) => {
      const [port, callPort] = ports[name]
      const env = {
        ...{ SERVER_NAME: name, PORT: String(port), CALL_LISTEN: `127.0.0.1:${callPort}`, CLUSTER_URL: address[name] },
        ...{
          DATABASE_URL: url.href,
          FREESWITCH_URL: switches.url,
          SESSION_SECRET: 'los-dos-el-mismo'.repeat(3),
          SWITCH_SECRET: 'los-dos-el-mismo',
        },
        ...{ SMTP_URL: `smtp://127.0.0.1:${(post.server.address() as { port: number }).port}`, LOG_LEVEL: 'info' },
      }
      const settings = { env, home: join(folder, `var-${name}`), recordingsDir, cdrDir }
      const file = join(import.meta.dirname, 'server-process.ts')
      servers[name] = await startChild(file, settings, join(folder, `server-${name}.log`))
    }
    const stopServers = async () => void (await Promise.all(Object.values(servers).map((one) => one.stop())))
    stops.unshift(stopServers)
    const callers = Object.fromEntries(switches.nodes.map((node) => [node.name, callersOf(node)])) as Stage['callers']
    stops.unshift(() => Promise.all(Object.values(callers).map((one) => one.stop())))
    await start('a')
    const administrator = await signIn(address.a, 'administrator', password)
    await until('the first server routes', async () => (await ownerAt(administrator)) === 'a')
    await start('b')
    return {
      ...{ db, folder, cdrDir, switches, callers, address, start, stopServers, mails, stop },
      kill: (name) => servers[name]!.kill(),
      at: (name, username) => signIn(address[name], username, password),
      same: (name, browser) => browserWith(address[name], browser.cookie),
    }
  } catch (error) {
    await stop()
    throw error
  }
}

export type NodesAnswer = {
  nodes: { name: string; state: string; draining: boolean; calls: number }[]
  servers: { name: string; alive: boolean; owner: boolean }[]
}
/** The server that routes, as one of them says. */
export const ownerAt = async (administrator: Browser) =>
  (await administrator.get<NodesAnswer>('/api/nodes')).servers.find(({ owner }) => owner)?.name

/** Waits until it holds. `seen` tells what there was instead. @returns how long it took, ms */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  seen: () => unknown = () => '',
): Promise<number> {
  const ms = 45_000
  const began = performance.now()
  while (!(await holds())) {
    assert.ok(performance.now() - began < ms, `${what}: not within ${ms} ms ${JSON.stringify(seen())}`)
    await new Promise((resolve) => setTimeout(resolve, 15))
  }
  return Math.round(performance.now() - began)
}
