// Events per second of our ESL client beside the npm ones, and beside JSON.parse alone, which none can pass.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { type Bench, median, type Row } from './bench.ts'
import { installPeers } from './esl-peers.ts'

const OURS = 'vera'
const LIMIT = 'JSON.parse'
/** The goal is set against the best of these. */
const PEERS = ['modesl', 'freeswitch-esl', 'esl']
/** Shown beside them without a goal: 1.5 times this one is more than JSON.parse alone gives (README). */
const BESIDE = 'esl-lite'
const ROUNDS = 3
const WANTED = 1.5

type Measured = { events: number; seconds: number; cpuSeconds: number; dropped: number }

/** Pins to one core where Linux lets us: a client is one core's work. */
const pin = spawnSync('taskset', ['-c', '0', 'true']).status === 0 ? ['taskset', '-c', '0'] : []

async function measure(client: string, port: number, peers: string): Promise<Measured> {
  const [command, ...args] = [
    ...pin,
    process.execPath,
    join(import.meta.dirname, 'esl-reader.ts'),
    client,
    `${port}`,
    peers,
  ]
  const child = spawn(command as string, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.on('data', (chunk) => (text += chunk))
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${client} did not finish`)
  return JSON.parse(text.trim().split('\n').at(-1) as string)
}

async function run(): Promise<Row[]> {
  const peers = installPeers()
  const server = spawn(process.execPath, [join(import.meta.dirname, 'esl-stream.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const [line] = await once(server.stdout, 'data')
    const port = Number(String(line))
    const results = new Map<string, Measured[]>()
    // In turns, so that a neighbour's load on this machine falls on all alike.
    for (let round = 0; round < ROUNDS; round++) {
      for (const client of [OURS, ...PEERS, BESIDE, LIMIT]) {
        results.set(client, [...(results.get(client) ?? []), await measure(client, port, peers)])
      }
    }
    // By processor time: on a busy machine the clock on the wall measures the neighbours.
    const rate = (client: string) => Math.round(median(results.get(client)!.map((one) => one.events / one.cpuSeconds)))
    const ours = rate(OURS)
    const dropped = results.get(OURS)!.reduce((sum, one) => sum + one.dropped, 0)
    const best = PEERS.reduce((a, b) => (rate(a) >= rate(b) ? a : b))
    const row = (client: string): Row => ({
      name: `esl events, ${client}`,
      value: rate(client),
      unit: 'events/s',
      ratio: ours / rate(client),
      peer: client,
    })
    return [
      {
        ...row(best),
        name: 'esl events, ours',
        value: ours,
        target: Math.round(WANTED * rate(best)),
        ok: ours >= WANTED * rate(best),
      },
      ...PEERS.map(row),
      row(BESIDE),
      row(LIMIT),
      { name: 'esl events dropped, ours', value: dropped, unit: 'events', target: 0, ok: dropped === 0 },
    ]
  } finally {
    server.kill()
  }
}

export const bench: Bench = { name: 'ESL: JSON events of 8.2 kB, one core, per second of processor time', run }
