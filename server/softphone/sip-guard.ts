// What a browser may say to the switch: RFC 3261 requests of its own extension, one to a frame (RFC 7118, 5.1).

/** `pass`: give it to the switch. `answer`: the refusal to send back, in SIP. `drop`: nothing to answer. `close`: not SIP. */
export type Verdict = { do: 'pass' } | { do: 'answer'; text: string } | { do: 'drop' } | { do: 'close' }

/** Those that begin something: only in one's own name. */
const beginning = new Set(['REGISTER', 'INVITE', 'OPTIONS', 'CANCEL'])
/** Those of a dialogue that the switch knows by its tags. REFER is missing on purpose: transfers go through the platform. */
const inDialogue = new Set(['ACK', 'BYE', 'INFO', 'INVITE', 'OPTIONS', 'PRACK', 'UPDATE', 'CANCEL'])
const compact: Record<string, string> = {
  f: 'from',
  t: 'to',
  i: 'call-id',
  v: 'via',
  m: 'contact',
  l: 'content-length',
}
const single = ['from', 'to', 'call-id', 'cseq', 'content-length'] as const

/** The SIP users that are an extension: its own phone and its browser. */
export const isOwnUser = (user: string | undefined, extension: string) =>
  user === extension || user === `${extension}-web`

/** Judges one frame that came from the browser of `extension`. */
export function judge(frame: string, extension: string): Verdict {
  // Keep-alive of RFC 5626.
  if (/^(\r\n)+$/.test(frame)) return { do: 'pass' }
  const end = frame.indexOf('\r\n\r\n')
  if (end < 0) return { do: 'close' }
  const [start = '', ...lines] = frame.slice(0, end).split('\r\n')
  // A bare CR or LF, or a folded line, is read differently by different parsers.
  if ([start, ...lines].some((line) => /[\r\n\0]/.test(line)) || lines.some((line) => /^[ \t]/.test(line))) {
    return { do: 'close' }
  }
  const headers = new Map<string, string[]>()
  for (const line of lines) {
    const match = /^([!%'*+.0-9A-Z_`a-z~-]+)[ \t]*:[ \t]*(.*)$/.exec(line)
    if (!match) return { do: 'close' }
    const given = (match[1] as string).toLowerCase()
    const name = compact[given] ?? given
    headers.set(name, [...(headers.get(name) ?? []), match[2] as string])
  }
  if (single.some((name) => (headers.get(name)?.length ?? 0) > 1)) return { do: 'close' }
  const one = (name: string) => headers.get(name)?.[0] ?? ''
  // A second message behind the first would pass unseen.
  const length = headers.has('content-length') ? one('content-length') : '0'
  if (!/^[0-9]{1,6}$/.test(length) || Buffer.byteLength(frame.slice(end + 4)) !== Number(length)) return { do: 'close' }
  if (/^SIP\/2\.0 [1-6][0-9]{2} /.test(start)) return { do: 'pass' }
  const method = /^([A-Z]{2,20}) sips?:[^\s]{1,300} SIP\/2\.0$/.exec(start)?.[1]
  if (!method || !headers.has('via') || !one('from') || !one('to') || !one('call-id') || !one('cseq')) {
    return { do: 'close' }
  }

  const refuse = (status: string): Verdict =>
    method === 'ACK' ? { do: 'drop' } : { do: 'answer', text: answerTo(headers, status) }
  // Only behind the address: in a name, or inside the angle brackets, the switch does not take it for the dialogue's.
  const tagged = isTagged(one('to'))
  if (!(tagged ? inDialogue : beginning).has(method)) return refuse('405 Method Not Allowed')
  // Taking over a call by its identifiers is the platform's, never a phone's.
  if (headers.has('replaces') || headers.has('join')) return refuse('403 Forbidden')
  const foreign = [...(headers.get('authorization') ?? []), ...(headers.get('proxy-authorization') ?? [])].some(
    (value) => !isOwnUser(/\busername="([^"\\]*)"/i.exec(value)?.[1], extension),
  )
  if (foreign) return refuse('403 Forbidden')
  if (!tagged && !isOwnUser(userOf(one('from')), extension)) return refuse('403 Forbidden')
  if (method === 'REGISTER' && !isOwnUser(userOf(one('to')), extension)) return refuse('403 Forbidden')
  // What rings a phone goes where it registered: with an address of its own choice the switch would call, say, a carrier.
  if (method === 'REGISTER' && (headers.has('path') || !isBrowserContact(headers.get('contact'))))
    return refuse('403 Forbidden')
  return { do: 'pass' }
}

const parameters = String.raw`(?:\s*;\s*[\w.!%*+'~-]+(?:\s*=\s*(?:[\w.!%*+'~:[\]-]+|"(?:[^"\\]|\\.)*"))?)*\s*$`
const address = String.raw`sips?:([\w.+!~*'()-]+)@[\w.:[\]-]+`
const named = new RegExp(
  String.raw`^(?:"(?:[^"\\]|\\.)*"|[\w .!%*+'~-]*)\s*<${address}(?:;[^@<>"\s,]*)?>${parameters}`,
  'i',
)
const bare = new RegExp(`^${address}${parameters}`, 'i')

/** The user of a From or To; undefined when there is none, more than one, or its writing is doubtful. */
export function userOf(value: string): string | undefined {
  return (named.exec(value) ?? bare.exec(value))?.[1]
}

const tagParameter = /^(?:(?:"(?:[^"\\]|\\.)*"|[^<>";]*)\s*<[^<>]*>|[^<>";\s]+)(?:\s*;[^;"<>]*)*?\s*;\s*tag\s*=/i
const isTagged = (to: string) => tagParameter.test(to)

/** Browsers have no address: theirs ends in `.invalid` (RFC 7118, 5); `*` takes all of them away. */
function isBrowserContact(contacts: readonly string[] = []): boolean {
  return contacts.every(
    (one) =>
      one.trim() === '*' ||
      /^(?:"[^"\\]*"\s*)?<sips?:[\w.+!~*'()-]*@[\w-]+\.invalid(?:;[^<>@",\s]*)?>(?:[^<>,@"]|"[^"\\]*")*$/i.test(one),
  )
}

function answerTo(headers: Map<string, string[]>, status: string): string {
  const to = headers.get('to')?.[0] ?? ''
  const lines = [
    `SIP/2.0 ${status}`,
    ...(headers.get('via') ?? []).map((via) => `Via: ${via}`),
    `From: ${headers.get('from')?.[0] ?? ''}`,
    `To: ${isTagged(to) ? to : `${to};tag=vera`}`,
    `Call-ID: ${headers.get('call-id')?.[0] ?? ''}`,
    `CSeq: ${headers.get('cseq')?.[0] ?? ''}`,
    'Content-Length: 0',
  ]
  return `${lines.join('\r\n')}\r\n\r\n`
}
