import type { ConfigOf } from '../../kit/definition.ts'
import { exitInWords } from '../../kit/exits.ts'
import { plainMessage } from '../../kit/message.ts'
import { GONE, HANDED, type Step } from '../../kit/step.ts'
import type { definition } from './config.ts'

/** A named recording in a list of texts, as the platform's `prompts.file` reads it. */
export const recordingMark = '@'

/**
 * Puts the caller in line for an agent. The call leaves our hands, with the message and this node's id written on its leg,
 * and comes back here (also after a restart) by the exit that the queue gave. @throws Error when the agency has no such queue
 */
export async function queue(step: Step<ConfigOf<typeof definition.fields>>): Promise<string> {
  const { config, message, call, live, platform, node } = step
  const { agencyId, id: interactionId } = call.data
  const code = step.text(config.queue)
  const found = await platform.queues.find(agencyId, code)
  if (!found) throw new Error(`el organismo no tiene la cola «${code}»`)
  if (config.topic) {
    const topic = await platform.queues.topic(agencyId, step.text(config.topic))
    if (topic) call.fact({ kind: 'interaction.topic', topicId: topic.id })
  }
  if (!(await step.say(config.say))) return GONE
  const messages = config.messages
    .map(({ as, value }) => (as === 'recording' ? `${recordingMark}${value.trim()}` : step.text(value)))
    .filter((text) => text !== '' && text !== recordingMark)
  step.note(found.name, found.name)
  const plain = plainMessage(message)
  await call.unmark()
  const { exit, gone } = await platform.queues.enqueue(live, {
    queueId: found.id,
    interactionId,
    agencyId,
    flowNode: node.id,
    msg: plain,
    ...(config.priority > 0 ? { priority: config.priority } : {}),
    ...(message.citizen ? { citizenId: message.citizen.id } : {}),
    ...(messages.length > 0 ? { messages } : {}),
    // A key that asks for a callback is no exit of its own.
    ...(config.keys ? { keys: config.keys.replace(config.callbackKey, '') } : {}),
    ...(config.callbackKey ? { callbackKey: config.callbackKey } : {}),
  })
  if (gone) return GONE
  if (!exit) {
    call.left({ nodeId: node.id, message: plain })
    return HANDED
  }
  const how = exit.exit === 'overflowed' ? exit.reason : exit.exit
  step.note(how, exitInWords(how))
  if (exit.exit === 'overflowed') return exit.reason === 'diverted' ? 'timeout' : exit.reason
  return exit.exit
}
