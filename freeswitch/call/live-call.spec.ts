import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, test } from 'node:test'
import { type CallListener, type CallSession, listenCalls } from '../esl/index.ts'
import { type Line, lineOf } from '../esl/scripted-switch.ts'
import { createLiveCall, type LiveCall } from './index.ts'

const U = 'd0ffee00-1111-4222-8333-444444444444'
let listener: CallListener | undefined
let line: Line | undefined

afterEach(async () => {
  line?.socket.destroy()
  await listener?.close(true)
})

/** A call as the switch gives it: the test is the switch. `on` answers the commands; undefined leaves one without answer. */
async function ring(on: (command: string[], line: Line) => void, headers = ''): Promise<LiveCall> {
  const { promise, resolve } = Promise.withResolvers<CallSession>()
  listener = await listenCalls({ host: '127.0.0.1', port: 0, onCall: resolve })
  const socket = connect(listener.port, '127.0.0.1')
  await once(socket, 'connect')
  const mine = lineOf(socket)
  line = mine
  assert.deepEqual(await mine.read(), ['connect'])
  socket.write(
    `Event-Name: CHANNEL_DATA\nUnique-ID: ${U}\nCaller-Caller-ID-Number: %2B549342\nCaller-Caller-ID-Name: Jos%E9\n` +
      `Caller-Destination-Number: 0800\nvariable_vera_x: a%0Ab%25\n${headers}Content-Type: command/reply\nReply-Text: %2BOK%0A\n\n`,
  )
  const first = [await mine.read(), await mine.read(), await mine.read()].map(([text]) => text?.split(' ')[0])
  assert.deepEqual(first, ['linger', 'myevents', 'event'])
  for (let i = 0; i < 3; i++) mine.reply('+OK')
  const serve = async () => {
    for (;;) on(await mine.read(), mine)
  }
  void serve()
  return createLiveCall(await promise)
}

const header = (command: string[], name: string) =>
  command.find((text) => text.startsWith(`${name}: `))?.slice(name.length + 2)

/** Says +OK to everything; an application ends at once with `answer`'s headers, or not at all where that is undefined. */
function answers(answer: (application: string, argument: string) => Record<string, string> | undefined) {
  return (command: string[], to: Line) => {
    if (command[0]?.startsWith('api file_exists')) return to.api(command[0].includes('missing') ? 'false' : 'true')
    if (command[0]?.startsWith('api')) return to.api('+OK\n')
    to.reply('+OK')
    const application = header(command, 'execute-app-name')
    if (!application) return
    const run = { 'Unique-ID': U, 'Application-UUID': header(command, 'event-uuid') ?? '' }
    to.event({ 'Event-Name': 'CHANNEL_EXECUTE', 'Event-Date-Timestamp': '1000000', ...run })
    const more = answer(application, header(command, 'execute-app-arg') ?? '')
    if (more) to.event({ 'Event-Name': 'CHANNEL_EXECUTE_COMPLETE', 'Event-Date-Timestamp': '1250000', ...run, ...more })
  }
}

const hangUp = (to: Line) =>
  to.event({
    'Event-Name': 'CHANNEL_HANGUP_COMPLETE',
    'Unique-ID': U,
    'Hangup-Cause': 'NORMAL_CLEARING',
    variable_hangup_cause_q850: '16',
    variable_sip_hangup_disposition: 'recv_bye',
    'Event-Date-Timestamp': '1795466408501234',
  })

test('the leg says who calls, decoded', async () => {
  const call = await ring(answers(() => ({})))
  assert.deepEqual(
    [call.uuid, call.from, call.fromName, call.to, call.variables.vera_x],
    [U, '+549342', 'José', '0800', 'a\nb%'],
  )
})

test('a leg back from a queue tells the number that was dialled first', async () => {
  const call = await ring(
    answers(() => ({})),
    'variable_vera_to: 0800123\n',
  )
  assert.equal(call.to, '0800123')
})

test('play: done, key, missing, and the time of the switch', async () => {
  const ends: Record<string, string>[] = [
    { 'Application-Response': 'FILE PLAYED' },
    { 'Application-Response': 'FILE PLAYED', variable_playback_terminator_used: '5' },
    { 'Application-Response': 'FILE NOT FOUND' },
    { 'Application-Response': 'PLAYBACK ERROR', 'Answer-State': 'hangup' },
  ]
  const call = await ring(answers(() => ends.shift()))
  const prompt = [{ file: '/a.wav' }]
  assert.deepEqual(await call.play(prompt), { ended: 'done', playedMs: 250 })
  assert.deepEqual(await call.play(prompt, { terminators: '5' }), { ended: 'key', key: '5', playedMs: 250 })
  assert.deepEqual(await call.play(prompt), { ended: 'missing', playedMs: 0 })
  assert.deepEqual(await call.play(prompt), { ended: 'hangup', playedMs: 0 })
  assert.deepEqual(await call.play([{ file: '/a.wav' }, { file: '/missing.wav' }]), { ended: 'missing', playedMs: 0 })
})

