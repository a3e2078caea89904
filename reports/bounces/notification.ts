// What a mail server's notification says (RFC 3464): of which mail of ours, which addresses, and why. The mail is a stranger's.
import { simpleParser } from 'mailparser'

export type NoticeOf = {
  /** The address the server gave up on, and the one it was given, if it says so. Lower case. */
  final: string
  original: string | undefined
  state: 'failed' | 'delayed'
  /** RFC 3463, `5.1.1`. */
  status: string
  /** What the far server said, in one line. */
  diagnostic: string
}
/** A run of a schedule, as its Message-ID names it. Nobody guesses its token. */
export type RunNamed = { runId: number; token: string }
export type Notification = { run: RunNamed; recipients: NoticeOf[] }

/** Of a mail no more is read than this: what was sent comes back behind the notification and is of no use. */
export const mostBytes = 262_144
const mostRecipients = 100
const partsOfOriginal = /^(message\/(rfc822|global)|(text|message)\/(rfc822-headers|global-headers))$/

/** Undefined: the mail is no notification, or of no run of ours. Never throws for what a mail says. */
export async function readNotification(source: Buffer): Promise<Notification | undefined> {
  const mail = await simpleParser(source.subarray(0, mostBytes), {
    keepDeliveryStatus: true,
    skipHtmlToText: true,
    skipTextToHtml: true,
    skipTextLinks: true,
    skipImageLinks: true,
  }).catch(() => undefined)
  const type = mail?.headers.get('content-type') as { value?: unknown } | undefined
  if (!mail || type?.value !== 'multipart/report') return undefined
  const texts = (of: (contentType: string) => boolean) =>
    mail.attachments
      .filter(({ contentType, content }) => of(contentType ?? '') && Buffer.isBuffer(content))
      .map(({ content }) => content.subarray(0, 65_536).toString('utf8'))
  const [status] = texts((one) => one === 'message/delivery-status' || one === 'message/global-delivery-status')
  if (status === undefined) return undefined
  const groups = fieldGroups(status)
  const named = [
    groups[0]?.get('original-envelope-id'),
    ...texts((one) => partsOfOriginal.test(one)).map((text) => fieldGroups(text)[0]?.get('message-id')),
    // Exchange names it here.
    ...[mail.inReplyTo, mail.references].flat(),
  ]
  const run = named.map(runNamed).find((one) => one !== undefined)
  const recipients = groups.flatMap(recipientOf).slice(0, mostRecipients)
  return run && recipients.length > 0 ? { run, recipients } : undefined
}

function runNamed(text: string | undefined): RunNamed | undefined {
  const match = /^<?vera-(\d{1,10})-([0-9a-f]{32})@vera>?$/.exec(text?.trim() ?? '')
  return match ? { runId: Number(match[1]), token: match[2]! } : undefined
}

/** Groups of `Name: value` lines between empty lines, long lines unfolded; of a name twice the first counts. */
function fieldGroups(text: string): Map<string, string>[] {
  return text
    .split(/\r?\n[ \t]*\r?\n/)
    .map((group) => {
      const fields = new Map<string, string>()
      for (const line of group.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)) {
        const colon = line.indexOf(':')
        const name = line.slice(0, colon).trim().toLowerCase()
        if (colon > 0 && !fields.has(name)) fields.set(name, line.slice(colon + 1).trim())
      }
      return fields
    })
    .filter((fields) => fields.size > 0)
}

function recipientOf(fields: Map<string, string>): NoticeOf[] {
  const final = addressOf(fields.get('final-recipient'))
  const action = fields.get('action')?.toLowerCase()
  if (final === undefined || (action !== 'failed' && action !== 'delayed')) return []
  const diagnostic = oneLine(fields.get('diagnostic-code')?.replace(/^\s*[\w-]+\s*;/, '') ?? '')
  return [
    {
      final,
      original: addressOf(fields.get('original-recipient')),
      state: action,
      status: statusOf(fields.get('status') ?? '', diagnostic),
      diagnostic,
    },
  ]
}

/** The far server's own words are more exact than `5.0.0`. */
function statusOf(field: string, diagnostic: string): string {
  const code = /\b[245]\.\d{1,3}\.\d{1,3}\b/
  const said = code.exec(field)?.[0]
  const exact = said && !said.endsWith('.0.0') ? said : (code.exec(diagnostic)?.[0] ?? said)
  return exact ?? '5.0.0'
}

const addressOf = (field: string | undefined) =>
  /^\s*(?:(?:rfc822|utf-8)\s*;)?\s*<?([^\s<>;"']{1,100}@[^\s<>;"']{1,89})>?\s*$/i.exec(field ?? '')?.[1]?.toLowerCase()

const oneLine = (text: string) =>
  text
    .replace(/[\s\p{C}]+/gu, ' ')
    .trim()
    .slice(0, 500)
