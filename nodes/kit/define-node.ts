// Turns a behaviour into a Node-RED node. The only place that knows RED, and the only catch.
import { type ConfigOf, exitsOf, type Fields, type NodeDefinition, problemsOf, readConfig } from './definition.ts'
import { exitInWords } from './exits.ts'
import { plainMessage } from './message.ts'
import type { CallMessage, FlowCall, Platform } from './platform.ts'
import type { NodeRed, RedNode } from './red.ts'
import { NodeStatus } from './status.ts'
import { type Behaviour, GONE, HANDED, PromptMissing, Step } from './step.ts'

/** How long a call waits for the flows to stand again when they are deployed under it, ms. */
const DEPLOY_MS = 3_000

/** What the package's `.js` exports to Node-RED. */
export function defineNode<F extends Fields>(definition: NodeDefinition<F>, behaviour: Behaviour<ConfigOf<F>>) {
  return (RED: NodeRed): void => {
    /** The instance that stands now for each id: a deploy replaces it under the calls that are in it. */
    const standing = new Map<string, RedNode>()

    RED.nodes.registerType(definition.type, function (this: RedNode, raw) {
      RED.nodes.createNode(this, raw)
      const platform = RED.settings.vera
      const status = new NodeStatus(this)
      if (!platform) return status.wrong('Vera no está conectada')
      const problems = problemsOf(definition, raw)
      if (problems.length > 0) status.wrong(`revisar: ${problems.map(({ field }) => field).join(', ')}`)
      const config = readConfig(definition, raw)
      const { id } = this
      standing.set(id, this)
      const leave: (() => void)[] = []

      const goOn = async (call: FlowCall, message: CallMessage, exit: string) => {
        const node = await standingNode(RED, standing, id)
        if (!node) return call.fail('flow.node_gone', `${nameOf(this)} was taken out of the flow`)
        await follow(node, definition, raw, call, message, exit)
      }
      const run = async (message: CallMessage): Promise<void> => {
        const call = platform.calls.get(message?.call?.id ?? '')
        if (!call || !(call.state === 'flow' || (call.state === 'over' && definition.withoutCaller))) return
        status.entered()
        let fault: string | undefined
        try {
          const node = { id, name: this.name ?? '', type: definition.type }
          const outcome = await call.exclusively(async () => {
            // In line behind another node's work the call may have gone elsewhere.
            if (call.state !== 'flow' && !(call.state === 'over' && definition.withoutCaller)) return HANDED
            call.mark(id, plainMessage(message))
            return behaviour(new Step({ config, message, call, platform, node }))
          })
          if (outcome !== GONE && outcome !== HANDED) await goOn(call, message, outcome)
        } catch (error) {
          fault = (error as Error)?.message ?? String(error)
          call.fail(error instanceof PromptMissing ? 'prompt.missing' : 'flow.node_failed', `${nameOf(this)}: ${fault}`)
        } finally {
          status.left(fault)
        }
      }

      const start = (message: CallMessage) => {
        platform.calls.trace.sent(message.call.id)
        platform.calls.trace.received(message.call.id)
        void run(message).finally(() => platform.calls.trace.done(message.call.id))
      }
      leave.push(platform.calls.addStep(id, start))
      if (definition.entry) {
        const number = String((config as Record<string, unknown>).number ?? '')
        leave.push(platform.calls.addEntry({ nodeId: id, number, start }))
      }
      if (definition.resumes) {
        leave.push(
          platform.calls.addResume(id, (message, exit) => {
            const call = platform.calls.get(message.call.id)
            if (!call) return
            call.step(id, nameOf(this), exit, exitInWords(exit))
            platform.calls.trace.sent(message.call.id)
            platform.calls.trace.received(message.call.id)
            void goOn(call, message, exit).finally(() => platform.calls.trace.done(message.call.id))
          }),
        )
      }
      this.on('input', (message, _send, done) => {
        void run(message as CallMessage).finally(() => done())
      })
      this.on('close', () => {
        status.stop()
        for (const undo of leave) undo()
        if (standing.get(id) === this) standing.delete(id)
      })
    })
  }
}

/** Sends the message out by the exit; without a wire there the call ends politely or goes to the fallback. */
async function follow(
  node: RedNode,
  definition: NodeDefinition,
  raw: Record<string, unknown>,
  call: FlowCall,
  message: CallMessage,
  outcome: string,
): Promise<void> {
  const exits = exitsOf(definition, raw)
  // A queue's `key:1` has one output for all keys; a menu has one for each.
  const name = exits.some((exit) => exit.name === outcome) ? outcome : (outcome.split(':')[0] as string)
  const output = exits.findIndex((exit) => exit.name === name)
  const exit = exits[output]
  if ((node.wires[output]?.length ?? 0) > 0) {
    node.send([...Array<null>(output).fill(null), message])
    return
  }
  if (call.state === 'over') return
  if (exit?.ends) await call.finish()
  else call.fail('flow.no_next_step', `${nameOf(node)}: nothing follows the exit «${outcome}»`)
}

function nameOf(node: RedNode): string {
  return node.name || node.type
}

/** The node of this id; while flows are being deployed, the one that comes after. */
async function standingNode(RED: NodeRed, standing: Map<string, RedNode>, id: string): Promise<RedNode | undefined> {
  const now = standing.get(id)
  if (now) return now
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer)
      RED.events.off('flows:started', done)
      resolve()
    }
    const timer = setTimeout(done, DEPLOY_MS)
    RED.events.once('flows:started', done)
  })
  return standing.get(id)
}

export type { Platform }