test('gather: what an earlier one left is unset before it asks; read_result is never the answer', async () => {
  const given = ['12', undefined, '1']
  let left: string | undefined = '99'
  const serve = answers((_, argument) => {
    const name = argument.split(' ')[7] as string
    left = given.shift() ?? left
    return { variable_read_result: 'success', ...(left ? { [`variable_${name}`]: left } : {}) }
  })
  const call = await ring((command, to) => {
    if (command[0] === `api uuid_setvar ${U} vera_answer ''`) left = undefined
    serve(command, to)
  })
  const options = { prompts: [], min: 2, max: 3, timeoutMs: 1000, betweenMs: 500, terminators: '#' }
  assert.deepEqual(await call.gather(options), { ended: 'digits', digits: '12' })
  assert.deepEqual(await call.gather(options), { ended: 'timeout', digits: '' })
  assert.deepEqual(await call.gather(options), { ended: 'timeout', digits: '1' })
})

test('every verb settles when the caller hangs up in the middle of it, and at once afterwards', async () => {
  const call = await ring(
    answers(() => {
      setImmediate(() => hangUp(line!))
      return undefined
    }),
  )
  assert.deepEqual(await call.play([{ file: '/a.wav' }]), { ended: 'hangup', playedMs: 0 })
  assert.deepEqual(await call.ended, { cause: 'NORMAL_CLEARING', q850: 16, side: 'caller', at: 1795466408501 })
  assert.equal(await call.released, 'hungup')
  const record = { path: '/a.wav', maxSeconds: 1, silenceSeconds: 1, terminators: '', beep: true }
  assert.equal((await call.record(record)).ended, 'hangup')
  assert.equal(
    (await call.gather({ prompts: [], min: 1, max: 1, timeoutMs: 1, betweenMs: 1, terminators: '' })).ended,
    'hangup',
  )
  assert.equal((await call.bridge('user/1@a')).ended, 'hangup')
  await Promise.all([call.answer(), call.hangup(), call.setVariables({ a: 'b' }), call.transfer('a', 'b')])
  assert.equal(await call.getVariable('a'), undefined)
})

test('a connection that breaks in the middle settles the verb too', async () => {
  const call = await ring(
    answers(() => {
      setImmediate(() => line!.socket.destroy())
      return undefined
    }),
  )
  assert.equal((await call.bridge('user/1001@vera')).ended, 'hangup')
  assert.equal(await call.released, 'lost')
  assert.equal((await call.ended).cause, 'SOCKET_LOST')
})

test('record: a folder that is not there, or a bad path, never reaches the switch', async () => {
  const run: string[] = []
  const call = await ring(
    answers((application) => {
      run.push(application)
      return {}
    }),
  )
  const options = { path: '/missing/a.wav', maxSeconds: 1, silenceSeconds: 0, terminators: '#', beep: false }
  assert.equal((await call.record(options)).ended, 'failed')
  for (const path of ['/a b.wav', 'a.wav', '/a/../b.wav', '/a.exe', '/a.wav\n\napi x', '/${x}.wav']) {
    await assert.rejects(call.record({ ...options, path }), { code: 'switch.unsafe' })
  }
  assert.deepEqual(run, [])
})

test('setVariables: all or none', async () => {
  const sent: string[] = []
  const call = await ring((command, to) => {
    sent.push(command[0] as string)
    to.api('+OK\n')
  })
  await assert.rejects(call.setVariables({ a: 'good', b: 'line\nbreak' }), { code: 'switch.unsafe' })
  assert.deepEqual(sent, [])
  await call.setVariables({ a: "it's ${x}" })
  assert.deepEqual(sent, [`api uuid_setvar ${U} a 'it\\'s \${x}'`])
})

test('transfer lets go of the leg', async () => {
  const call = await ring(answers(() => ({})))
  await call.transfer('vera_wait', 'vera')
  assert.equal(await call.released, 'transferred')
  assert.equal(call.hungUp, undefined)
  assert.equal((await call.play([{ file: '/a.wav' }])).ended, 'hangup')
})

test('keys are told only while nobody collects', async () => {
  const dtmf = (digit: string) => line!.event({ 'Event-Name': 'DTMF', 'Unique-ID': U, 'DTMF-Digit': digit })
  const call = await ring(
    answers((application): Record<string, string> => {
      if (application !== 'play_and_get_digits') return { 'Application-Response': 'FILE PLAYED' }
      dtmf('1')
      return {}
    }),
  )
  const keys: string[] = []
  call.on('key', (key) => keys.push(key))
  await call.gather({ prompts: [], min: 1, max: 1, timeoutMs: 1, betweenMs: 1, terminators: '' })
  dtmf('2')
  await call.play([{ file: '/a.wav' }])
  assert.deepEqual(keys, ['2'])
})
