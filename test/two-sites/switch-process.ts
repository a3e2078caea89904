// Embedded switches as one process, so that they can be killed apart from the servers; those of one process call each other.
import { startEmbeddedSwitch } from '../../freeswitch/embedded/index.ts'
import type { NodeSettings } from './switches.ts'

const nodes = JSON.parse(process.argv[2] ?? '[]') as NodeSettings[]
const running = await Promise.all(
  nodes.map((node) =>
    startEmbeddedSwitch({
      ...{ eslPort: node.eslPort, password: node.password, callListen: node.callListen },
      ...{ recordingsDir: node.recordingsDir, cdrDir: node.cdrDir, phones: node.extensions },
      ...{ moreDialplan: [node.dialplan], sip: { nodesPort: node.nodesPort } },
      phoneHabits: { answerMs: [50, 150], talkMs: [3_600_000, 1] },
      globals: { vera_switch_name: node.name },
      log: (line) => console.error(`${node.name}: ${line}`),
    }),
  ),
)
process.on('SIGTERM', () => void Promise.all(running.map((one) => one.stop())).then(() => process.exit(0)))
process.on('disconnect', () => process.exit(0))
process.send?.({})
