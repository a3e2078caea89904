import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import Handlebars from 'handlebars'
import { createTransport } from 'nodemailer'
import type { File } from './run.ts'

export type Mail = {
  to: string[]
  subject: string
  text: string
  html?: string
  file?: File
}

/** Where mails go. `send` rejects when the server does not take the mail for every recipient. */
export interface Mailer {
  send(mail: Mail): Promise<void>
  close(): void
}

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
  return {
    async send({ to, subject, text, html, file }) {
      try {
        const answer = await transport.sendMail({
          to,
          subject,
          text,
          html,
          attachments: file ? [{ filename: file.name, contentType: file.type, content: file.content }] : [],
        })
        const refused = answer.rejected.map(String)
        if (refused.length > 0) throw new Error(`el servidor de correo no aceptó: ${refused.join(', ')}`)
      } finally {
        file?.content.destroy()
      }
    },
    close: () => transport.close(),
  }
}

const template = Handlebars.create().compile(
  readFileSync(join(import.meta.dirname, 'templates/report-mail.hbs'), 'utf8'),
)

export type Letter = {
  title: string
  name: string
  agency: string
  period: string
  /** Said when the mail goes out later than it was due. */
  late?: string
  highlights: { label: string; value: string }[]
  table?: { title: string; columns: { title: string; number: boolean }[]; rows: object[] }
  owner: string
  fileName: string
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
    `El informe completo va adjunto (${letter.fileName}).`,
    `Programado por ${letter.owner} como «${letter.name}».`,
  ].join('\n')
}
