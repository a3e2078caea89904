import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { exchange, gmail, outOfOffice, postfix } from '../testing/bounced.ts'
import { readNotification } from './notification.ts'
import { reasonOf } from './reason.ts'

const token = '0123456789abcdef'.repeat(2)
const came = { id: `<vera-34-${token}@vera>`, to: 'Jefa@example.org' }
const run = { runId: 34, token }
const readable = async (source: Buffer) => {
  const found = await readNotification(source)
  return found && { run: found.run, said: found.recipients.map((one) => [one.final, one.state, one.status]) }
}

it('notifications of three mail servers say which run, whom and why', async () => {
  const said = (status: string, state = 'failed') => ({ run, said: [['jefa@example.org', state, status]] })
  assert.deepEqual(await readable(postfix(came)), said('5.1.1'))
  assert.deepEqual(await readable(exchange(came)), said('5.1.10'))
  assert.deepEqual(await readable(gmail(came)), said('5.2.2'), 'the far server’s words are more exact than 5.0.0')
  assert.deepEqual(await readable(postfix(came, { action: 'delayed', status: '4.4.1' })), said('4.4.1', 'delayed'))
  const [one] = (await readNotification(postfix(came)))!.recipients
  assert.equal(
    one!.diagnostic,
    '550 5.1.1 <Jefa@example.org>: Recipient address rejected: User unknown in local recipient table',
  )
})

it('what is no bounce of ours is let go: holidays, receipts, others’ mails', async () => {
  for (const mail of [
    outOfOffice(came),
    postfix(came, { action: 'delivered' }),
    postfix({ ...came, id: '<otro@example.org>' }),
    postfix({ ...came, id: `<vera-34-${token}@vera.example.org>` }),
    postfix({ ...came, id: '<vera-12-1772532000000-34@vera>' }),
    Buffer.from(''),
    Buffer.from('nada'),
  ])
    assert.equal(await readNotification(mail), undefined)
})

it('what a far server said is one line of what can be seen', async () => {
  const mail = postfix(came).toString().replace('User unknown', '\u202eUser\u200b unknown\u0007')
  const [one] = (await readNotification(Buffer.from(mail)))!.recipients
  assert.match(one!.diagnostic, /^[^\p{C}]+$/u)
})

it('reasons are told in words', () => {
  const told = ['5.1.1', '5.1.10', '5.2.2', '5.7.26', '4.4.7', '5.4.99', '5.0.0', ''].map((status) => reasonOf(status))
  assert.deepEqual(told, [
    'casilla inexistente',
    'casilla inexistente',
    'casilla llena',
    'rechazado por las reglas de su servidor (¿correo no deseado?)',
    'su servidor no contestó a tiempo',
    'no se pudo llegar a su servidor',
    'su servidor lo rechazó',
    'su servidor lo rechazó',
  ])
})

it('hostile mails: cut anywhere, bytes changed, parts without end, headers without end; never a throw, never for long', async () => {
  const mails = [postfix(came), exchange(came), gmail(came)]
  await fc.assert(
    fc.asyncProperty(
      fc.nat(2),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.array(fc.tuple(fc.nat(4_000), fc.integer({ min: 0, max: 255 })), { maxLength: 40 }),
      async (which, part, changes) => {
        const mail = Buffer.from(mails[which]!)
        for (const [at, byte] of changes) if (at < mail.length) mail[at] = byte
        const found = await readNotification(mail.subarray(0, Math.ceil(part * mail.length)))
        for (const { final, status, diagnostic } of found?.recipients ?? []) {
          assert.match(final, /^\S{1,100}@\S{1,89}$/)
          assert.match(status, /^[245]\.\d{1,3}\.\d{1,3}$/)
          assert.ok(diagnostic.length <= 500)
        }
      },
    ),
    { numRuns: 200 },
  )
  const nested = Array.from(
    { length: 3_000 },
    (_, n) => `Content-Type: multipart/report; boundary="b${n}"\r\n\r\n--b${n}\r\n`,
  ).join('')
  const many = postfix(came)
    .toString()
    .replace(/Final-Recipient[\s\S]*?table\r\n\r\n/, (group) => group.repeat(5_000))
  const began = performance.now()
  assert.equal(await readNotification(Buffer.from(nested)), undefined)
  assert.equal(
    await readNotification(Buffer.from(`Content-Type: multipart/report;${' x=y;\r\n'.repeat(400_000)}`)),
    undefined,
  )
  assert.equal(await readNotification(Buffer.from(`X: ${'\t\r\n '.repeat(300_000)}`)), undefined)
  // So long a one is cut before its end, where our id would be.
  assert.equal((await readNotification(Buffer.from(many)))?.recipients.length ?? 0, 0)
  assert.ok(performance.now() - began < 15_000)
})
