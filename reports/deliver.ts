import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import Handlebars from 'handlebars'
import { createTransport } from 'nodemailer'
import type { Bundle } from './bundle/index.ts'
import { mailWords } from './mail-words.ts'
import type { Language } from './workbook/index.ts'

export type Mail = {
  to: string[]
  subject: string
  text: string
  html?: string
  files?: Bundle['files']
  /** Shown in the body, by `cid:` and their id. */
  pictures?: Bundle['pictures']
  /** The same for every try of the same thing, so that a doubled mail can be told. */
  messageId?: string
}
/** What the mail server said, and whom it would not take. */
export type Receipt = { response: string; refused: string[] }

/** Where mails go. `send` rejects with a `MailFault` when the server takes the mail for nobody. */
export interface Mailer {
  send(mail: Mail): Promise<Receipt>
  close(): void
}

/**
 * Nobody has the mail. `again`: it may work later. `tooLarge`: without its files it may. `unknown`: the server had it all and
 * never said whether it took it: nobody may send it again.
 */
export class MailFault extends Error {
  readonly kind: 'again' | 'refused' | 'tooLarge' | 'unknown'
  constructor(message: string, kind: MailFault['kind']) {
    super(message)
    this.kind = kind
  }
}

/** How long a mail server may take, ms: until it is there and greets, silent in the middle, and for a whole mail (it may drip). */
export type MailPatience = { connect: number; silent: number; whole: number }
const mailPatience: MailPatience = { connect: 15_000, silent: 60_000, whole: 300_000 }

/**
 * A mailer to `smtp://user:password@host:587` (or `smtps:`). `?from=` in the address or `from` names the sender. Files may
 * only come from us: paths and addresses in a mail are refused.
 */
export function smtpMailer(
  url: string,
  from = new URL(url).searchParams.get('from') ?? 'Vera <vera@localhost>',
  { connect, silent, whole } = mailPatience,
): Mailer {
  return {
    async send({ to, subject, text, html, files = [], pictures = [], messageId }) {
      // After this the whole mail is the server's, or on its way there: nodemailer's own time-outs do not tell.
      let begun = false
      const transport = createTransport(
        {
          url,
          ...{ connectionTimeout: connect, greetingTimeout: connect, socketTimeout: silent, debug: true },
          logger: {
            debug({ tnx }: { tnx?: string }, said?: string) {
              if (tnx === 'server' && said?.startsWith('354')) begun = true
            },
          },
        },
        { from, disableFileAccess: true, disableUrlAccess: true },
      )
      try {
        const answer = await transport.sendMail({
          to,
          subject,
          text,
          html,
          signal: AbortSignal.timeout(whole),
          ...(messageId ? { messageId, dsn: { id: messageId, return: 'headers', notify: ['failure', 'delay'] } } : {}),
          attachments: [
            ...files.map((file) => ({
              filename: file.name,
              contentType: file.type,
              content: Buffer.from(file.bytes),
            })),
            ...pictures.map((picture) => ({
              filename: `${picture.id}.png`,
              contentType: 'image/png',
              content: Buffer.from(picture.bytes),
              cid: `${picture.id}@vera`,
              contentDisposition: 'inline' as const,
            })),
          ],
        })
        return { response: answer.response, refused: answer.rejected.map(String) }
      } catch (error) {
        throw faultOf(error as SmtpError, begun)
      } finally {
        transport.close()
      }
    },
    close() {},
  }
}

type SmtpError = Error & { responseCode?: number; command?: string }

function faultOf({ message, responseCode, command }: SmtpError, begun: boolean): MailFault {
  if (responseCode === undefined) {
    if (begun) return new MailFault(`el servidor de correo no contestó si lo tomó (${message})`, 'unknown')
    return new MailFault(`el servidor de correo no contesta (${message})`, 'again')
  }
  // 552 of an address is a full mailbox, of the mail its size.
  if (responseCode === 552 && command !== 'RCPT TO') return new MailFault(message, 'tooLarge')
  return new MailFault(message, responseCode < 500 ? 'again' : 'refused')
}

const template = Handlebars.create().compile(
  readFileSync(join(import.meta.dirname, 'templates/report-mail.hbs'), 'utf8'),
)

export type Letter = Pick<Bundle, 'title' | 'agency' | 'period' | 'highlights' | 'table' | 'pictures'> & {
  name: string
  language?: Language | undefined
  /** Said when the mail goes out later than it was due, or is a sample. */
  late?: string
  owner: string
  /** Where the same is on the screen, with what each figure is made of. */
  screen?: string
  /** `address`: where they are instead of in the mail. */
  files: { names: string; address?: string }
}

/** The mail's body: figures one can read on a telephone without opening the file. */
export function letterHtml(letter: Letter): string {
  const words = mailWords(letter.language)
  const { names, address } = letter.files
  return template({
    ...letter,
    words,
    about: address ? words.tooLarge(names) : words.attached(names),
    by: words.by(letter.owner, letter.name),
  })
}

export function letterText(letter: Letter): string {
  const words = mailWords(letter.language)
  const { names, address } = letter.files
  return [
    `${letter.title} - ${letter.agency}`,
    `${words.period}: ${letter.period}`,
    ...(letter.late ? [letter.late] : []),
    '',
    ...letter.highlights.map((one) => `${one.label}: ${one.value}`),
    '',
    address ? `${words.tooLarge(names)} ${words.tooLargeAt(address)}` : words.attached(names),
    ...(letter.screen ? [words.screenAt(letter.screen)] : []),
    words.by(letter.owner, letter.name),
  ].join('\n')
}
