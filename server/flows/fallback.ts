// A caller is never left in silence: what is said and done when the flow cannot go on.
import type { LiveCall, Prompt } from '../../freeswitch/call/types.ts'
import type { Session } from './session.ts'
import type { Language, PromptPort, QueuePort } from './types.ts'

/** In place of a Node-RED node's id on legs that the fallback put into a queue. */
export const FALLBACK_NODE = 'vera-fallback'

const texts: Record<Language, { wait: string; sorry: string; goodbye: string }> = {
  es: {
    wait: 'Aguarde, por favor, lo comunicamos con un agente.',
    sorry: 'En este momento no podemos atenderlo. Por favor, vuelva a llamar más tarde. Muchas gracias.',
    goodbye: 'Gracias por comunicarse. Hasta luego.',
  },
  'en-US': {
    wait: 'Please hold while we connect you to an agent.',
    sorry: 'We are unable to take your call right now. Please call again later. Thank you.',
    goodbye: 'Thank you for calling. Goodbye.',
  },
}
/** Heard instead of speech when not even that can be made. */
const softTone: Prompt = { tone: '%(250,150,425)' }

export type FallbackPorts = { queues: QueuePort; prompts: PromptPort; log(line: string): void }

/** Says that an agent is coming and queues; without a queue apologises and hangs up. Does not reject. */
export async function serveByFallback(session: Session, ports: FallbackPorts): Promise<void> {
  const { live, data } = session
  try {
    await live.answer()
    const queue = await ports.queues.first(data.agencyId).catch(() => undefined)
    if (!queue) return await apologise(session, ports)
    await say(session, ports, 'wait')
    if (live.hungUp) return
    session.step(FALLBACK_NODE, 'fallback', queue.name, queue.name)
    await session.unmark()
    const { exit, gone } = await ports.queues.enqueue(live, {
      queueId: queue.id,
      interactionId: data.id,
      agencyId: data.agencyId,
      flowNode: FALLBACK_NODE,
      msg: { call: data },
    })
    if (gone) return
    if (exit) return await apologise(session, ports)
    session.left()
  } catch (error) {
    ports.log(`call ${data.id}: the fallback failed: ${(error as Error)?.message ?? error}`)
    await lastResort(live)
  }
}

/** Back from the queue of the fallback: whoever talked is thanked, whoever did not hears an apology. */
export async function afterFallback(session: Session, exit: string, ports: FallbackPorts): Promise<void> {
  if (exit === 'answered') await endPolitely(session, ports)
  else await apologise(session, ports)
}

/** Thanks and hangs up. Does not reject. */
export async function endPolitely(session: Session, ports: FallbackPorts): Promise<void> {
  await say(session, ports, 'goodbye')
  await session.live.hangup('NORMAL_CLEARING').catch(() => {})
}

async function apologise(session: Session, ports: FallbackPorts): Promise<void> {
  await say(session, ports, 'sorry')
  await session.live.hangup('NORMAL_CLEARING').catch(() => {})
}

async function say(session: Session, ports: FallbackPorts, what: keyof (typeof texts)['es']): Promise<void> {
  const { agencyId, language } = session.data
  const text = texts[language]?.[what] ?? texts.es[what]
  try {
    const file = await ports.prompts.file(text, { agencyId, language })
    const { ended } = await session.live.play([{ file }])
    if (ended !== 'missing') return
  } catch (error) {
    ports.log(`call ${session.data.id}: «${what}» could not be said: ${(error as Error)?.message ?? error}`)
  }
  await session.live.play([softTone]).catch(() => {})
}

/** The dialplan's own fallback rings every registered agent without us; if even that is refused the call ends. */
async function lastResort(live: LiveCall): Promise<void> {
  try {
    await live.transfer('vera_fallback', 'vera')
  } catch {
    await live.hangup('NORMAL_TEMPORARY_FAILURE').catch(() => {})
  }
}
