import type { CallMessage } from '../../server/flows/types.ts'

/** Bytes of the plain message as JSON that are kept on the leg while it waits. */
export const MESSAGE_BYTES = 4_096
const needed = ['call', 'citizen', 'ticket', 'recording', 'choice', 'answer', 'answers']

/**
 * The message as plain data of at most 4 kB as JSON, for the time in the queue. What is no JSON or does not fit is left
 * out, largest first; what Vera's own nodes need goes last.
 */
export function plainMessage(message: CallMessage): CallMessage {
  const parts = new Map<string, string>()
  for (const [name, value] of Object.entries(message)) {
    if (name === 'req' || name === 'res') continue
    try {
      const text = JSON.stringify(value)
      if (text !== undefined) parts.set(name, text)
    } catch {
      // a cycle: no plain data
    }
  }
  const bytes = () =>
    [...parts].reduce((sum, [name, text]) => sum + Buffer.byteLength(name) + Buffer.byteLength(text) + 4, 2)
  const rank = (name: string) => (name === 'call' ? 3 : needed.includes(name) ? 2 : 1)
  const droppable = [...parts.keys()].sort(
    (a, b) => rank(a) - rank(b) || (parts.get(b)?.length ?? 0) - (parts.get(a)?.length ?? 0),
  )
  for (const name of droppable) {
    if (bytes() <= MESSAGE_BYTES || name === 'call') break
    parts.delete(name)
  }
  return JSON.parse(`{${[...parts].map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`)
}

/** `vera_msg` as the queue leaves it on the leg: base64url of JSON. */
export function encodeMessage(message: CallMessage): string {
  return Buffer.from(JSON.stringify(plainMessage(message))).toString('base64url')
}
