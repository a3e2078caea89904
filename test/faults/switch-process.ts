// The embedded switch as a process of its own, so that it can be killed apart from the platform.
import { startEmbeddedSwitch } from '../../freeswitch/embedded/index.ts'
import type { SwitchSettings } from './switches.ts'

const settings = JSON.parse(process.argv[2] ?? '{}') as SwitchSettings
const embedded = await startEmbeddedSwitch({
  eslPort: settings.eslPort,
  password: settings.password,
  callListen: settings.callListen,
  recordingsDir: settings.recordingsDir,
  cdrDir: settings.cdrDir,
  phones: settings.extensions,
  phoneHabits: { answerMs: [100, 300], talkMs: [settings.talkMs, 1] },
  seed: settings.seed,
  log: (line) => console.error(line),
})
process.on('SIGTERM', () => void embedded.stop().then(() => process.exit(0)))
process.on('disconnect', () => process.exit(0))
process.send?.({ port: embedded.port })
