// A three-step IVR drawn as a Vera flow beside the same IVR in FreeSWITCH's own dialplan: same switch, same prompts, same
// sipp callers with their own sound, one run. Key to prompt is what the switch tells: from the DTMF event to the next
// PLAYBACK_START, by the clock of a listener that fetches events every 2 ms.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findFreeswitch, startFreeswitch } from '../freeswitch/conf/process.ts'
import { confFolder, defaultSite, noLimits } from '../freeswitch/conf/site.ts'
import { EslClient, type SwitchEvent } from '../freeswitch/esl/index.ts'
import { openDatabase } from '../server/database/index.ts'
import { createPrompts } from '../server/prompts/index.ts'
import type { Bench, Row } from './bench.ts'
import { flowNumber, nativeExtension, nativeNumber, texts } from './ivr/flow.ts'
import { load, scenario } from './ivr/sipp.ts'

const levels = [10, 50, 100, 200]
const callSeconds = 2.6
const secondsEach = 10

type Figures = { p50: number; p99: number; perSecond: number; good: number; asked: number; cpuMs: number }

async function run(): Promise<Row[]> {
  const binary = findFreeswitch(process.env.FREESWITCH_BIN, process.env.PATH ?? '')
  if (!binary) throw new Error('This one needs a real FreeSWITCH: set FREESWITCH_BIN')
  if (spawnSync('sipp', ['-v']).error) throw new Error('This one needs sipp (Debian: apt-get install sip-tester)')
  const folder = mkdtempSync(join(tmpdir(), 'vera-ivr-'))
  const files = await spoken(join(folder, 'prompts'))
  const conf = join(folder, 'conf')
  cpSync(confFolder, conf, { recursive: true })
  const dialplan = join(conf, 'dialplan', 'public.xml')
  const first = '<context name="public">'
  writeFileSync(dialplan, readFileSync(dialplan, 'utf8').replace(first, first + nativeExtension(files)))
  writeFileSync(join(folder, 'three-steps.xml'), scenario)
  // PCMA of silence: a caller's phone sends all the time.
  writeFileSync(join(folder, 'quiet.wav'), Buffer.alloc(80_000, 0xd5))
  const site = {
    ...defaultSite(join(folder, 'switch')),
    ...{ eslPort: 18_721, agentsPort: 15_760, agentsWsPort: 15_766, trunkPort: 15_780 },
    callListen: '127.0.0.1:18784',
    limits: noLimits,
  }
  const running = await startFreeswitch(binary, site, { conf })
  const address = { host: '127.0.0.1', port: site.eslPort, password: running.password }
  const client = new EslClient({ address, events: ['DTMF', 'PLAYBACK_START'], nudgeMs: 2 })
  const heard = collect(client)
  client.start()
  await new Promise<void>((up) => client.on('up', () => up()))
  const measure = async (number: string, atOnce: number, processes: ChildProcess[]): Promise<Figures> => {
    const calls = Math.round((atOnce / callSeconds) * secondsEach)
    heard.length = 0
    const before = processes.map(cpuMs)
    const { good, seconds } = await load({
      folder,
      scenario: join(folder, 'three-steps.xml'),
      number,
      port: site.trunkPort,
      localPort: 15_790,
      calls,
      atOnce,
      perSecond: Math.max(1, Math.round(atOnce / callSeconds)),
    })
    const used = processes.map(cpuMs).reduce((sum, after, index) => sum + after - (before[index] as number), 0)
    const times = heard.toSorted((a, b) => a - b)
    const at = (part: number) => times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? Number.NaN
    return { p50: at(0.5), p99: at(0.99), perSecond: good / seconds, good, asked: calls, cpuMs: used / calls }
  }
  let platform: ChildProcess | undefined
  try {
    await measure(nativeNumber, 10, [running.child])
    const native: Figures[] = []
    for (const atOnce of levels) native.push(await measure(nativeNumber, atOnce, [running.child]))
    platform = await startPlatform(folder, site.callListen, `esl://:${running.password}@127.0.0.1:${site.eslPort}`)
    await measure(flowNumber, 10, [running.child, platform])
    const rows: Row[] = []
    for (const [index, atOnce] of levels.entries()) {
      const flow = await measure(flowNumber, atOnce, [running.child, platform])
      rows.push(...compared(atOnce, native[index] as Figures, flow))
    }
    return rows
  } finally {
    platform?.kill('SIGTERM')
    if (platform && platform.exitCode === null) await once(platform, 'exit')
    await client.stop()
    await running.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

function compared(atOnce: number, native: Figures, flow: Figures): Row[] {
  const round = (value: number) => Number(value.toFixed(2))
  const what = `${atOnce} calls at once`
  const added50 = round(flow.p50 - native.p50)
  const added99 = round(flow.p99 - native.p99)
  return [
    { name: `${what}: key to prompt p50`, value: round(flow.p50), unit: 'ms', ...ratio(flow.p50, native.p50) },
    { name: `${what}: added to p50`, value: added50, unit: 'ms', target: 2, ok: added50 <= 2 },
    { name: `${what}: key to prompt p99`, value: round(flow.p99), unit: 'ms', ...ratio(flow.p99, native.p99) },
    { name: `${what}: added to p99`, value: added99, unit: 'ms', target: 10, ok: added99 <= 10 },
    {
      name: `${what}: calls held (${flow.good} of ${flow.asked}; dialplan ${native.good} of ${native.asked})`,
      value: round(flow.perSecond),
      unit: 'calls/s',
      target: round(native.perSecond * 0.9),
      ok: flow.perSecond >= native.perSecond * 0.9,
      ...ratio(flow.perSecond, native.perSecond),
    },
    {
      name: `${what}: processor, switch and platform`,
      value: round(flow.cpuMs),
      unit: 'ms/call',
      ...ratio(flow.cpuMs, native.cpuMs),
    },
  ]
}

const ratio = (ours: number, theirs: number) => ({ ratio: ours / theirs, peer: "FreeSWITCH's dialplan" })

/** The same sound for both, at the place where the platform will look for it. */
async function spoken(dir: string) {
  const db = openDatabase('sqlite::memory:')
  const prompts = createPrompts({ db, dir, log: (line) => console.log(line) })
  const file = (text: string) => prompts.file(text, { agencyId: 1, language: 'es' })
  const files = { first: await file(texts.first), second: await file(texts.second), bye: await file(texts.bye) }
  await db.close()
  return files
}

/** Milliseconds from each key to the prompt that followed it on the same leg, as heard here. */
function collect(client: EslClient): number[] {
  const pressed = new Map<string, number>()
  const times: number[] = []
  client.on('event', (event: SwitchEvent) => {
    const leg = event.uuid ?? ''
    if (event.name === 'DTMF') pressed.set(leg, performance.now())
    const since = pressed.get(leg)
    if (event.name !== 'PLAYBACK_START' || since === undefined) return
    pressed.delete(leg)
    times.push(performance.now() - since)
  })
  return times
}

/** Processor time of a process so far, ms. */
function cpuMs(child: ChildProcess): number {
  const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
  const [, , , , , , , , , , , user, system] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(user) + Number(system)) * 10
}

async function startPlatform(home: string, callListen: string, url: string): Promise<ChildProcess> {
  const script = join(import.meta.dirname, 'ivr', 'platform-process.ts')
  const child = spawn(process.execPath, ['--max-semi-space-size=8', script, home, callListen, url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await Promise.race([
    new Promise<void>((ready) => child.stdout.on('data', (chunk) => String(chunk).includes('ready') && ready())),
    once(child, 'exit').then(() => {
      throw new Error('the platform did not start')
    }),
  ])
  return child
}

export const bench: Bench = { name: "IVR of three steps: a Vera flow beside FreeSWITCH's own dialplan", run }
