// The platform with the three-step flow, in a process of its own, so that its processor time can be told apart.
import { join } from 'node:path'
import { readConfig } from '../../server/config.ts'
import { createPlatform } from '../../server/platform.ts'
import { flow } from './flow.ts'

const [home, callListen, switchUrl] = process.argv.slice(2) as [string, string, string]
const config = readConfig({
  PORT: '0',
  CALL_LISTEN: callListen,
  FREESWITCH_URL: switchUrl,
  DEMO: 'off',
  LOG_LEVEL: 'error',
})
const platform = await createPlatform(
  {
    ...config,
    home,
    databaseUrl: `sqlite:${join(home, 'vera.sqlite')}`,
    recordingsDir: join(home, 'recordings'),
    cdrDir: join(home, 'cdr'),
  },
  { say: () => {}, requireReachable: false },
)
await platform.db.migrate()
await platform.db.knex('agencies').insert({ code: 'bench', name: 'Bench', kind: 'province', created_at: 0 })
await platform.db
  .knex('flow_deploys')
  .insert({ username: 'bench', at: 1, flows: JSON.stringify(flow), credentials: '{}' })
await platform.start()
const { client } = platform.telephony
if (client.state !== 'up') await new Promise<void>((up) => client.on('up', () => up()))
process.on('SIGTERM', () => void platform.stop().then(() => process.exit(0)))
console.log('ready')
