// The try-out in a process of its own, to be killed and started again under a browser.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type TryOut = {
  readonly home: string
  readonly port: number
  /** Returns when it answers. */
  start(): Promise<void>
  /** At once, as when the power fails. */
  kill(): Promise<void>
  /** Killed, and its data thrown away. */
  remove(): Promise<void>
}

/** Not started yet. */
export async function tryOutProcess(name: string): Promise<TryOut> {
  const home = await mkdtemp(join(tmpdir(), `vera-${name}-`))
  const port = await freePort()
  let server: ChildProcess | undefined
  const kill = async () => {
    const dying = server
    server = undefined
    if (!dying || dying.exitCode !== null) return
    const gone = once(dying, 'exit')
    dying.kill('SIGKILL')
    await gone
  }
  return {
    home,
    port,
    async start() {
      server = spawn(
        process.execPath,
        [join(import.meta.dirname, '../../bench/start-process.ts'), home, String(port)],
        {
          stdio: ['ignore', 'ignore', 'inherit'],
        },
      )
      while ((await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined))?.status !== 200) {
        if (server.exitCode !== null) throw new Error(`the try-out ended with ${server.exitCode}`)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    },
    kill,
    async remove() {
      await kill()
      await rm(home, { recursive: true, force: true })
    },
  }
}

/** Two ports are taken: this one, and the calls' 5000 above. */
async function freePort(): Promise<number> {
  const taken = await listening(0)
  const calls = taken && taken.port < 60_000 ? await listening(taken.port + 5_000) : undefined
  for (const one of [taken, calls]) await one?.close()
  return taken && calls ? taken.port : freePort()
}

/** Undefined: somebody has that port. */
async function listening(port: number): Promise<{ port: number; close(): Promise<void> } | undefined> {
  const server = createServer()
  const open = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => resolve(true))
  })
  if (!open) return undefined
  return {
    port: (server.address() as { port: number }).port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
