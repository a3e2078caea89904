import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { createConnection } from 'node:net'
import { delimiter, join } from 'node:path'
import { confFolder, type Site, writeSite } from './site.ts'

/** The FreeSWITCH binary: the one named, or the first on PATH; undefined when there is none. */
export function findFreeswitch(named: string | undefined, path: string): string | undefined {
  const candidates = named
    ? [named]
    : path
        .split(delimiter)
        .filter(Boolean)
        .map((folder) => join(folder, 'freeswitch'))
  return candidates.find((file) => {
    try {
      accessSync(file, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

export type RunningSwitch = {
  child: ChildProcess
  password: string
  passwordFile: string | undefined
  /** Resolves with the exit code when the process is gone. */
  gone: Promise<number | null>
  /** Hangs up what is on the line and ends the process. */
  stop(): Promise<void>
}

/**
 * Writes the site's files and starts FreeSWITCH on them in the foreground. Resolves once its event socket answers; rejects
 * when it ends before that or takes longer than `timeoutMs`. `conf`: another folder than the shipped configuration.
 */
export async function startFreeswitch(
  binary: string,
  site: Site,
  options: { output?: 'inherit' | 'ignore'; timeoutMs?: number; conf?: string } = {},
): Promise<RunningSwitch> {
  const { password, passwordFile } = await writeSite(site)
  const folder = (name: string) => [`-${name}`, join(site.home, name)]
  const child = spawn(
    binary,
    [
      '-nonat',
      '-nf',
      '-nc',
      '-conf',
      options.conf ?? confFolder,
      ...['log', 'db', 'run', 'storage', 'temp'].flatMap(folder),
      '-recordings',
      site.recordingsDir,
    ],
    // Its own process group: an operator's Ctrl-C must reach it once, through our graceful stop.
    { stdio: ['ignore', options.output ?? 'ignore', options.output ?? 'ignore'], detached: true },
  )
  const gone = once(child, 'exit').then(([code]) => code as number | null)
  const running: RunningSwitch = {
    child,
    password,
    passwordFile,
    gone,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      const late = setTimeout(() => child.kill('SIGKILL'), 10_000)
      await gone
      clearTimeout(late)
    },
  }
  const until = Date.now() + (options.timeoutMs ?? 30_000)
  while (!(await answers(site.eslPort))) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`FreeSWITCH ended at its start: see ${join(site.home, 'log', 'freeswitch.log')}`)
    if (Date.now() > until) {
      await running.stop()
      throw new Error(
        `FreeSWITCH's event socket did not open on 127.0.0.1:${site.eslPort}: see ${join(site.home, 'log', 'freeswitch.log')}`,
      )
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return running
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1')
    socket.once('data', () => done(true))
    socket.once('error', () => done(false))
    socket.setTimeout(500, () => done(false))
    const done = (result: boolean) => {
      socket.destroy()
      resolve(result)
    }
  })
}
