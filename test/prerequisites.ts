import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

/** Programs that the tests use and the Debian package each comes in. */
const wanted: [program: string, debianPackage: string][] = [
  ['/usr/sbin/mariadbd', 'mariadb-server'],
  ['/usr/bin/chromium', 'chromium'],
  ['/usr/bin/espeak-ng', 'espeak-ng'],
]

/**
 * Installs the Debian packages that are missing when we are root on Debian; else prints the one line to run and ends the
 * process with code 1. With VERA_TEST_WITHOUT=1 the tests that need them report themselves as skipped instead.
 */
export function installPrerequisites(): void {
  const missing = wanted.filter(([program]) => !existsSync(program)).map(([, name]) => name)
  if (missing.length === 0 || process.env.VERA_TEST_WITHOUT === '1') return
  const debian =
    existsSync('/etc/debian_version') ||
    /debian/i.test(existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '')
  const line = `apt-get update && apt-get install -y --no-install-recommends ${missing.join(' ')}`
  if (!debian || process.getuid?.() !== 0) {
    console.error(`The tests need ${missing.join(', ')}. Run this as root and start again:\n\n  ${line}\n`)
    console.error('(or set VERA_TEST_WITHOUT=1 to skip the tests that need them)')
    process.exit(1)
  }
  console.error(`Installing ${missing.join(', ')} ...`)
  for (const command of line.split(' && ')) {
    const [program, ...rest] = command.split(' ') as [string, ...string[]]
    const done = spawnSync(program, ['-q', ...rest], {
      stdio: ['ignore', 'ignore', 2],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
    if (done.status !== 0) {
      console.error(`«${command}» failed; see the lines above.`)
      process.exit(1)
    }
  }
}
