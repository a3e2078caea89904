import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Child, startChild } from './child.ts'
import { type CutProxy, cutProxy } from './cut-proxy.ts'
import { type Load, startLoad } from './load.ts'
import type { PlatformSettings } from './platform-process.ts'
import { settle } from './settle.ts'
import { embeddedSwitch, freePorts, type RunningSwitch, realSwitch, type SwitchSettings } from './switches.ts'
import { patience, readTruth, type Truth } from './truth.ts'

export const faultKinds = [
  'kill the platform',
  'kill the switch',
  'cut the event socket',
  'stall the event socket',
  'delay the event socket',
  'cut the calls',
  'lock the database',
] as const
export type FaultKind = (typeof faultKinds)[number]

export type RunOptions = {
  seed: number
  on: 'embedded' | 'real'
  seconds: number
  /** All by default. */
  kinds?: readonly FaultKind[]
  say?(line: string): void
  /** Keeps the folder with logs, records and database. */
  keep?: boolean
}
export type RunResult = Truth & {
  done: { kind: FaultKind; atMs: number }[]
  /** From the return of the platform until who waited was joined, ms: the longest. */
  slowestReturnMs: number
  folder: string
}

const number = '08000000147'
const extensions = Array.from({ length: 8 }, (_, index) => String(1001 + index))
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Lets faults happen to a platform and its switch under a load of calls. Undefined: there is no such switch here. */
export async function runFaults(options: RunOptions): Promise<RunResult | undefined> {
  const say = options.say ?? (() => {})
  const folder = await mkdtemp(join(tmpdir(), 'vera-faults-'))
  const [eslPort, callPort] = (await freePorts(2)) as [number, number]
  const password = crypto.randomUUID()
  const proxies = { esl: await cutProxy(eslPort), calls: await cutProxy(callPort) }
  const [recordingsDir, cdrDir] = [join(folder, 'recordings'), join(folder, 'cdr')]
  for (const path of [recordingsDir, cdrDir]) await mkdir(path, { recursive: true })
  const settings: SwitchSettings = {
    ...{ folder, eslPort, password, recordingsDir, cdrDir, extensions, talkMs: 2500, seed: options.seed },
    callListen: `127.0.0.1:${proxies.calls.port}`,
  }
  const startSwitch = options.on === 'embedded' ? embeddedSwitch(settings) : await realSwitch(settings)
  if (!startSwitch) {
    await Promise.all([proxies.esl.close(), proxies.calls.close(), rm(folder, { recursive: true, force: true })])
    return undefined
  }
  const databaseUrl = `sqlite:${join(folder, 'vera.sqlite')}`
  const platformSettings: PlatformSettings = {
    home: join(folder, 'var'),
    ...{ recordingsDir, cdrDir, extensions },
    env: {
      ...{ PORT: '0', CALL_LISTEN: `127.0.0.1:${callPort}`, DATABASE_URL: databaseUrl, DEMO: 'off' },
      ...{ FREESWITCH_URL: `esl://:${password}@127.0.0.1:${proxies.esl.port}`, LOG_LEVEL: 'info' },
    },
  }
  const platformFile = join(import.meta.dirname, 'platform-process.ts')
  const startPlatform = () => startChild(platformFile, platformSettings, join(folder, 'platform.log'))
  const running = await startSwitch()
  const closeWires = () => Promise.all([proxies.esl.close(), proxies.calls.close()])
  const platform = await startPlatform().catch(async (error: Error) => {
    await Promise.all([running.stop(), closeWires()])
    throw error
  })
  const stage: Stage = {
    ...{ proxies, startSwitch, startPlatform, say, slowestReturnMs: 0, database: join(folder, 'vera.sqlite') },
    ...{ running, platform, load: startLoad({ port: eslPort, password, number }), next: numbers(options.seed) },
  }
  const done: RunResult['done'] = []
  const timers: NodeJS.Timeout[] = []
  try {
    await stage.load.up()
    const begun = Date.now()
    const calling = setInterval(() => {
      if (stage.load.living.length < extensions.length - 2) stage.load.call()
    }, 600)
    const impatient = setInterval(() => {
      for (const call of stage.load.living) if (Date.now() - call.placedAt > patience * 1000) void stage.load.giveUp()
    }, 1000)
    timers.push(calling, impatient)
    await sleep(2500)
    const kinds = options.kinds ?? faultKinds
    while (Date.now() - begun < options.seconds * 1000) {
      const kind = kinds[Math.floor(stage.next() * kinds.length)]!
      done.push({ kind, atMs: Date.now() - begun })
      say(`${((Date.now() - begun) / 1000).toFixed(1)} s: ${kind} (${stage.load.living.length} calls)`)
      await happen[kind](stage)
      await sleep(1000 + 2000 * stage.next())
    }
    clearInterval(calling)
    const until = Date.now() + patience * 1000
    while (stage.load.living.length > 0 && Date.now() < until) await sleep(100)
    await stage.load.giveUp()
    // What is still on its way: the last events, recordings that close, facts that wait on disk.
    await sleep(3000)
    await stage.platform.stop()
    await stage.running.stop()
    await settle({ home: platformSettings.home, cdrDir, databaseUrl })
    const truth = await readTruth({ calls: stage.load.calls, cdrDir, recordingsDir, databaseUrl })
    if (stage.slowestReturnMs > 5000)
      truth.faults.push(`who waited was joined ${stage.slowestReturnMs} ms after the return`)
    return { ...truth, done, slowestReturnMs: stage.slowestReturnMs, folder }
  } finally {
    for (const timer of timers) clearInterval(timer)
    await stage.load.stop()
    await stage.platform.stop()
    await stage.running.stop()
    await closeWires()
    if (!options.keep) await rm(folder, { recursive: true, force: true })
  }
}

