// For specs on a real switch: who answers at the other end of a line.
import { createSocket } from 'node:dgram'

/** A carrier on loopback that answers each call with `status`; 200: the call stands until whoever dialled ends it. */
export async function carrier(status: 200 | 503 | 486 | 603) {
  const socket = createSocket('udp4')
  const dialled: string[] = []
  socket.on('message', (bytes, { address, port }) => {
    const [head = '', ...lines] = bytes.toString().split('\r\n')
    const [method = '', uri = ''] = head.split(' ')
    if (method === 'ACK' || method.startsWith('SIP/')) return
    if (method === 'INVITE') dialled.push(/^sip:([^@]*)/.exec(uri)?.[1] ?? '')
    const code = method === 'INVITE' ? status : 200
    const kept = lines.filter((line) => /^(via|from|call-id|cseq):/i.test(line))
    const to = lines.find((line) => /^to:/i.test(line)) ?? ''
    const own = (socket.address() as { port: number }).port
    const media = code === 200 && method === 'INVITE'
    const body = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 29490 RTP/AVP 8\r\n'
    const answer = [
      `SIP/2.0 ${code} ${code === 200 ? 'OK' : 'No'}`,
      ...kept,
      to.includes('tag=') ? to : `${to};tag=carrier`,
      `Contact: <sip:carrier@127.0.0.1:${own}>`,
      ...(media ? ['Content-Type: application/sdp'] : []),
      `Content-Length: ${media ? body.length : 0}`,
    ]
    socket.send(`${answer.join('\r\n')}\r\n\r\n${media ? body : ''}`, port, address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  return { dialled, port: (socket.address() as { port: number }).port, close: () => socket.close() }
}
