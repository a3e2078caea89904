// One of several servers over one database, as a process of its own that can be killed at any moment.
import { readConfig } from '../../server/config.ts'
import { createPlatform } from '../../server/platform.ts'

export type ServerSettings = { env: Record<string, string>; home: string; recordingsDir: string; cdrDir: string }

const { env, ...folders } = JSON.parse(process.argv[2] ?? '{}') as ServerSettings
const platform = await createPlatform({ ...readConfig(env), ...folders }, { say: () => {} })
const address = await platform.start()
process.on('SIGTERM', () => void platform.stop().then(() => process.exit(0)))
process.on('disconnect', () => process.exit(0))
process.send?.({ address })
