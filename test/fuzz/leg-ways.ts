// Texts that go to a leg which we hold.
import assert from 'node:assert/strict'
import { applicationArgument, legId, setVariableCommand } from '../../freeswitch/esl/index.ts'
import type { CallMessage } from '../../server/flows/index.ts'
import { Session } from '../../server/flows/session.ts'
import { decoded } from '../../server/routing/voice/waiting.ts'
import { onWire } from './hostile.ts'
import type { Stand } from './stand.ts'
import { each, refusedByEncoder, type Tally, tally, type Way } from './ways.ts'

/** Citizen's and caller's names, CRM values, list columns as flow nodes leave them on the leg. */
const variables: Way = {
  name: 'variables of a leg (LiveCall.setVariables)',
  share: 330,
  async run(stand, texts) {
    const sum = tally()
    const calls = await Promise.all([stand.call(), stand.call(), stand.call(), stand.call()])
    await each(texts, 48, async (text, at) => {
      const call = calls[at % calls.length]!
      const name = `vera_f${at % 192}`
      try {
        await call.setVariables({ [name]: text })
      } catch (error) {
        if (refusedByEncoder(error, text)) sum.refused++
        return
      }
      const back = (await call.getVariable(name)) ?? ''
      // How the switch says that there is none, or nothing in it.
      const none = text === '_undef_' || text === '-ERR no reply'
      if (!text.startsWith('ARRAY::') && !none) assert.equal(back, onWire(text), 'read back byte by byte')
      sum.accepted++
    })
    for (const call of calls) await call.hangup()
    return sum
  },
}

/** As routing and the fleet set them: by command, on a leg that somebody else holds. */
const marks: Way = {
  name: 'variables by command (Hand.setVariable)',
  share: 130,
  async run(stand, texts) {
    const sum = tally()
    const call = await stand.call()
    await each(texts, 32, async (text, at) => {
      const name = `vera_g${at % 128}`
      let command: string
      try {
        command = setVariableCommand(call.uuid, name, text)
      } catch (error) {
        if (refusedByEncoder(error, text)) sum.refused++
        return
      }
      await stand.client.api(command)
      const back = await stand.client.api(`uuid_getvar ${legId(call.uuid)} ${name}`).catch((error) => error.message)
      if (text !== '' && !text.startsWith('-ERR') && back !== 'no reply')
        if (!text.startsWith('ARRAY::')) assert.equal(back, onWire(text), 'read back byte by byte')
      sum.accepted++
    })
    await call.hangup()
    return sum
  },
}

/** Names, notes and columns inside the message that a flow keeps on the leg (vera_step, vera_msg). */
const steps: Way = {
  name: "a flow's message on the leg (Session.mark)",
  share: 150,
  async run(stand, texts) {
    const sum = tally()
    const calls = await Promise.all([stand.call(), stand.call(), stand.call(), stand.call()])
    let logged = ''
    await each(calls, calls.length, async (call, lane) => {
      const session = new Session(
        {
          id: call.uuid,
          leg: call.uuid,
          from: call.from,
          fromName: '',
          to: call.to,
          agencyId: 1,
          agencyName: '',
          language: 'es',
          startedAt: 0,
        },
        call,
        {
          facts: { record() {} } as never,
          alarms: { raise() {} },
          clock: {
            now: () => 0, // At once: what is written counts here, not when.
            after: (_: number, action: () => void) => {
              action()
              return () => {}
            },
          } as never,
          log: (line) => (logged = line),
          fallback: async () => {},
          goodbye: async () => {},
          forget() {},
          endedMs: 1e6,
          stuckMs: 1e6,
        },
      )
      const mine = texts.filter((_, at) => at % calls.length === lane)
      for (let at = 0; at < mine.length; at += 5) {
        const [name = '', note = '', column = '', key = '', node = ''] = mine.slice(at, at + 5)
        const message = {
          call: { ...session.data, fromName: name },
          citizen: { id: 1, name, note } as never,
          row: { [key]: column },
        } as unknown as CallMessage
        session.mark(node, message)
        const read = (await call.getVariable('vera_step')) ?? ''
        // Whole characters are what JSON promises; half of a pair comes back as it was written, too.
        assert.deepEqual(decoded(read), JSON.parse(JSON.stringify({ node, message })), 'the message reads back')
        assert.match(read, /^[\w-]+$/)
        sum.accepted += Math.min(5, mine.length - at)
      }
    })
    assert.equal(logged, '')
    for (const call of calls) await call.hangup()
    return sum
  },
}

