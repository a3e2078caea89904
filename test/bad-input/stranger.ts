// Somebody who calls by SIP over UDP, presses keys, and may do it wrong: another codec, another address, no number.
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

export type Offered = {
  status: number
  reason: string
  /** Presses a key of the telephone (RFC 4733). */
  press(key: string): void
  hangUp(): void
  /** The other side hung up. */
  over: Promise<void>
}

/** Offers one call and gives its final answer; an answered call stands until `hangUp`. */
export async function offerCall(offer: Offer): Promise<Offered> {
  const { port, to, from, address = '127.0.0.1', codec = '8 PCMA' } = offer
  const socket = createSocket('udp4')
  socket.bind(0, address)
  await once(socket, 'listening')
  const own = socket.address().port
  const voice = createSocket('udp4')
  voice.bind(0, address)
  await once(voice, 'listening')
  const [id, tag] = [randomUUID(), randomUUID()]
  const [payload, name] = codec.split(' ')
  const sdp = [
    ...['v=0', `o=- 1 1 IN IP4 ${address}`, 's=-', `c=IN IP4 ${address}`, 't=0 0'],
    ...[`m=audio ${voice.address().port} RTP/AVP ${payload} 101`, `a=rtpmap:${payload} ${name}/8000`],
    ...['a=rtpmap:101 telephone-event/8000', ''],
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
    const close = () => {
      for (const one of [socket, voice]) setImmediate(() => one.close())
    }
    const over = new Promise<void>((resolve) => {
      socket.on('message', (request, { port: at, address: from }) => {
        if (!/^BYE /.test(String(request))) return
        const kept = String(request).match(/^(Via|From|To|Call-ID|CSeq):.*$/gim) ?? []
        const answer = ['SIP/2.0 200 OK', ...kept.map((line) => line.trim()), 'Content-Length: 0\r\n\r\n'].join('\r\n')
        socket.send(answer, at, from, close)
        resolve()
      })
    })
    const hangUp = () => {
      if (Number(code) < 300) send('BYE', 2, toTag)
      close()
    }
    if (Number(code) >= 300) hangUp()
    const media = Number(/^m=audio (\d+)/m.exec(text)?.[1])
    let [stamp, packets] = [0, 0]
    const press = (key: string) => {
      stamp += 8_000
      // Begins, lasts and ends; the end is told three times.
      for (const [marker, duration, end] of [
        ...[[0x80, 160, 0]],
        ...[160, 320, 480, 640, 800].map((length) => [0, length, 0]),
        ...Array.from({ length: 3 }, () => [0, 960, 0x80]),
      ] as [number, number, number][]) {
        const packet = Buffer.alloc(16)
        packet.writeUInt16BE(0x8000 + marker + 101, 0)
        packet.writeUInt16BE(packets++, 2)
        packet.writeUInt32BE(stamp, 4)
        packet.writeUInt32BE(own, 8)
        packet.writeUInt8('0123456789*#'.indexOf(key), 12)
        packet.writeUInt8(end + 10, 13)
        packet.writeUInt16BE(duration, 14)
        voice.send(packet, media, '127.0.0.1')
      }
    }
    return { status: Number(code), reason, press, hangUp, over }
  }
}
