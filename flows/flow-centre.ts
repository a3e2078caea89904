// For the specs of flows: Node-RED headless with the real palette and dispatcher, everything behind them in memory.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FakeCall, type Script } from '../nodes/testing/fake-call.ts'
import { fakePorts } from '../nodes/testing/fake-platform.ts'
import { createFlowStorage, FlowCalls, type FlowNodes } from '../server/flows/index.ts'
import { type NodeRedHost, type NodeRedOptions, startNodeRed } from '../server/node-red.ts'
import { freshDatabase } from '../server/testing/database.ts'

/** Flows that run, and a way to call them. One for a process: Node-RED keeps its state in its modules. */
export async function startFlowCentre(flows: FlowNodes, more: Partial<NodeRedOptions> & { stuckMs?: number } = {}) {
  const fake = fakePorts()
  const lines: string[] = []
  const log = (line: string) => void lines.push(line)
  const db = await freshDatabase()
  const storage = createFlowStorage({ db, starter: async () => flows, log })
  const calls = new FlowCalls({
    facts: fake.factSink,
    alarms: fake.alarmSink,
    queues: fake.ports.queues,
    prompts: fake.ports.prompts,
    agencyOf: async (number) => ({ id: 1, name: 'Organismo', known: number !== '0' }),
    readyMs: 50,
    endedMs: 60,
    stuckMs: more.stuckMs ?? 400,
    log,
  })
  const userDir = await mkdtemp(join(tmpdir(), 'vera-flows-'))
  const host: NodeRedHost = await startNodeRed({
    sessionOf: async () => undefined,
    platform: { ...fake.ports, calls },
    storage,
    userDir,
    log: { info: log, warn: log, error: log, debug: () => {} },
    ...more,
  })
  const centre = {
    fake,
    calls,
    storage,
    db,
    host,
    lines,
    /** Node-RED takes nodes without a place on the canvas for configuration: they get one. */
    deploy: (next: FlowNodes) =>
      host.deploy(
        next.map((node) => (node.z ? { x: 0, y: 0, ...node } : node)),
        {},
        { username: 'prueba', userId: 1 },
      ),
    /** A call from its ring to where it leaves us: hung up, or in a queue. */
    async call(script: Script): Promise<FakeCall> {
      const live = new FakeCall(script)
      await calls.onCall(live)
      await live.gone()
      return live
    },
    /** The leg of the call queued last comes back, as the dialplan sends it. */
    async back(before: FakeCall, exit: string, script: Script = {}): Promise<FakeCall> {
      const request = fake.enqueued.at(-1)!
      return centre.call({
        uuid: before.uuid,
        from: before.from,
        to: before.to,
        ...script,
        variables: {
          vera_interaction: request.interactionId,
          vera_agency: String(request.agencyId),
          vera_flow_node: request.flowNode,
          vera_msg: Buffer.from(JSON.stringify(request.msg)).toString('base64url'),
          vera_exit: exit,
        },
      })
    },
    async stop() {
      await host.stop()
      await db.close()
      await rm(userDir, { recursive: true, force: true })
    },
  }
  return centre
}
