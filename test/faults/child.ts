import { fork } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'

/** A process of ours that says when it is ready. */
export type Child = {
  readonly pid: number
  /** What it said when it was ready. */
  readonly said: Record<string, unknown>
  /** As the machine's power does; resolves when it is gone. */
  kill(): Promise<void>
  /** Asks it to end; kills it when it does not within 15 s. */
  stop(): Promise<void>
}

/** Starts `file` with `settings` as its only argument; what it prints goes to `log`. Rejects when it ends before it is ready. */
export async function startChild(file: string, settings: object, log: string): Promise<Child> {
  const output = openSync(log, 'a')
  const child = fork(file, [JSON.stringify(settings)], {
    stdio: ['ignore', output, output, 'ipc'],
    execArgv: ['--disable-warning=ExperimentalWarning', '--disable-warning=DEP0040', '--disable-warning=DEP0169'],
  })
  const gone = once(child, 'exit')
  const said = await Promise.race([
    once(child, 'message').then(([message]) => message as Record<string, unknown>),
    gone.then(() => Promise.reject(new Error(`${file} ended at its start: see ${log}`))),
  ])
  return {
    pid: child.pid!,
    said,
    async kill() {
      child.kill('SIGKILL')
      await gone
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      const late = setTimeout(() => child.kill('SIGKILL'), 15_000)
      await gone
      clearTimeout(late)
    },
  }
}
