// One client reading the stream of esl-stream.ts: `esl-reader.ts <client> <port> <peers' folder>`. Warms up, measures, and
// prints `{events, seconds, cpuSeconds, dropped}`. Each client reads of every event what any handler needs: which
// leg it is about and two headers.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { EslClient } from '../freeswitch/esl/index.ts'
import { sampleEvent } from './esl-stream.ts'

const [, , which = '', portText = '', peers = ''] = process.argv
const port = Number(portText)
const address = { host: '127.0.0.1', port, password: 'bench' }
const WARM_MS = 1_000
const MEASURE_MS = 2_500

let events = 0
let dropped = () => 0
let sum = 0

/** So that nothing can skip the reading: the lengths go into the answer. */
function take(uuid: unknown, state: unknown, from: unknown): void {
  if (typeof uuid !== 'string' || typeof state !== 'string' || typeof from !== 'string')
    throw new Error('a header is missing')
  sum += uuid.length + state.length + from.length
  events++
}

const require = createRequire(join(peers || import.meta.dirname, 'package.json'))
// biome-ignore lint/suspicious/noExplicitAny: the peers' own types are not installed with the product
const peer = (name: string): any => require(name)
const quiet = { info() {}, debug() {}, error: console.error, trace() {}, warn() {}, child: (): unknown => quiet }

const clients: Record<string, () => void> = {
  vera() {
    const client = new EslClient({ address, events: ['CHANNEL_ANSWER'] })
    client.on('event', ({ uuid, headers }) => take(uuid, headers['Answer-State'], headers['Caller-Caller-ID-Number']))
    dropped = () => client.dropped
    client.start()
  },
  modesl() {
    const connection = new (peer('modesl').Connection)(address.host, port, address.password, () =>
      connection.events('json', 'CHANNEL_ANSWER'),
    )
    // biome-ignore lint/suspicious/noExplicitAny: as above
    connection.on('esl::event::CHANNEL_ANSWER::**', (event: any) =>
      take(event.getHeader('Unique-ID'), event.getHeader('Answer-State'), event.getHeader('Caller-Caller-ID-Number')),
    )
  },
  'freeswitch-esl'() {
    const connection = new (peer('freeswitch-esl').Connection)()
    connection.on('esl::ready', () => connection.events('json', 'CHANNEL_ANSWER'))
    // biome-ignore lint/suspicious/noExplicitAny: as above
    connection.on('esl::event::CHANNEL_ANSWER::**', (event: any) =>
      take(event.getHeader('Unique-ID'), event.getHeader('Answer-State'), event.getHeader('Caller-Caller-ID-Number')),
    )
    connection.initializeInbound(address)
  },
  esl() {
    const client = new (peer('esl').FreeSwitchClient)({ ...address, logger: quiet })
    // biome-ignore lint/suspicious/noExplicitAny: as above
    client.on('connect', (call: any) => {
      // biome-ignore lint/suspicious/noExplicitAny: as above
      call.on('CHANNEL_ANSWER', ({ body }: any) =>
        take(body['Unique-ID'], body['Answer-State'], body['Caller-Caller-ID-Number']),
      )
      call.event_json('CHANNEL_ANSWER')
    })
    client.connect()
  },
  'esl-lite'() {
    const client = new (peer('esl-lite').FreeSwitchClient)({ ...address, logger: quiet })
    // biome-ignore lint/suspicious/noExplicitAny: as above
    client.on('CHANNEL_ANSWER', ({ body: { data } }: any) =>
      take(data['Unique-ID'], data['Answer-State'], data['Caller-Caller-ID-Number']),
    )
  },
  'JSON.parse'() {
    const body = sampleEvent()
    const turn = () => {
      for (let i = 0; i < 500; i++) {
        const headers = JSON.parse(body.toString())
        take(headers['Unique-ID'], headers['Answer-State'], headers['Caller-Caller-ID-Number'])
      }
      setImmediate(turn)
    }
    turn()
  },
}

clients[which]?.()
setTimeout(() => {
  if (events === 0) throw new Error(`${which} read nothing`)
  const before = { events, at: performance.now(), cpu: process.cpuUsage(), dropped: dropped() }
  setTimeout(() => {
    const cpu = process.cpuUsage(before.cpu)
    console.log(
      JSON.stringify({
        events: events - before.events,
        seconds: (performance.now() - before.at) / 1000,
        cpuSeconds: (cpu.user + cpu.system) / 1e6,
        dropped: dropped() - before.dropped,
        sum,
      }),
    )
    process.exit(0)
  }, MEASURE_MS)
}, WARM_MS)
