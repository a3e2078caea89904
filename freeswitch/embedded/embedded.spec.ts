import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import fc from 'fast-check'
import { createLiveCall } from '../call/index.ts'
import { holdMusic } from '../conf/music.ts'
import { confFolder } from '../conf/site.ts'
import { listenCalls, setVariableCommand } from '../esl/index.ts'
import { readDialplan, route } from './dialplan.ts'
import { expand } from './expand.ts'
import { type EmbeddedOptions, simulateCitizens, startEmbeddedSwitch } from './index.ts'
import { takeVariables } from './originate.ts'
import { seeded } from './random.ts'
import { separate } from './separate.ts'
import { soundMs, writeRecording } from './sound.ts'

const limit = { timeout: 150_000 }
const folder = mkdtempSync(join(tmpdir(), 'vera-embedded-'))
after(() => rmSync(folder, { recursive: true, force: true }))

describe('variables and arguments', () => {
  const values: Record<string, string> = { a: '1', b: '${a}2', word: 'abcdef' }
  const look = (name: string) => values[name]
  const none = () => undefined
  it('expands names, slices, nested values and globals, and no commands', () => {
    assert.equal(expand('x${a}y', look, none), 'x1y')
    assert.equal(expand('${b}', look, none), '12')
    assert.equal(expand('${word:1:3} ${word:-2}', look, none), 'bcd ef')
    assert.equal(
      expand('$${g}/${g}', none, (name) => (name === 'g' ? 'G' : undefined)),
      'G/G',
    )
    assert.equal(expand('${uuid_kill(x)}|${nothing}', look, none), '|')
    assert.equal(expand('open ${a', look, none), 'open ${a')
  })
  it('gives back any text that the platform quotes for uuid_setvar', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 60 }).filter((text) => !/[\r\n\0]/.test(text)),
        (text) => {
          const [, , name, value] = separate(setVariableCommand('u', 'v', text), ' ', 4)
          assert.equal(name, 'v')
          assert.equal(value ?? '', text)
        },
      ),
    )
  })
  it('takes {} off a dial string', () => {
    assert.deepEqual(takeVariables("{a=1,b='x y'}{c=2}user/1001@d", '{', '}'), {
      variables: { a: '1', b: 'x y', c: '2' },
      rest: 'user/1001@d',
    })
  })
})

describe('the shipped dialplan', () => {
  const dialplan = readDialplan([join(confFolder, 'dialplan')])
  const steps = (context: string, number: string, variables: Record<string, string> = {}) =>
    route(
      dialplan,
      context,
      (name) => (name === 'destination_number' ? number : undefined),
      (name) => variables[name],
      () => undefined,
    )?.map(({ application, data }) => `${application} ${data}`.trim())
  it('gives a number of the trunk to the platform, with a fallback behind', () => {
    const list = steps('public', '+543425550100')!
    assert.ok(list.includes('set vera_entry=+543425550100'))
    assert.deepEqual(list.slice(-2), ['socket ${vera_socket} async full', 'transfer vera_lost XML vera'])
  })
  it('refuses what is not a number', () => {
    assert.deepEqual(steps('public', 'vera_wait'), ['hangup UNALLOCATED_NUMBER'])
    assert.deepEqual(steps('agents', 'vera_wait'), ['hangup OUTGOING_CALL_BARRED'])
    assert.equal(steps('nowhere', '1'), undefined)
  })
  it('goes to music and asks again for a call that the platform had, serves one it never had without it', () => {
    assert.deepEqual(steps('vera', 'vera_lost'), ['transfer vera_fallback XML vera'])
    const had = steps('vera', 'vera_lost', { vera_interaction: 'i', vera_step: 'x' })!
    assert.equal(had[0], 'set vera_exit=lost')
    assert.equal(had.filter((step) => step.startsWith('socket')).length, 10)
    assert.equal(had.at(-1), 'transfer vera_given_up XML vera')
    assert.ok(!steps('vera', 'vera_lost', { vera_interaction: 'i' })!.includes('set vera_exit=lost'))
    assert.deepEqual(steps('vera', 'vera_given_up', { vera_served: 'true' }), ['hangup NORMAL_CLEARING'])
    assert.deepEqual(steps('vera', 'vera_given_up'), ['transfer vera_fallback XML vera'])
  })
  it('remembers at the resume who has been served', () => {
    assert.ok(steps('vera', 'vera_resume', { vera_exit: 'answered' })!.includes('set vera_served=true'))
    assert.ok(!steps('vera', 'vera_resume', { vera_exit: 'timeout' })!.includes('set vera_served=true'))
    assert.ok(!steps('vera', 'vera_wait')!.some((step) => step.startsWith('socket')))
  })
})

