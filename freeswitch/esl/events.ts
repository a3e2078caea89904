import { decodePercent, decodeText } from './text.ts'
import type { SwitchEvent } from './types.ts'

/**
 * The body of a `text/event-json` frame as an event; undefined when it is no event at all. A header that the switch
 * holds as a list becomes the text it is elsewhere: `ARRAY::a|:b`.
 */
export function decodeEvent(body: Buffer): SwitchEvent | undefined {
  return parseEvent(decodeText(body))
}

/** As decodeEvent, from text. */
export function parseEvent(text: string): SwitchEvent | undefined {
  let headers: Record<string, string>
  try {
    headers = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) return undefined
  if (typeof headers['Event-Name'] !== 'string') return undefined
  // Values are texts by the serialiser of the switch, but for lists; looking for a bracket is cheaper than a look at each.
  if (text.includes('[')) flatten(headers)
  return eventOf(headers)
}

/** The event that these headers are. */
export function eventOf(headers: Readonly<Record<string, string>>): SwitchEvent {
  return {
    name: headers['Event-Name'] as string,
    subclass: headers['Event-Subclass'],
    uuid: headers['Unique-ID'],
    headers,
    body: headers._body,
  }
}

/** Headers of the outbound socket's first reply, whose values are URL-encoded. */
export function decodeHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const decoded: Record<string, string> = Object.create(null)
  for (const name in headers) decoded[name] = decodePercent(headers[name] as string)
  return decoded
}

function flatten(headers: Record<string, unknown>): void {
  for (const name in headers) {
    const value = headers[name]
    if (Array.isArray(value)) headers[name] = `ARRAY::${value.join('|:')}`
    else if (typeof value !== 'string') headers[name] = String(value)
  }
}
