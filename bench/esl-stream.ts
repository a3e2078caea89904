// A switch that only talks: after `event json ... CHANNEL_ANSWER` it writes events as fast as the client reads them.
// Prints its port. Run by esl.bench.ts as a process of its own.
import { createServer, type Socket } from 'node:net'

/** One JSON event of 8.2 kB with as many headers as a real call in the middle of a flow has. */
export function sampleEvent(): Buffer {
  const headers: Record<string, string> = {
    'Event-Name': 'CHANNEL_ANSWER',
    'Core-UUID': 'c0ffee00-1111-4222-8333-444444444444',
    'FreeSWITCH-Hostname': 'vera',
    'Event-Date-Local': '2026-11-23 20:14:35',
    'Event-Date-Timestamp': '1795466408501234',
    'Event-Calling-File': 'switch_channel.c',
    'Event-Sequence': '123456',
    'Channel-State': 'CS_EXECUTE',
    'Answer-State': 'answered',
    'Unique-ID': 'd0ffee00-1111-4222-8333-444444444444',
    'Caller-Caller-ID-Number': '+5493424567890',
    'Caller-Destination-Number': '08007778888',
  }
  for (let n = 0; ; n++) {
    headers[`variable_sip_some_name_${n}`] = n % 3 === 0 ? String(1000 + n) : `a value of the middling sort, ${n}`
    const bytes = Buffer.from(JSON.stringify(headers))
    if (bytes.length >= 8_200) return bytes
  }
}

function serve(socket: Socket): void {
  const body = sampleEvent()
  const event = Buffer.concat([Buffer.from(`Content-Length: ${body.length}\nContent-Type: text/event-json\n\n`), body])
  const block = Buffer.concat(Array.from({ length: 64 }, () => event))
  let text = ''
  let streaming = false
  const pour = () => {
    while (!socket.destroyed && socket.write(block));
  }
  socket.on('drain', pour)
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    text += chunk
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const command = text.slice(0, end)
      text = text.slice(end + 2)
      if (command.startsWith('api ')) socket.write('Content-Type: api/response\nContent-Length: 4\n\ncore')
      else socket.write('Content-Type: command/reply\nReply-Text: +OK accepted\n\n')
      if (command.includes('CHANNEL_ANSWER') && !streaming) {
        streaming = true
        pour()
      }
    }
  })
  socket.write('Content-Type: auth/request\n\n')
}

if (process.argv[1] === import.meta.filename) {
  const server = createServer({ noDelay: true }, serve).listen(0, '127.0.0.1', () => {
    console.log((server.address() as { port: number }).port)
  })
}
