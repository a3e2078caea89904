// From the start of the process to /readyz, and the memory of the example centre after a minute of its life.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bench, Row } from './bench.ts'

const port = 3_490
const lifeMs = 60_000

async function ready(): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined)
  return answer?.status === 200
}

/** MB that the process holds. */
async function resident(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1_024
}

async function start(home: string) {
  const began = performance.now()
  const child = spawn(
    process.execPath,
    ['--max-semi-space-size=8', join(import.meta.dirname, 'start-process.ts'), home, String(port)],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  while (!(await ready())) {
    if (child.exitCode !== null) throw new Error('the platform ended before it was ready')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return { child, ms: performance.now() - began }
}

async function stop(child: Awaited<ReturnType<typeof start>>['child']) {
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  await gone
}

export const bench: Bench = {
  name: 'start',
  async run(): Promise<Row[]> {
    const home = await mkdtemp(join(tmpdir(), 'vera-start-'))
    try {
      const first = await start(home)
      await new Promise((resolve) => setTimeout(resolve, lifeMs))
      const memory = await resident(first.child.pid as number)
      await stop(first.child)
      const again = await start(home)
      await stop(again.child)
      return [
        {
          name: 'first start to /readyz (schema and example made)',
          value: first.ms / 1_000,
          unit: 's',
          target: 5,
          ok: first.ms <= 5_000,
        },
        { name: 'later start to /readyz', value: again.ms / 1_000, unit: 's', target: 5, ok: again.ms <= 5_000 },
        {
          name: 'memory after a minute of the example centre',
          value: memory,
          unit: 'MB',
          target: 350,
          ok: memory <= 350,
        },
      ]
    } finally {
      await rm(home, { recursive: true, force: true })
    }
  },
}
