import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Folder whose node_modules holds the peers, at the versions of bench/package-lock.json; installed when it does not. */
export function installPeers(): string {
  const folder = join(import.meta.dirname, '../var/bench')
  const lock = join(import.meta.dirname, 'package-lock.json')
  const installed = join(folder, 'package-lock.json')
  const same = existsSync(installed) && readFileSync(installed, 'utf8') === readFileSync(lock, 'utf8')
  if (same && existsSync(join(folder, 'node_modules/modesl'))) return folder
  mkdirSync(folder, { recursive: true })
  for (const name of ['package.json', 'package-lock.json', '.npmrc']) {
    copyFileSync(join(import.meta.dirname, name), join(folder, name))
  }
  // No script of a peer runs on this machine.
  const done = spawnSync('npm', ['ci', '--ignore-scripts'], { cwd: folder, encoding: 'utf8' })
  if (done.status !== 0) throw new Error(`npm ci of the peers failed: ${done.stderr.trim().split('\n').at(-1)}`)
  return folder
}
