import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import Handlebars from 'handlebars'
import { createTransport } from 'nodemailer'
import type { Bundle } from './bundle/index.ts'

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

/** `again`: nothing left, and it may work later. */
export class MailFault extends Error {
  readonly again: boolean
  constructor(message: string, again: boolean) {
    super(message)
    this.again = again
  }
}

/** Before the server has the whole mail; after it (no answer to the data) it may be on its way. */
const beforeData = new Set(['CONN', 'EHLO', 'HELO', 'STARTTLS', 'API', 'MAIL FROM', 'RCPT TO', 'DATA'])

/**
 * A mailer to `smtp://user:password@host:587` (or `smtps:`). `?from=` in the address or `from` names the sender. Files may
 * only come from us: paths and addresses in a mail are refused.
 */
export function smtpMailer(
  url: string,
  from = new URL(url).searchParams.get('from') ?? 'Vera <vera@localhost>',
): Mailer {
  const transport = createTransport(url, {
    from,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  // A server that hangs must not hold a run for ever.
  Object.assign(transport.options, { connectionTimeout: 15_000, greetingTimeout: 15_000, socketTimeout: 60_000 })
  return {
    async send({ to, subject, text, html, files = [], pictures = [], messageId }) {
      try {
        const answer = await transport.sendMail({
          to,
          subject,
          text,
          html,
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
        const { responseCode, command, message } = error as Error & { responseCode?: number; command?: string }
        const left = command !== undefined && !beforeData.has(command)
        throw new MailFault(message, !left && (responseCode === undefined || responseCode < 500))
      }
    },
    close: () => transport.close(),
  }
}

const template = Handlebars.create().compile(
  readFileSync(join(import.meta.dirname, 'templates/report-mail.hbs'), 'utf8'),
)

export type Letter = Pick<Bundle, 'title' | 'agency' | 'period' | 'highlights' | 'table' | 'pictures'> & {
  name: string
  /** Said when the mail goes out later than it was due, or is a sample. */
  late?: string
  owner: string
  fileNames: string
}

/** The mail's body: figures one can read on a telephone without opening the file. */
export function letterHtml(letter: Letter): string {
  return template(letter)
}

export function letterText(letter: Letter): string {
  return [
    `${letter.title} - ${letter.agency}`,
    `Período: ${letter.period}`,
    ...(letter.late ? [letter.late] : []),
    '',
    ...letter.highlights.map((one) => `${one.label}: ${one.value}`),
    '',
    `El informe completo va adjunto (${letter.fileNames}).`,
    `Programado por ${letter.owner} como «${letter.name}».`,
  ].join('\n')
}
