import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { judge } from './sip-guard.ts'

type Parts = { method?: string; from?: string; to?: string; more?: string[]; body?: string; length?: string }
function request({ method = 'REGISTER', from, to, more = [], body = '', length }: Parts = {}): string {
  return [
    `${method} sip:vera.local SIP/2.0`,
    'Via: SIP/2.0/WS df7jal23ls0d.invalid;branch=z9hG4bK56',
    `From: ${from ?? '"Ana" <sip:1001@vera.local>'};tag=65b`,
    `To: ${to ?? '<sip:1001@vera.local>'}`,
    'Call-ID: aiuy7k9njasd',
    'CSeq: 1 REGISTER',
    ...more,
    `Content-Length: ${length ?? Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n')
}
const verdict = (frame: string) => judge(frame, '1001').do

it('lets the extension register and call in its own name, by its browser’s user too', () => {
  assert.equal(verdict(request()), 'pass')
  const web = '<sip:1001-web@vera.local>'
  assert.equal(verdict(request({ from: web, to: web })), 'pass')
  assert.equal(verdict(request({ method: 'INVITE', to: '<sip:9196@vera.local>', body: 'v=0\r\n' })), 'pass')
  assert.equal(verdict(request({ more: ['Authorization: Digest username="1001", realm="vera.local"'] })), 'pass')
  assert.equal(verdict('SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n'), 'pass')
  assert.equal(verdict('\r\n\r\n'), 'pass')
  const contact =
    '<sip:k3f9@df7jal23ls0d.invalid;transport=ws>;+sip.ice;reg-id=1;+sip.instance="<urn:uuid:1-2>";expires=600'
  assert.equal(verdict(request({ more: [`Contact: ${contact}`] })), 'pass')
  assert.equal(verdict(request({ more: ['Contact: *', 'Expires: 0'] })), 'pass')
  // In a dialogue it was called into, its name is the contact's.
  const bye = request({ method: 'BYE', from: '<sip:k3f@x.invalid>', to: '<sip:x@vera.local>;tag=9' })
  assert.equal(verdict(bye), 'pass')
})

it('refuses another’s name wherever it stands, and answers in SIP', () => {
  const other = '<sip:1002@vera.local>'
  for (const parts of [
    { from: other, to: other },
    { from: other },
    { to: other },
    { method: 'INVITE', from: other },
    { from: '"x <sip:1001@a>" <sip:1002@vera.local>' },
    { from: '<sip:%31001@vera.local>' },
    { from: 'sip:1001@vera.local, <sip:1002@vera.local>' },
    { more: ['Authorization: Digest username="1002", realm="x"'] },
    { more: ['Authorization: Digest realm="x"'] },
    { method: 'INVITE', to: '<sip:9@a>', more: ['Replaces: abc;to-tag=1;from-tag=2'] },
    { method: 'REFER', to: '<sip:9@a>;tag=1' },
    { method: 'SUBSCRIBE' },
    // No tag of the dialogue, whatever it looks like: the name counts.
    { method: 'INVITE', from: other, to: '<sip:1003@vera.local;tag=x>' },
    { method: 'INVITE', from: other, to: '"a;tag=b" <sip:1003@vera.local>' },
    { more: ['Contact: <sip:+5493482000000@carrier.example:5060>'] },
    { more: ['Contact: <sip:x@a.invalid>, <sip:+5493482000000@10.0.0.1>'] },
    { more: ['Contact: <sip:x@a.invalid>', 'Contact: <sip:x@10.0.0.1>'] },
    { more: ['Contact: <sip:x@a.invalid;transport=ws>', 'Path: <sip:10.0.0.1;lr>'] },
    { method: 'MESSAGE' },
  ]) {
    const answer = judge(request(parts), '1001')
    assert.equal(answer.do, 'answer', JSON.stringify(parts))
    assert.match(
      answer.do === 'answer' ? answer.text : '',
      /^SIP\/2\.0 40[35] .*\r\nVia: .*\r\nFrom: .*\r\nTo: .*\r\nCall-ID: aiuy7k9njasd\r\nCSeq: 1 REGISTER\r\nContent-Length: 0\r\n\r\n$/,
    )
  }
  assert.equal(verdict(request({ method: 'ACK', to: '<sip:9@a>' })), 'drop')
})

it('ends the connection on what two parsers could read in two ways', () => {
  for (const frame of [
    'GET / HTTP/1.1\r\n\r\n',
    request().replace('CSeq: 1 REGISTER', 'CSeq: 1 REGISTER\r\nFrom: <sip:1002@vera.local>'),
    request().replace('CSeq: 1 REGISTER', 'CSeq: 1 REGISTER\r\nf: <sip:1002@vera.local>'),
    request().replace('CSeq: 1 REGISTER', 'CSeq: 1 REGISTER\nX: <sip:1002@vera.local>'),
    request().replace('CSeq: 1 REGISTER', 'CSeq: 1\r\n REGISTER'),
    request({ length: '3' }),
    `${request()}${request({ from: '<sip:1002@vera.local>' })}`,
    request().replace('Via', 'Vi a'),
    request().slice(0, 60),
  ]) {
    assert.equal(verdict(frame), 'close', frame)
  }
})

const own = 'sip:1001@vera.local'
const other = 'sip:1002@vera.local'
const pieces = [own, other, `<${own}>`, `<${other}>`, '<', '>', '"', ',', ';', ' ', '%', String.raw`\\`, ':', ';tag=1']
const writing = fc.array(fc.constantFrom(...pieces), { maxLength: 5 }).map((all) => all.join(''))

it('never passes a beginning that another reader could take for somebody else’s', () => {
  let passed = 0
  fc.assert(
    fc.property(writing, fc.constantFrom('REGISTER', 'INVITE', 'OPTIONS'), (from, method) => {
      if (verdict(request({ method, from })) !== 'pass') return
      passed++
      // Outside of the quoted name there is one address, and it is the extension's.
      const bare = from.replace(/^"(?:[^"\\]|\\.)*"/, '')
      assert.match(bare, /sip:1001@/)
      assert.doesNotMatch(bare, /sip:1002@/)
    }),
    { numRuns: 3_000, seed: 5 },
  )
  assert.ok(passed > 20, `only ${passed} passed`)
})