describe('sounds', () => {
  it('measures files and streams', () => {
    const music = join(folder, 'music.wav')
    writeFileSync(music, holdMusic(4))
    assert.equal(soundMs(music), 4000)
    assert.equal(soundMs(`file_string://${music}!silence_stream://500!tone_stream://%(200,50,440);loops=2`), 5000)
    assert.equal(soundMs('local_stream://vera'), Number.POSITIVE_INFINITY)
    assert.equal(soundMs(join(folder, 'none.wav')), undefined)
  })
  it('writes recordings with sound in them, of the right length, small on disk', () => {
    const path = join(folder, 'hour.wav')
    assert.equal(writeRecording(path, 3_600_000, 2), true)
    assert.equal(soundMs(path), 3_600_000)
    assert.ok(
      readFileSync(path)
        .subarray(44, 8000)
        .some((byte) => byte !== 0),
    )
    const { size, blocks } = statSync(path)
    assert.ok(blocks * 512 < size / 5, 'mostly a hole')
  })
})

/** A switch with a platform behind it that answers, asks for a key and hangs up. */
async function centre(options: Partial<EmbeddedOptions>, keys: string[] = []) {
  const listener = await listenCalls({
    host: '127.0.0.1',
    port: 0,
    async onCall(session) {
      const call = createLiveCall(session)
      await call.answer()
      const got = await call.gather({
        prompts: [{ tone: '%(500,0,440)' }],
        min: 1,
        max: 1,
        timeoutMs: 5000,
        betweenMs: 1000,
        terminators: '',
      })
      keys.push(got.ended === 'digits' ? got.digits : got.ended)
      await call.hangup()
    },
  })
  const embedded = await startEmbeddedSwitch({ password: 'p', callListen: `127.0.0.1:${listener.port}`, ...options })
  return {
    embedded,
    stop: async () => {
      await embedded.stop()
      await listener.close(true)
    },
  }
}

describe('simulated people', () => {
  it('draws the same numbers from the same seed', () => {
    const draw = () => {
      const random = seeded(7)
      return [random.next(), random.exponential(10), random.lognormal(100, 20), random.whole(1, 9)]
    }
    assert.deepEqual(draw(), draw())
  })

  it('lives three busy hours in seconds, citizens calling by the curve', limit, async () => {
    const keys: string[] = []
    // 10:00 in Argentina on a Monday.
    const { embedded, stop } = await centre({ speed: 3600, startAt: Date.UTC(2026, 10, 23, 13), phones: [] }, keys)
    const ended: number[] = []
    const over = Promise.withResolvers<void>()
    const citizens = simulateCitizens(embedded, {
      seed: 3,
      curve: (weekday, hour) => (weekday === 1 && hour >= 10 && hour < 13 ? 60 : 0),
      numbers: ['3424000001', '3424000002'],
      dids: ['3425550100'],
      intend: (random, basic) => ({ ...basic, keys: [String(random.whole(1, 4))] }),
      onEnded: (call) => void ended.push(call.durationMs),
    })
    embedded.clock.after(4 * 3_600_000, () => over.resolve())
    // The clock's timers do not hold the process; the listening sockets do.
    await over.promise
    citizens.stop(true)
    assert.ok(citizens.calls > 120 && citizens.calls < 250, `${citizens.calls} calls of some 180`)
    assert.ok(keys.some((key) => /^[1-4]$/.test(key)))
    await stop()
    assert.equal(citizens.onLine, 0)
    assert.equal(ended.length, citizens.calls)
  })

  it('makes a test call: waits for prompts, presses, says what was heard', limit, async () => {
    const { embedded, stop } = await centre({})
    const call = await embedded.placeCall({ from: '3424123456', to: '3425550100', keys: '7' })
    assert.deepEqual(call.heard, ['tone_stream://%(500,0,440)'])
    assert.deepEqual(call.pressed, ['7'])
    assert.deepEqual(call.ended, { cause: 'NORMAL_CLEARING', side: 'platform' })
    await stop()
  })

  it('rings a manual phone until it is told to talk, is busy meanwhile, and goes off', limit, async () => {
    const { embedded, stop } = await centre({ phones: ['1001'], phoneMode: 'manual' })
    const ringing = embedded.api('originate {origination_uuid=u1}user/1001@vera.local &park()')
    while (!(await embedded.api('show channels as json')).includes('"callstate":"RINGING"'))
      await new Promise(setImmediate)
    assert.equal(await embedded.api('originate user/1001@vera.local &park()'), '-ERR USER_BUSY\n')
    assert.equal(await embedded.api('uuid_phone_event u1 talk'), '+OK Success\n')
    assert.equal(await ringing, '+OK u1\n')
    assert.equal(await embedded.api('vera_phone 1001 off'), '+OK\n')
    assert.equal(await embedded.api('originate user/1001@vera.local &park()'), '-ERR USER_NOT_REGISTERED\n')
    await stop()
    assert.equal(embedded.legs, 0)
  })
})
