// Runs one of our TypeScript entries on the Node 24 that comes with the dependencies, after installing them when they are
// missing or stale. Plain JavaScript without imports of ours: it must run on a fresh clone with any Node >= 20.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Installs the locked dependencies unless the ones in place were installed from this very lockfile. */
function install() {
  const stamp = join(root, 'node_modules', '.vera-lock')
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  console.error('Vera: installing what is missing (npm ci); this happens once ...')
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const done = spawnSync(npm, ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  if (done.status !== 0) {
    console.error('Vera: npm ci failed; see the lines above. Check that this machine reaches an npm registry.')
    process.exit(1)
  }
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, lock)
}

/** The Node 24 of the dependencies, or this one when it is new enough. */
function node() {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  try {
    const require = createRequire(join(root, 'package.json'))
    const binary = join(
      dirname(require.resolve(`${name}/package.json`)),
      'bin',
      process.platform === 'win32' ? 'node.exe' : 'node',
    )
    if (existsSync(binary)) return binary
  } catch {
    // no build of Node 24 for this platform among the dependencies
  }
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath
  console.error(`Vera: needs Node 24 and there is none for ${name}; install Node 24 and start again.`)
  process.exit(1)
}

const [entry, ...rest] = process.argv.slice(2)
if (!entry) {
  console.error('usage: node bin/run.mjs <entry.ts> [arguments]')
  process.exit(2)
}
install()
const child = spawn(
  node(),
  [
    // A young generation of half the usual size: a third less memory, and no slower for what we do (npm run bench).
    '--max-semi-space-size=8',
    '--disable-warning=ExperimentalWarning',
    '--disable-warning=DEP0040',
    '--disable-warning=DEP0169',
    join(root, entry),
    ...rest,
  ],
  {
    stdio: 'inherit',
    env: {
      // Each thread of Node's would keep freed memory of its own (glibc): some 30 MB.
      MALLOC_ARENA_MAX: '2',
      ...process.env,
      PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH ?? ''}`,
    },
  },
)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => process.exit(signal ? 128 : (code ?? 1)))
