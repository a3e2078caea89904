// 500 screens on the live topic of a whole server, against `ws` that sends as many ready bytes to as many.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Bench, median, type Row } from './bench.ts'
import type { Seen } from './live-screens.ts'
import type { Ready, Spent } from './live-server.ts'

const screens = 500
const warmMs = 5_000
const measuredMs = 15_000
const rounds = 3

const child = (file: string, ...args: string[]) => fork(join(import.meta.dirname, file), args)
async function told<Message>(from: ChildProcess): Promise<Message> {
  const ended = once(from, 'exit').then(([code]) =>
    Promise.reject(new Error(`a process of the bench ended with ${code}`)),
  )
  const [message] = await Promise.race([once(from, 'message'), ended])
  return message as Message
}
async function end(process: ChildProcess): Promise<void> {
  const gone = once(process, 'exit')
  process.kill('SIGKILL')
  await gone
}

/** What so many screens cost a server in a second, and what they saw. */
async function run(server: ChildProcess, count: number): Promise<{ cpuMs: number; seen: Seen }> {
  const { ready, cookie } = await told<Ready>(server)
  const looking = child('live-screens.ts', ready, cookie, String(count), 'supervisor.now')
  try {
    await told(looking)
    await pause(warmMs)
    server.send('begin')
    looking.send('begin')
    await pause(measuredMs)
    const answers = Promise.all([told<Spent>(server), told<Seen>(looking)])
    server.send('end')
    looking.send('end')
    const [{ cpuMs }, seen] = await answers
    return { cpuMs: (cpuMs * 1_000) / measuredMs, seen }
  } finally {
    await end(looking)
  }
}

async function vera(count: number) {
  const home = await mkdtemp(join(tmpdir(), 'vera-live-'))
  const server = child('live-server.ts', 'vera', home)
  try {
    return await run(server, count)
  } finally {
    await end(server)
    await rm(home, { recursive: true, force: true })
  }
}

async function bare(bytes: number) {
  const server = child('live-server.ts', 'bare', '', String(bytes))
  try {
    return await run(server, screens)
  } finally {
    await end(server)
  }
}

const p99 = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? Number.NaN

export const bench: Bench = {
  name: `${screens} screens on the live page, a change every 250 ms`,
  async run(): Promise<Row[]> {
    const found: {
      ours: number
      alone: number
      peer: number
      p99: number
      way: number
      peerWay: number
      bytes: number
    }[] = []
    for (let round = 0; round < rounds; round++) {
      const ours = await vera(screens)
      const alone = await vera(0)
      const bytes = Math.round(ours.seen.bytes / ours.seen.frames)
      const peer = await bare(bytes)
      const one = {
        ours: ours.cpuMs,
        alone: alone.cpuMs,
        peer: peer.cpuMs,
        p99: p99(ours.seen.latencies),
        way: p99(ours.seen.ways),
        peerWay: p99(peer.seen.ways),
        bytes,
      }
      console.log(
        `${one.ours.toFixed(0)} ms/s (${one.alone.toFixed(0)} without a screen), ws ${one.peer.toFixed(0)} ms/s; ` +
          `${(ours.seen.frames / screens / (measuredMs / 1_000)).toFixed(2)} frames/s a screen of ${bytes} bytes, ${ours.seen.whole} whole ones; ` +
          `p99 from the frame ${one.way} ms (ws ${one.peerWay} ms), from the change ${one.p99} ms`,
      )
      found.push(one)
    }
    const middle = (of: (one: (typeof found)[number]) => number) => median(found.map(of))
    const net = middle((one) => (one.ours - one.alone) / one.peer)
    const way = middle((one) => one.way)
    const rounded = (value: number) => Math.round(value * 10) / 10
    return [
      {
        name: `CPU of ${screens} screens: the server with them, less the same without`,
        value: rounded(middle((one) => one.ours - one.alone)),
        unit: 'ms/s',
        ratio: net,
        peer: 'ws broadcast',
        ok: net <= 1.5,
      },
      {
        name: 'CPU of the whole server',
        value: rounded(middle((one) => one.ours)),
        unit: 'ms/s',
        ratio: middle((one) => one.ours / one.peer),
        peer: 'ws broadcast',
      },
      {
        ...{ name: 'frame to screen p99', value: way, unit: 'ms', target: 250, ok: way < 250 },
        ...{ ratio: middle((one) => one.way / one.peerWay), peer: 'ws broadcast' },
      },
      { name: 'change to screen p99, its turn of up to 250 ms in it', value: middle((one) => one.p99), unit: 'ms' },
      { name: 'a frame', value: middle((one) => one.bytes), unit: 'bytes' },
    ]
  },
}
