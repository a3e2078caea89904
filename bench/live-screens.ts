// Many screens in one process: they subscribe, read all that comes and note how long after it was made, and after its change, each
// frame was here.
import { WebSocket } from 'ws'

/** `latencies`: from the change; `ways`: from the making of the frame, ms. */
export type Seen = { frames: number; bytes: number; whole: number; latencies: number[]; ways: number[] }
const nothing = (): Seen => ({ frames: 0, bytes: 0, whole: 0, latencies: [], ways: [] })
const [url, cookie, count, topic] = process.argv.slice(2) as [string, string, string, string]
let seen = nothing()
const changedAt = /"since":\[(\d{13})\]/g

function receive(data: Buffer): void {
  const at = Date.now()
  if (data.length < 60) return
  seen.frames++
  seen.bytes += data.length
  const text = data.toString('latin1')
  seen.ways.push(at - Number(/"now":(\d{13})/.exec(text)?.[1]))
  if (text.includes('"model":')) seen.whole++
  // The change that a frame is about is the newest in it.
  let newest = 0
  for (const [, since] of text.matchAll(changedAt)) newest = Math.max(newest, Number(since))
  // A frame of which nothing but the instant of counting is new has none.
  if (newest > 0) seen.latencies.push(at - newest)
}

for (let n = 0; n < Number(count); n++) {
  const socket = new WebSocket(url, cookie ? { headers: { cookie } } : {})
  socket.on('message', receive)
  await new Promise<void>((resolve, reject) => socket.once('open', () => resolve()).once('error', reject))
  socket.send(JSON.stringify({ subscribe: topic }))
}
process.send?.('ready')
process.on('message', (word) => {
  if (word === 'end') process.send?.(seen)
  seen = nothing()
})
process.on('disconnect', () => process.exit(0))