type Stage = {
  proxies: { esl: CutProxy; calls: CutProxy }
  startSwitch(): Promise<RunningSwitch>
  startPlatform(): Promise<Child>
  running: RunningSwitch
  platform: Child
  load: Load
  next(): number
  say(line: string): void
  database: string
  slowestReturnMs: number
}

const happen: Record<FaultKind, (stage: Stage) => Promise<void>> = {
  async 'kill the platform'(stage) {
    await stage.proxies.calls.refuse(true)
    await stage.platform.kill()
    stage.proxies.calls.reset()
    await sleep(500 + 2500 * stage.next())
    const waiting = stage.load.living.filter((call) => call.waitingSince && call.bridgedAt.length === 0)
    stage.platform = await stage.startPlatform()
    await stage.proxies.calls.refuse(false)
    const back = Date.now()
    if (Number(stage.platform.said.seated) > 0) stage.say(`  ${stage.platform.said.seated} agents had to sign in again`)
    const joined = () => waiting.every((call) => call.bridgedAt.length > 0 || call.ended)
    while (!joined() && Date.now() - back < 10_000) await sleep(20)
    if (waiting.length === 0) return
    stage.slowestReturnMs = Math.max(stage.slowestReturnMs, Date.now() - back)
    stage.say(`  ${waiting.length} who waited were joined ${Date.now() - back} ms after the return`)
  },
  async 'kill the switch'(stage) {
    await stage.running.kill()
    stage.load.switchLost()
    await sleep(300 + 1000 * stage.next())
    stage.running = await stage.startSwitch()
    await stage.load.up()
  },
  async 'cut the event socket'({ proxies }) {
    proxies.esl.reset()
  },
  async 'stall the event socket'({ proxies, next }) {
    proxies.esl.stall()
    await sleep(1000 + 2000 * next())
    proxies.esl.release()
  },
  async 'delay the event socket'({ proxies, next }) {
    proxies.esl.delay(100 + 400 * next())
    await sleep(2000)
    proxies.esl.delay(0)
  },
  async 'cut the calls'({ proxies }) {
    proxies.calls.reset()
  },
  async 'lock the database'({ database, next }) {
    const other = new DatabaseSync(database)
    try {
      other.exec('PRAGMA busy_timeout = 5000')
      other.exec('BEGIN EXCLUSIVE')
      await sleep(1000 + 2000 * next())
      other.exec('ROLLBACK')
    } finally {
      other.close()
    }
  },
}

/** Random numbers from a seed (mulberry32), so that a run can be run again. */
function numbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
