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
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port < 60_000 ? port : freePort()
}
