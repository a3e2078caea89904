import { spawn } from 'node:child_process'
import { once } from 'node:events'

const head = (
  method: string,
  sequence: number,
  target: string,
  body: string,
) => `<send${method === 'INVITE' ? ' retrans="500"' : ''}><![CDATA[

${method} ${target} SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:34240[call_number]@[local_ip]:[local_port]>;tag=[pid]v[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: ${sequence} ${method}
Contact: <sip:34240[call_number]@[local_ip]:[local_port]>
Max-Forwards: 70
${body}
]]></send>`
const key = (sequence: number) => `<pause milliseconds="600"/>
${head('INFO', sequence, '[next_url]', 'Content-Type: application/dtmf-relay\nContent-Length: [len]\n\nSignal=1\nDuration=100')}
<recv response="200"/>`

/** Calls, waits, presses 1, waits, presses 1, and is hung up on: about two and a half seconds. */
export const scenario = `<?xml version="1.0" encoding="ISO-8859-1"?>
<scenario name="three steps">
${head(
  'INVITE',
  1,
  'sip:[service]@[remote_ip]:[remote_port]',
  `Content-Type: application/sdp
Content-Length: [len]

v=0
o=user 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 8
a=rtpmap:8 PCMA/8000`,
)}
<recv response="100" optional="true"/>
<recv response="180" optional="true"/>
<recv response="183" optional="true"/>
<recv response="200" rrs="true"/>
${head('ACK', 1, '[next_url]', 'Content-Length: 0\n')}
<nop><action><exec rtp_stream="quiet.wav,-1,8"/></action></nop>
${key(2)}
${key(3)}
<recv request="BYE" timeout="8000"/>
<send><![CDATA[

SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
</scenario>
`

/** Runs so many calls, at most `atOnce` together. @throws Error when sipp itself could not run */
export async function load(options: {
  folder: string
  scenario: string
  number: string
  port: number
  localPort: number
  calls: number
  atOnce: number
  perSecond: number
}): Promise<{ good: number; seconds: number }> {
  const { folder, number, port, localPort, calls, atOnce, perSecond } = options
  const child = spawn(
    'sipp',
    [
      ...['-sf', options.scenario, '-s', number, '-i', '127.0.0.1', '-p', String(localPort), '-mp', '26000'],
      ...['-m', String(calls), '-l', String(atOnce), '-r', String(perSecond), '-rp', '1000'],
      ...['-nostdin', '-timeout', '120s', '-recv_timeout', '9000', `127.0.0.1:${port}`],
    ],
    { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] },
  )
  let out = ''
  child.stdout.on('data', (chunk) => {
    out = (out + chunk).slice(-20_000)
  })
  const began = performance.now()
  await once(child, 'close')
  const seconds = (performance.now() - began) / 1000
  const good = /Successful call\s*\|\s*\d+\s*\|\s*(\d+)/.exec(out.slice(out.lastIndexOf('Counter Name')))
  if (!good) throw new Error(`sipp said nothing of its calls: ${out.slice(-400)}`)
  return { good: Number(good[1]), seconds }
}
