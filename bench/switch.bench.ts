// 200 calls in the IVR at once on the embedded switch: time from a caller's key to the next prompt's PLAYBACK_START. The
// switch, the platform's side of ESL and the callers share this one process, as in the try-out.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLiveCall } from '../freeswitch/call/index.ts'
import { wavFile } from '../freeswitch/conf/music.ts'
import { startEmbeddedSwitch } from '../freeswitch/embedded/index.ts'
import { listenCalls } from '../freeswitch/esl/index.ts'

import type { Bench, Row } from './bench.ts'

const calls = 200
const menusEach = 8

async function run(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'vera-bench-'))
  const prompt = join(folder, 'menu.wav')
  writeFileSync(prompt, wavFile(new Int16Array(8000 * 20)))
  const listener = await listenCalls({
    host: '127.0.0.1',
    port: 0,
    async onCall(session) {
      const call = createLiveCall(session)
      await call.answer()
      for (let menu = 0; menu < menusEach && !call.hungUp; menu++) {
        await call.gather({
          prompts: [{ file: prompt }],
          min: 1,
          max: 1,
          timeoutMs: 5000,
          betweenMs: 1000,
          terminators: '',
        })
      }
      await call.hangup()
    },
  })
  const embedded = await startEmbeddedSwitch({
    password: 'bench',
    callListen: `127.0.0.1:${listener.port}`,
    phones: [],
  })
  const times: number[] = []
  const one = (index: number) =>
    new Promise<void>((resolve) => {
      const line = embedded.line({ from: `34240${String(index).padStart(5, '0')}`, to: '3425550100' })
      let pressedAt: number | undefined
      let presses = 0
      line.onHeard = () => {
        if (pressedAt !== undefined) times.push(performance.now() - pressedAt)
        // Spread as people are: between half a second and two and a half.
        setTimeout(
          () => {
            presses++
            pressedAt = presses < menusEach ? performance.now() : undefined
            line.press('1')
          },
          500 + ((index * 7919 + presses * 104_729) % 2000),
        )
      }
      line.onEnded = () => resolve()
    })
  const startedAt = performance.now()
  const all = Promise.all(Array.from({ length: calls }, (_, index) => one(index)))
  await all
  const seconds = (performance.now() - startedAt) / 1000
  await embedded.stop()
  await listener.close(true)
  rmSync(folder, { recursive: true, force: true })
  times.sort((a, b) => a - b)
  const at = (part: number) => Number(times[Math.min(times.length - 1, Math.floor(times.length * part))]!.toFixed(2))
  return [
    { name: 'keys answered by a prompt', value: times.length, unit: 'keys' },
    { name: 'length of the run', value: Number(seconds.toFixed(1)), unit: 's' },
    { name: 'key to next prompt p50', value: at(0.5), unit: 'ms' },
    { name: 'key to next prompt p99', value: at(0.99), unit: 'ms', target: 50, ok: at(0.99) <= 50 },
    { name: 'key to next prompt worst', value: at(1), unit: 'ms' },
  ]
}

export const bench: Bench = { name: 'embedded switch: 200 calls in the IVR at once, one process', run }

if (process.argv[1] === import.meta.filename) console.table(await run())
