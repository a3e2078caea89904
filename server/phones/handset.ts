// A SIP phone for tests.
import { createHash, randomUUID } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { EventEmitter, once } from 'node:events'

/**
 * A phone over UDP: registers with digest, answers OPTIONS, and every call with `answer` (`calls` tells each by its method);
 * one that is picked up stands until the other side ends it, without a sound.
 */
export class Handset {
  readonly calls = new EventEmitter()
  answer = '486 Busy Here'
  user = ''
  password = ''
  #socket: Socket
  #switchPort: number
  #callId = randomUUID()
  #sequence = 0
  #answers = new EventEmitter()
  /** @param address from where it speaks: any of loopback's */
  static async open(switchPort: number, address = '127.0.0.1'): Promise<Handset> {
    const socket = createSocket('udp4')
    socket.bind(0, address)
    await once(socket, 'listening')
    return new Handset(socket, switchPort)
  }
  constructor(socket: Socket, switchPort: number) {
    this.#socket = socket
    this.#switchPort = switchPort
    socket.on('message', (bytes, from) => {
      const text = bytes.toString('latin1')
      const status = /^SIP\/2\.0 (\d{3})/.exec(text)?.[1]
      if (status) return void this.#answers.emit('answer', Number(status), text)
      const method = text.split(' ')[0] as string
      if (method !== 'ACK') {
        const kept = [...text.matchAll(/^(Via|From|To|Call-ID|CSeq):.*$/gim)].map(([line]) =>
          /^To:/i.test(line) && !line.includes('tag=') ? `${line.trim()};tag=t` : line.trim(),
        )
        const line = method === 'INVITE' ? this.answer : '200 OK'
        const up = method === 'INVITE' && line.startsWith('200')
        const media = `v=0\r\no=- 1 1 IN IP4 ${this.address}\r\ns=-\r\nc=IN IP4 ${this.address}\r\nt=0 0\r\nm=audio ${this.port + 1} RTP/AVP 8\r\n`
        if (up) kept.push(`Contact: <sip:phone@${this.address}:${this.port}>`, 'Content-Type: application/sdp')
        const body = up ? media : ''
        const head = [`SIP/2.0 ${line}`, ...kept, `Content-Length: ${body.length}`]
        socket.send(`${head.join('\r\n')}\r\n\r\n${body}`, from.port, from.address)
      }
      this.calls.emit(method, text)
    })
  }
  get address() {
    return this.#socket.address().address
  }
  get port() {
    return this.#socket.address().port
  }
  /** The final status. A password that is right is remembered. */
  async register(user: string, password: string, remember = true, expires = 120, agent = 'vera-test'): Promise<number> {
    const uri = 'sip:vera.local'
    const send = async (more: string): Promise<[number, string]> => {
      const head = [
        `REGISTER ${uri} SIP/2.0`,
        `Via: SIP/2.0/UDP ${this.address}:${this.port};branch=z9hG4bK${randomUUID()}`,
        `From: <sip:${user}@vera.local>;tag=${randomUUID()}`,
        `To: <sip:${user}@vera.local>`,
        `Call-ID: ${this.#callId}`,
        `CSeq: ${++this.#sequence} REGISTER`,
        `Contact: <sip:${user}@${this.address}:${this.port}>`,
        'Max-Forwards: 70',
        `Expires: ${expires}`,
        `User-Agent: ${agent}`,
      ]
      const text = `${head.join('\r\n')}\r\n${more}Content-Length: 0\r\n\r\n`
      this.#socket.send(text, this.#switchPort, '127.0.0.1')
      for (;;) {
        const [status, body] = await once(this.#answers, 'answer', { signal: AbortSignal.timeout(5_000) })
        if (status >= 200) return [status, body]
      }
    }
    let [status, body] = await send('')
    if (status === 401) {
      const nonce = /nonce="([^"]+)"/.exec(body)?.[1] as string
      const md5 = (text: string) => createHash('md5').update(text).digest('hex')
      const a1 = md5(`${user}:vera.local:${password}`)
      const response = md5(`${a1}:${nonce}:00000001:abc:auth:${md5(`REGISTER:${uri}`)}`)
      const digest = `username="${user}", realm="vera.local", nonce="${nonce}", uri="${uri}", response="${response}"`
      ;[status, body] = await send(
        `Authorization: Digest ${digest}, algorithm=MD5, qop=auth, nc=00000001, cnonce="abc"\r\n`,
      )
    }
    if (status === 200 && remember) {
      this.user = user
      this.password = password
    }
    return status
  }
  close(): void {
    this.#socket.close()
    this.close = () => {}
  }
}
