import type { Headers } from './leg-types.ts'

/** What `myevents` brings: no CUSTOM, RECORD or PLAYBACK [freeswitch.md]. */
const ofOneLeg = [
  'CHANNEL_CREATE',
  'CHANNEL_DESTROY',
  'CHANNEL_STATE',
  'CHANNEL_CALLSTATE',
  'CHANNEL_ANSWER',
  'CHANNEL_HANGUP',
  'CHANNEL_HANGUP_COMPLETE',
  'CHANNEL_EXECUTE',
  'CHANNEL_EXECUTE_COMPLETE',
  'CHANNEL_HOLD',
  'CHANNEL_UNHOLD',
  'CHANNEL_BRIDGE',
  'CHANNEL_UNBRIDGE',
  'CHANNEL_PROGRESS',
  'CHANNEL_PROGRESS_MEDIA',
  'CHANNEL_OUTGOING',
  'CHANNEL_PARK',
  'CHANNEL_UNPARK',
  'CHANNEL_APPLICATION',
  'CHANNEL_ORIGINATE',
  'CHANNEL_UUID',
  'CHANNEL_DATA',
  'DTMF',
]
/** Which events one connection wants, and in which form. */
export class Subscription {
  #format: 'json' | 'plain' = 'plain'
  #all = false
  readonly #names = new Set<string>()
  readonly #subclasses = new Set<string>()
  readonly #filters = new Map<string, string[]>()

  get none(): boolean {
    return !this.#all && this.#names.size === 0 && this.#subclasses.size === 0
  }

  /** Runs event, myevents, nixevent, noevents or filter; gives the Reply-Text. */
  command(verb: string, argument: string, own: string | undefined): string {
    const words = argument.split(/\s+/).filter(Boolean)
    switch (verb) {
      case 'event': {
        if (['plain', 'json', 'xml'].includes(words[0]?.toLowerCase() ?? ''))
          this.#format = words.shift()!.toLowerCase() === 'json' ? 'json' : 'plain'
        if (words.length === 0) return '-ERR no keywords supplied'
        let custom = false
        for (const word of words) {
          if (custom) this.#subclasses.add(word)
          else if (word.toUpperCase() === 'ALL') this.#all = true
          else if (word.toUpperCase() === 'CUSTOM') custom = true
          else this.#names.add(word.toUpperCase())
        }
        return `+OK event listener enabled ${this.#format}`
      }
      case 'myevents': {
        const uuid = words.find((word) => !['plain', 'json', 'xml'].includes(word)) ?? own
        if (words.includes('json')) this.#format = 'json'
        if (!uuid) return '-ERR invalid uuid'
        for (const name of ofOneLeg) this.#names.add(name)
        this.#filters.set('Unique-ID', [uuid])
        return '+OK Events Enabled'
      }
      case 'nixevent': {
        if (words.length === 0) return '-ERR no keywords supplied'
        if (this.#all) {
          // Without a list of all names, ALL minus some is ALL with these refused.
          for (const word of words) this.#refused.add(word.toUpperCase())
        }
        for (const word of words) this.#names.delete(word.toUpperCase())
        return '+OK events nixed'
      }
      case 'noevents':
        this.#all = false
        this.#names.clear()
        this.#subclasses.clear()
        return '+OK no longer listening for events'
      default: {
        const [first = '', ...rest] = words
        if (first === 'delete') {
          const [header = '', value] = rest
          if (header === 'all') this.#filters.clear()
          else if (value === undefined) this.#filters.delete(header)
          else {
            const left = (this.#filters.get(header) ?? []).filter((one) => one !== value)
            if (left.length > 0) this.#filters.set(header, left)
            else this.#filters.delete(header)
          }
          return `+OK filter deleted. [${header}][${value ?? ''}]`
        }
        const value = rest.join(' ')
        if (!first || !value) return '-ERR invalid syntax'
        this.#filters.set(first, [...(this.#filters.get(first) ?? []), value])
        return `+OK filter added. [${first}]=[${value}]`
      }
    }
  }
  readonly #refused = new Set<string>()

  wants(name: string, subclass: string | undefined): boolean {
    if (this.#refused.has(name)) return false
    if (name === 'CUSTOM') return this.#all || this.#subclasses.has(subclass ?? '')
    return this.#all || this.#names.has(name)
  }
  /** One event as it goes over the wire; undefined when the filters leave it out. */
  text(headers: Headers, body: string | undefined): string | undefined {
    if (this.#filters.size > 0 && ![...this.#filters].some(([name, values]) => values.includes(headers[name] ?? '\0')))
      return undefined
    if (this.#format === 'json') {
      const text = JSON.stringify(
        body === undefined ? headers : { ...headers, 'Content-Length': String(Buffer.byteLength(body)), _body: body },
      )
      return `Content-Length: ${Buffer.byteLength(text)}\nContent-Type: text/event-json\n\n${text}`
    }
    const lines = Object.entries(headers).map(([key, value]) => `${key}: ${encodeHeader(value)}\n`)
    const text = `${lines.join('')}${body === undefined ? '\n' : `Content-Length: ${Buffer.byteLength(body)}\n\n${body}`}`
    return `Content-Length: ${Buffer.byteLength(text)}\nContent-Type: text/event-plain\n\n${text}`
  }
}

/** FreeSWITCH's URL encoding: everything but a few signs; unlike ours it leaves commas and slashes alone. */
export function encodeHeader(value: string): string {
  return encodeURIComponent(value.toWellFormed()).replace(/%(2C|2F|40|24|26|2B|3D)/gi, (text) =>
    text === '%2C' || text === '%2F' ? decodeURIComponent(text) : text,
  )
}