/** Whatever a verb of the call is given: files, tones, keys, numbers, extensions, causes. */
const verbs: Way = {
  name: 'arguments of verbs (play, gather, record, bridge, transfer, hangup)',
  // Each runs a verb to its end, some for seconds: a hundred of a hundred thousand.
  share: 0.8,
  async run(stand, texts) {
    const sum = tally()
    let call = await stand.call()
    const fresh = async () => {
      if (call.hungUp) call = await stand.call()
      return call
    }
    const near = ['', '/', '/tmp/', '/tmp/a.wav', 'user/1001', 'loopback/', 'sofia/gateway/a/', '100', '%(100,']
    for (const [at, text] of texts.entries()) {
      const given = `${near[at % near.length]}${text}`
      const live = await fresh()
      const work = [
        () => live.play([{ file: given }]),
        () => live.play([{ tone: given }]),
        () => live.play([{ file: '/tmp/none.wav' }], { terminators: given }),
        () => live.gather({ prompts: [], min: 0, max: 1, timeoutMs: 1, betweenMs: 1, terminators: given }),
        () => live.gather({ prompts: [{ file: given }], min: 0, max: 1, timeoutMs: 1, betweenMs: 1, terminators: '' }),
        () =>
          live.record({
            path: `${given}.wav`,
            maxSeconds: 1,
            silenceSeconds: 0,
            terminators: '',
            beep: false,
          } as never),
        () => live.startRecording(`${given}.wav`),
        () => live.bridge(given, { timeoutSeconds: 1 }),
        () => live.bridge('loopback/1/none', { timeoutSeconds: 1, ringback: given }),
        () => live.transfer(given, 'vera'),
        () => live.transfer('vera_wait', given),
        () => live.setVariables({ [given]: 'x' }),
        () => live.hangup(given),
        () => stand.client.execute(live.uuid, given),
      ][at % 14]!
      // What plays for ever ends with its leg.
      const late = setTimeout(() => stand.client.api(`uuid_kill ${live.uuid}`).catch(() => {}), 2_000)
      try {
        await work()
        sum.accepted++
        if (at % 14 === 9 || at % 14 === 10) await stand.client.api(`uuid_kill ${live.uuid}`).catch(() => {})
        if ([9, 10, 12].includes(at % 14)) await live.ended
      } catch (error) {
        const { code } = error as { code: string }
        // The folder that a path names is not there: nothing was run.
        if (code === 'switch.refused') sum.refused++
        else if (refusedByEncoder(error, given)) sum.refused++
      } finally {
        clearTimeout(late)
      }
    }
    await call.hangup()
    return sum
  },
}

/** The sink of applications' arguments by itself: what passes the encoder must come out as it went in. */
const argument: Way = {
  name: "an application's argument (sendmsg)",
  share: 60,
  async run(stand, texts) {
    const sum = tally()
    const call = await stand.call()
    await each(texts, 16, async (text, at) => {
      // `set` trims the value and looks for its name before `=`.
      const name = `vera_h${at % 64}`
      try {
        applicationArgument(text)
        await stand.client.execute(call.uuid, 'set', `${name}=v${text}.`)
      } catch (error) {
        if (refusedByEncoder(error, text)) sum.refused++
        return
      }
      sum.accepted++
      await readBack(stand, call, name, onWire(`v${text}.`))
    })
    await call.hangup()
    return sum
  },
}

async function readBack(
  stand: Stand,
  call: { getVariable(name: string): Promise<string | undefined> },
  name: string,
  text: string,
) {
  // The switch takes the order at once and runs it when its turn comes.
  for (let left = 600; ; left--) {
    const back = await call.getVariable(name)
    if (back === text) return
    if (left === 0) assert.equal(back, text, `an argument that the encoder let pass (${stand.kind})`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

export const legWays: Way[] = [variables, marks, steps, verbs, argument]
export type { Tally }
