// Texts that come with a call from outside, and texts that the switch is served.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { LiveCall } from '../../freeswitch/call/index.ts'
import { domainXml, userXml } from '../../freeswitch/conf/directory.ts'
import { inLine } from './hostile.ts'
import { openStand } from './stand.ts'
import { each, tally, type Way } from './ways.ts'

const quoted = (text: string) => `"${text.replace(/[\\"]/g, '\\$&')}"`

const sdp = 'v=0\r\no=f 1 1 IN IP4 127.0.0.1\r\ns=f\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 26998 RTP/AVP 8 0\r\n'

/** A whole INVITE; `at` says which header carries the text. */
function invite(text: string, at: number, port: number, to: number): string {
  const line = inLine(text)
  const display = ['"Ana"', quoted(line), line][at % 3]
  return [
    `INVITE sip:3425550100@127.0.0.1:${to} SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bKfuzz${at};rport`,
    `From: ${display} <sip:8${String(at).padStart(9, '0')}@127.0.0.1>;tag=f${at}`,
    `To: <sip:3425550100@127.0.0.1>`,
    `Call-ID: fuzz-${at}`,
    'CSeq: 1 INVITE',
    `Contact: <sip:fuzz@127.0.0.1:${port}>`,
    'Max-Forwards: 70',
    `X-Fuzz-Id: ${at}`,
    ...(at % 3 === 0 ? [`X-Fuzz: ${line}`] : []),
    ...(at % 4 === 1 ? [`User-Agent: ${line}`] : []),
    ...(at % 4 === 2 ? [`P-Asserted-Identity: ${quoted(line)} <sip:800@127.0.0.1>`] : []),
    ...(at % 4 === 3 ? [`Subject: ${line}`, `X-vera_exit: ${line}`] : []),
    'Content-Type: application/sdp',
    `Content-Length: ${sdp.length}`,
    '',
    sdp,
  ].join('\r\n')
}

const header = (message: string, name: string) => new RegExp(`^${name}: *(.*)$`, 'im').exec(message)?.[1]?.trim() ?? ''

const invites: Way = {
  name: 'headers of an INVITE (raw UDP)',
  share: 60,
  real: true,
  async run(stand, texts) {
    const sum = tally()
    const socket = createSocket('udp4').bind(0, '127.0.0.1')
    await once(socket, 'listening')
    const port = socket.address().port
    const to = stand.site!.trunkPort
    const open = new Map<number, (came: LiveCall | number) => void>()
    const before = stand.onCall
    stand.onCall = (call) => {
      const settle = open.get(Number(call.variables['sip_h_X-Fuzz-Id']))
      if (settle) settle(call)
      else void call.hangup().catch(() => {})
    }
    socket.on('message', (data) => {
      const message = data.toString()
      const status = Number(/^SIP\/2\.0 (\d+)/.exec(message)?.[1])
      const branch = /branch=z9hG4bKfuzz(\d+)/.exec(message)?.[1]
      if (!(status >= 200) || branch === undefined) return
      // Without its ACK the switch would say it again for half a minute.
      const ack = [
        `ACK sip:3425550100@127.0.0.1:${to} SIP/2.0`,
        `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bKfuzz${branch};rport`,
        ...['From', 'To', 'Call-ID'].map((name) => `${name}: ${header(message, name)}`),
        'CSeq: 1 ACK\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n',
      ]
      socket.send(ack.join('\r\n'), to, '127.0.0.1')
      open.get(Number(branch))?.(status)
    })
    await each(texts, 16, async (text, at) => {
      let timer: NodeJS.Timeout | undefined
      const came = await new Promise<LiveCall | number>((resolve) => {
        open.set(at, resolve)
        // What the parser throws away has no answer at all.
        timer = setTimeout(() => resolve(0), 1500)
        socket.send(invite(text, at, port, to), to, '127.0.0.1')
      })
      clearTimeout(timer)
      open.delete(at)
      if (typeof came === 'number') {
        sum.refused++
        return
      }
      const variables = came.variables
      await came.hangup().catch(() => {})
      const line = inLine(Buffer.from(text).toString())
      const back = at % 3 === 0 ? (variables['sip_h_X-Fuzz'] ?? '') : undefined
      // A header that begins with the switch's word for none is told as none.
      if (back !== undefined && back !== line && !line.startsWith('_undef_')) {
        // What became of the text is counted, not judged: that it did nothing is for the ledger and the canary to say.
        sum.reduced++
      } else sum.accepted++
    })
    stand.onCall = before
    socket.close()
    return sum
  },
}

/** Names of phones in answers to mod_xml_curl, read back from the switch's own directory. */
const served: Way = {
  name: 'names in the served directory (mod_xml_curl)',
  share: 30,
  real: true,
  async run(_stand, texts) {
    const sum = tally()
    const domain = 'vera.local'
    const server = createServer(async (request, response) => {
      let body = ''
      for await (const part of request) body += part
      const user = new URLSearchParams(body).get('user') ?? ''
      const at = Number(user) - 10_000_000
      const name = texts[at]
      const section = name === undefined ? '' : domainXml(domain, [userXml({ extension: user, name }, domain)])
      const found = section || '<result status="not found"/>'
      response.setHeader('content-type', 'text/xml; charset=utf-8')
      response.end(
        `<?xml version="1.0" encoding="UTF-8"?>\n<document type="freeswitch/xml"><section name="${section ? 'directory' : 'result'}">${found}</section></document>`,
      )
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    // Its own switch: the others must not ask anybody.
    const stand = await openStand('real', {
      servers: [`http://127.0.0.1:${port}`],
      switchSecret: 'fuzz-fuzz-fuzz-fuzz',
    })
    try {
      await each(texts, 8, async (text, at) => {
        const back = await stand.client
          .api(`user_data ${10_000_000 + at}@${domain} var effective_caller_id_name`)
          .catch((error: Error) => error.message)
        const clean = Buffer.from(text)
          .toString()
          .replace(/[\u0000-\u001f\u007f\ufffe\uffff]/g, ' ')
        if (back === clean && clean === text) sum.accepted++
        else {
          sum.reduced++
        }
      })
      await stand.check()
    } finally {
      await stand.stop()
      server.closeAllConnections()
      server.close()
    }
    return sum
  },
}

export const sipWays: Way[] = [invites, served]
