// Somebody who calls by SIP over UDP and may do it wrong: another codec, another address, no number.
import { randomUUID } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'

export type Offer = {
  /** Port of the switch on 127.0.0.1. */
  port: number
  to: string
  /** Caller's number; undefined: hidden. */
  from?: string
  /** Any of loopback's. */
  address?: string
  /** Payload and name, e.g. `18 G729`. */
  codec?: string
}

/** Offers one call and gives its final answer; an answered call stands until `hangUp`. */
export async function offerCall(offer: Offer): Promise<{ status: number; reason: string; hangUp(): void }> {
  const { port, to, from, address = '127.0.0.1', codec = '8 PCMA' } = offer
  const socket = createSocket('udp4')
  socket.bind(0, address)
  await once(socket, 'listening')
  const own = socket.address().port
  const [id, tag] = [randomUUID(), randomUUID()]
  const [payload, name] = codec.split(' ')
  const sdp = [
    ...['v=0', `o=- 1 1 IN IP4 ${address}`, 's=-', `c=IN IP4 ${address}`, 't=0 0'],
    ...[`m=audio 40000 RTP/AVP ${payload}`, `a=rtpmap:${payload} ${name}/8000`, ''],
  ].join('\r\n')
  const who = from === undefined ? '"Anonymous" <sip:anonymous@anonymous.invalid>' : `<sip:${from}@${address}>`
  const send = (method: string, sequence: number, toTag = '', body = '') => {
    const lines = [
      `${method} sip:${to}@127.0.0.1:${port} SIP/2.0`,
      `Via: SIP/2.0/UDP ${address}:${own};branch=z9hG4bK${method}${sequence}${id}`,
      `From: ${who};tag=${tag}`,
      `To: <sip:${to}@127.0.0.1>${toTag}`,
      `Call-ID: ${id}`,
      `CSeq: ${sequence} ${method === 'ACK' ? 'ACK' : method}`,
      'Max-Forwards: 70',
      `Contact: <sip:caller@${address}:${own}>`,
      ...(body ? ['Content-Type: application/sdp'] : []),
      `Content-Length: ${body.length}`,
    ]
    socket.send(`${lines.join('\r\n')}\r\n\r\n${body}`, port, '127.0.0.1')
  }
  send('INVITE', 1, '', sdp)
  const late = AbortSignal.timeout(8_000)
  for (;;) {
    const [bytes] = await once(socket, 'message', { signal: late })
    const text = String(bytes)
    const [, code = '0', reason = ''] = /^SIP\/2\.0 (\d{3}) ([^\r\n]*)/.exec(text) ?? []
    if (Number(code) < 200) continue
    const toTag = /^To:.*(;tag=[^;\s]+)/im.exec(text)?.[1] ?? ''
    send('ACK', 1, toTag)
    const hangUp = () => {
      if (Number(code) < 300) send('BYE', 2, toTag)
      setImmediate(() => socket.close())
    }
    if (Number(code) >= 300) hangUp()
    return { status: Number(code), reason, hangUp }
  }
}
