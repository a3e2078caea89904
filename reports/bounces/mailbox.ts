import type { ImapFlow } from 'imapflow'
import { mostBytes } from './notification.ts'

/** Where notifications come. `read` gives each new mail that may be one to `visit`, once while this process lives. */
export interface Mailbox {
  /** Rejects with a text in Spanish when the mailbox cannot be read, and with what `visit` rejects with. */
  read(visit: (source: Buffer) => Promise<void>): Promise<void>
  /** Ends what is being read: `read` rejects once nothing of it goes on. */
  close(): void
}

/** The first time so much of the past is read. */
const firstMs = 7 * 86_400_000
/** So many notifications are read at most at one look; the rest at the next. */
const mostAtOnce = 500
const patience = { connectionTimeout: 20_000, greetingTimeout: 20_000, socketTimeout: 60_000 }

/** `imap(s)://user:password@host:993/Folder`; INBOX without a folder. The mailbox is only read: nothing in it is changed, not even «seen». */
export function imapMailbox(url: string, now: () => number = Date.now): Mailbox {
  const { protocol, hostname, port, username, password, pathname } = new URL(url)
  const secure = protocol === 'imaps:'
  const folder = decodeURIComponent(pathname.slice(1)) || 'INBOX'
  let cursor: { validity: bigint; last: number } | undefined
  let open: { close(): void } | undefined

  async function readNew(client: ImapFlow, visit: (source: Buffer) => Promise<void>): Promise<void> {
    await client.connect()
    const { uidValidity } = await client.mailboxOpen(folder, { readOnly: true })
    if (cursor?.validity !== uidValidity) cursor = undefined
    const after = cursor?.last ?? 0
    const wanted = cursor ? { uid: `${after + 1}:*` } : { since: new Date(now() - firstMs) }
    const uids = ((await client.search(wanted, { uid: true })) || [])
      // `n:*` names the last mail even when it is older.
      .filter((uid) => uid > after)
      .sort((a, b) => a - b)
    cursor ??= { validity: uidValidity, last: 0 }
    let visited = 0
    for (let from = 0; from < uids.length; from += 200) {
      const some = uids.slice(from, from + 200)
      const reports = new Set<number>()
      for await (const { uid, headers } of client.fetch(some, { uid: true, headers: ['content-type'] }, { uid: true }))
        if (/multipart\/report/i.test(headers?.toString('latin1') ?? '')) reports.add(uid)
      for (const uid of some) {
        if (reports.has(uid)) {
          if (++visited > mostAtOnce) return
          const mail = await client.fetchOne(uid, { source: { maxLength: mostBytes } }, { uid: true })
          if (mail !== false && mail.source) await visit(mail.source)
        }
        // A mail is behind us once it is written down.
        cursor.last = uid
      }
    }
  }

  return {
    async read(visit) {
      const closed = Promise.withResolvers<never>()
      closed.promise.catch(() => {})
      open = { close: () => closed.reject(new Error('se cerró')) }
      // Only who reads mail pays for the library.
      const { ImapFlow } = await import('imapflow')
      const client = new ImapFlow({
        ...{ host: hostname, port: Number(port) || (secure ? 993 : 143), secure, logger: false, ...patience },
        auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) },
      })
      let trouble: Error | undefined
      let ended = false
      let visiting: Promise<void> | undefined
      const whileOpen = async (source: Buffer) => {
        if (ended) throw new Error('se cerró')
        visiting = visit(source)
        await visiting
      }
      client.on('error', (error: Error) => {
        trouble ??= error
      })
      try {
        await Promise.race([readNew(client, whileOpen).then(() => client.logout()), closed.promise])
      } catch (error) {
        throw faultOf((trouble ?? error) as ImapError, error as ImapError)
      } finally {
        ended = true
        client.close()
        await visiting?.catch(() => {})
        open = undefined
      }
    },
    close: () => open?.close(),
  }
}

type ImapError = Error & {
  code?: string
  authenticationFailed?: boolean
  mailboxMissing?: boolean
  responseStatus?: string
}

/** What our own code threw stays what it is. */
function faultOf(error: ImapError, thrown: ImapError): Error {
  const { authenticationFailed, mailboxMissing, responseStatus } = thrown
  if (authenticationFailed) return new Error('el servidor de correo no acepta el usuario o la clave de IMAP_URL')
  if (mailboxMissing || responseStatus === 'NO')
    return new Error('la carpeta de IMAP_URL no existe o no se puede abrir')
  if (error.code !== undefined || responseStatus !== undefined || thrown.code !== undefined)
    return new Error(`el servidor de correo de IMAP_URL no contesta (${error.code ?? thrown.code ?? responseStatus})`)
  return thrown
}
