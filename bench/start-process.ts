// The try-out as `npm start` runs it, with its data in a folder and on a port of its own.
import { join } from 'node:path'
import { readConfig } from '../server/config.ts'
import { createPlatform } from '../server/platform.ts'

const [home, port] = process.argv.slice(2) as [string, string]
const config = readConfig({ PORT: port, CALL_LISTEN: `127.0.0.1:${Number(port) + 5_000}`, LOG_LEVEL: 'error' })
const platform = await createPlatform({
  ...config,
  home,
  databaseUrl: `sqlite:${join(home, 'vera.sqlite')}`,
  recordingsDir: join(home, 'recordings'),
  cdrDir: join(home, 'cdr'),
})
process.on('SIGTERM', () => void platform.stop().then(() => process.exit(0)))
await platform.start()
