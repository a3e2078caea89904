// A mail server's mailbox on loopback: as much of IMAP4rev1 (RFC 3501) as reading a mailbox takes.
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

export type ImapServer = {
  url: string
  /** In the order in which they came; their place + 1 is their UID. */
  mails: Buffer[]
  /** Every line that a client said. */
  heard: string[]
  /** `silent`: takes connections and says nothing. */
  mood: 'works' | 'refuses' | 'silent'
  stop(): Promise<void>
}

export async function startImapServer(): Promise<ImapServer> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    if (one.mood === 'silent') return
    socket.write('* OK ready\r\n')
    createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) => {
      one.heard.push(line)
      const [tag = '', verb = '', ...rest] = line.split(' ')
      const words =
        verb.toUpperCase() === 'UID'
          ? [`UID ${rest[0]?.toUpperCase()}`, ...rest.slice(1)]
          : [verb.toUpperCase(), ...rest]
      for (const said of answer(words[0]!, words.slice(1).join(' '))) socket.write(said)
      const refused = one.mood === 'refuses' && words[0] === 'LOGIN'
      socket.write(
        refused
          ? `${tag} NO [AUTHENTICATIONFAILED] no\r\n`
          : `${tag} OK ${words[0] === 'EXAMINE' ? '[READ-ONLY] ' : ''}done\r\n`,
      )
      if (words[0] === 'LOGOUT') socket.end()
    })
  })

  function answer(verb: string, rest: string): (string | Buffer)[] {
    if (verb === 'CAPABILITY') return ['* CAPABILITY IMAP4rev1\r\n']
    if (verb === 'LIST') return ['* LIST (\\HasNoChildren) "/" "INBOX"\r\n']
    if (verb === 'LOGOUT') return ['* BYE\r\n']
    if (verb === 'EXAMINE')
      return [
        `* ${one.mails.length} EXISTS\r\n* FLAGS (\\Seen)\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT ${one.mails.length + 1}] x\r\n`,
      ]
    if (verb === 'UID SEARCH') {
      const from = Number(/UID (\d+):\*/.exec(rest)?.[1] ?? 1)
      const uids = one.mails.map((_, index) => index + 1)
      const found = uids.filter((uid) => uid >= from)
      // A real one names the last for `n:*` whatever n is.
      return [`* SEARCH ${(found.length > 0 ? found : uids.slice(-1)).join(' ')}\r\n`]
    }
    if (verb !== 'UID FETCH') return []
    const [set = '', ...items] = rest.split(' ')
    const wanted = set.split(',').flatMap((range) => {
      const [from = 0, to = from] = range.split(':').map(Number)
      return Array.from({ length: to - from + 1 }, (_, index) => from + index)
    })
    return wanted.flatMap((uid) => {
      const mail = one.mails[uid - 1]
      if (!mail) return []
      const head = `${mail.toString('latin1').split('\r\n\r\n')[0]}\r\n\r\n`
      const asked = items.join(' ')
      const most = Number(/BODY\.PEEK\[\]<0\.(\d+)>/.exec(asked)?.[1] ?? 0)
      const bytes = asked.includes('HEADER.FIELDS') ? Buffer.from(typeOf(head), 'latin1') : mail.subarray(0, most)
      const name = asked.includes('HEADER.FIELDS') ? 'BODY[HEADER.FIELDS (CONTENT-TYPE)]' : 'BODY[]<0>'
      return [`* ${uid} FETCH (UID ${uid} ${name} {${bytes.length}}\r\n`, bytes, ')\r\n']
    })
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const one: ImapServer = {
    url: `imap://vera:secreta@127.0.0.1:${(server.address() as { port: number }).port}`,
    mails: [],
    heard: [],
    mood: 'works',
    async stop() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
  return one
}

/** The Content-Type alone, with the lines that go on from it. */
const typeOf = (head: string) => `${/^content-type:.*(?:\r\n[ \t].*)*/im.exec(head)?.[0] ?? ''}\r\n\r\n`
