import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createLiveCall, type LiveCall } from './call/index.ts'
import { wavFile } from './conf/music.ts'
import { EslClient, listenCalls, type SwitchAddress, type SwitchEvent } from './esl/index.ts'
import type { Call, CallRequest } from './place-call.ts'

/** A switch under test. */
export type SwitchUnderTest = {
  address: SwitchAddress
  /** Dial strings of phones: one answers after some 300 ms, one is busy, one rings for ever, one does not exist. */
  phones: { answers: string; busy: string; rings: string; absent: string }
  /** A call from outside into the context `public`. */
  place(client: EslClient, request: CallRequest): Promise<Call>
  stop(): Promise<void>
}
/** Starts the switch; calls must come to `callListen`, files may be kept in `folder`. */
export type StartSwitch = (given: { callListen: string; folder: string }) => Promise<SwitchUnderTest>

/** The dialplan of the phones of the contract, for switches that have no simulated ones. */
export const contractPhones = `<include>
<context name="phones">
<extension name="answers"><condition field="destination_number" expression="^1001$"><action application="ring_ready"/><action application="sleep" data="300"/><action application="answer"/><action application="park"/></condition></extension>
<extension name="busy"><condition field="destination_number" expression="^1002$"><action application="hangup" data="USER_BUSY"/></condition></extension>
<extension name="rings"><condition field="destination_number" expression="^1003$"><action application="ring_ready"/><action application="sleep" data="60000"/></condition></extension>
</context>
</include>
`

const events = [
  'CHANNEL_CREATE',
  'CHANNEL_ANSWER',
  'CHANNEL_PROGRESS',
  'CHANNEL_EXECUTE',
  'CHANNEL_EXECUTE_COMPLETE',
  'CHANNEL_BRIDGE',
  'CHANNEL_UNBRIDGE',
  'CHANNEL_PARK',
  'CHANNEL_HOLD',
  'CHANNEL_HANGUP',
  'CHANNEL_HANGUP_COMPLETE',
  'CHANNEL_DESTROY',
  'PLAYBACK_START',
  'PLAYBACK_STOP',
  'RECORD_START',
  'RECORD_STOP',
  'DTMF',
  'BACKGROUND_JOB',
]
const did = '3425550100'
/** A switch that does not answer must fail the test, not hang it. */
const limit = { timeout: 30_000 }

/** What the embedded switch and a real FreeSWITCH must both do. */
export function switchContract(name: string, start: StartSwitch): void {
  describe(`switch contract: ${name}`, () => {
    let folder: string
    let target: SwitchUnderTest
    let client: EslClient
    let listener: Awaited<ReturnType<typeof listenCalls>>
    let prompt: string
    let long: string
    const calls: LiveCall[] = []
    let onCall = () => {}
    const seen: SwitchEvent[] = []

    const nextCall = async (): Promise<LiveCall> => {
      while (calls.length === 0) await new Promise<void>((resolve) => (onCall = resolve))
      return calls.shift()!
    }
    /** The first event from now on (or from `from`) that fits. */
    const event = (fits: (event: SwitchEvent) => boolean, from = seen.length, what = ''): Promise<SwitchEvent> =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = seen.slice(from).find(fits)
          if (!found) return
          clearTimeout(timer)
          client.off('event', look as never)
          resolve(found)
        }
        const timer = setTimeout(() => {
          client.off('event', look as never)
          reject(new Error(`no such event within 8 s: ${what || fits}`))
        }, 8000)
        client.on('event', look)
        look()
      })
    const of = (uuid: string, eventName: string) => (one: SwitchEvent) => one.uuid === uuid && one.name === eventName
    /** A caller who does what `request` says, and the platform's hand on the call, answered. */
    const answered = async (request: Partial<CallRequest> = {}) => {
      const ended = target.place(client, { from: '3424123456', to: did, ...request })
      const call = await nextCall()
      await call.answer()
      return { call, ended }
    }
    /** Ends what may still be there of a call. */
    const finish = async (call: LiveCall, ended: Promise<Call>) => {
      await client.api(`uuid_kill ${call.uuid}`).catch(() => {})
      return ended
    }

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'vera-contract-'))
      prompt = join(folder, 'short.wav')
      long = join(folder, 'long.wav')
      const tone = (seconds: number) => Int16Array.from({ length: seconds * 8000 }, (_, i) => 8000 * Math.sin(i / 3))
      writeFileSync(prompt, wavFile(tone(0.3)))
      writeFileSync(long, wavFile(tone(6)))
      listener = await listenCalls({
        host: '127.0.0.1',
        port: 0,
        onCall(session) {
          calls.push(createLiveCall(session))
          onCall()
        },
      })
      target = await start({ callListen: `127.0.0.1:${listener.port}`, folder })
      client = new EslClient({ address: target.address, events })
      client.on('event', (one) => void seen.push(one))
      const up = new Promise<void>((resolve) => client.on('up', () => resolve()))
      client.start()
      await up
    })
    after(async () => {
      await client?.stop()
      await target?.stop()
      await listener?.close(true)
      rmSync(folder, { recursive: true, force: true })
    })

    it('refuses a wrong password and says so', limit, async () => {
      const said = Promise.withResolvers<void>()
      const log = { info() {}, warn: () => said.resolve(), error: () => said.resolve() }
      const stranger = new EslClient({ address: { ...target.address, password: 'wrong' }, events: [], log })
      stranger.start()
      await said.promise
      assert.equal(stranger.state, 'refused')
      await stranger.stop()
    })

    it('gives a call of the trunk to the platform with who calls whom', limit, async () => {
      const from = seen.length
      const { call, ended } = await answered({ fromName: 'Ana' })
      assert.equal(call.from, '3424123456')
      assert.equal(call.fromName, 'Ana')
      assert.equal(call.to, did)
      assert.equal(call.variables.vera_entry, did)
      await call.hangup()
      const result = await ended
      assert.equal(result.answered, true)
      assert.deepEqual(result.ended, { cause: 'NORMAL_CLEARING', side: 'platform' })
      await event(of(call.uuid, 'CHANNEL_HANGUP_COMPLETE'), from)
      const order = seen
        .slice(from)
        .filter(
          (one) => one.uuid === call.uuid && /^CHANNEL_(CREATE|ANSWER|PARK|HANGUP|HANGUP_COMPLETE)$/.test(one.name),
        )
        .map((one) => one.name)
      assert.deepEqual(order, [
        'CHANNEL_CREATE',
        'CHANNEL_PARK',
        'CHANNEL_ANSWER',
        'CHANNEL_HANGUP',
        'CHANNEL_HANGUP_COMPLETE',
      ])
      const complete = seen.find(of(call.uuid, 'CHANNEL_HANGUP_COMPLETE'))!
      assert.equal(complete.headers['Hangup-Cause'], 'NORMAL_CLEARING')
      assert.equal(complete.headers.variable_hangup_cause_q850, '16')
      const instant = (key: string) => Number(complete.headers[`variable_${key}_uepoch`])
      assert.ok(instant('start') <= instant('answer') && instant('answer') <= instant('end'), 'instants in order')
      assert.equal((await call.ended).cause, 'NORMAL_CLEARING')
    })

    it('plays a file to its end, with its events in order', limit, async () => {
      const from = seen.length
      const { call, ended } = await answered()
      const played = await call.play([{ file: prompt }])
      assert.equal(played.ended, 'done')
      assert.ok(played.playedMs >= 250 && played.playedMs < 900, `played ${played.playedMs} ms`)
      await call.hangup()
      assert.deepEqual((await ended).heard, [prompt])
      const own = seen
        .slice(from)
        .filter((one) => one.uuid === call.uuid && one.headers['Playback-File-Path'] === prompt)
      assert.deepEqual(
        own.map((one) => one.name),
        ['PLAYBACK_START', 'PLAYBACK_STOP'],
      )
      assert.equal(own[1]!.headers['Playback-Status'], 'done')
    })

    it('stops a prompt at a key, and says which', limit, async () => {
      const { call, ended } = await answered({ keys: '5' })
      const from = seen.length
      assert.deepEqual(
        { ...(await call.play([{ file: long }], { terminators: '5#' })), playedMs: 0 },
        { ended: 'key', key: '5', playedMs: 0 },
      )
      const stop = await event(of(call.uuid, 'PLAYBACK_STOP'), from)
      assert.equal(stop.headers['Playback-Status'], 'break')
      assert.equal((await event(of(call.uuid, 'DTMF'), from)).headers['DTMF-Digit'], '5')
      await finish(call, ended)
    })

    it('tells a file that is not there, tones, silence and lists of files', limit, async () => {
      const { call, ended } = await answered()
      assert.equal((await call.play([{ file: join(folder, 'none.wav') }])).ended, 'missing')
      assert.equal((await call.play([{ tone: '%(100,0,440)' }, { silenceMs: 100 }, { file: prompt }])).ended, 'done')
      await call.hangup()
      await ended
    })

    it('answers FILE NOT FOUND without PLAYBACK_START to a bare playback of nothing', limit, async () => {
      const { call, ended } = await answered()
      const from = seen.length
      await client.execute(call.uuid, 'playback', join(folder, 'none.wav'))
      const complete = await event(
        (one) => of(call.uuid, 'CHANNEL_EXECUTE_COMPLETE')(one) && one.headers.Application === 'playback',
        from,
      )
      assert.equal(complete.headers['Application-Response'], 'FILE NOT FOUND')
      assert.equal(seen.slice(from).some(of(call.uuid, 'PLAYBACK_START')), false)
      await finish(call, ended)
    })

    it('gathers digits: terminator, barge-in, as many as wanted, too few, none', limit, async () => {
      const { call, ended } = await answered({ keys: '12#w345w6w' })
      const ask = { min: 1, max: 4, timeoutMs: 1000, betweenMs: 1000, terminators: '#' }
      assert.deepEqual(await call.gather({ ...ask, prompts: [{ file: long }] }), {
        ended: 'digits',
        digits: '12',
        terminator: '#',
      })
      assert.deepEqual(await call.gather({ ...ask, max: 3, prompts: [{ file: prompt }] }), {
        ended: 'digits',
        digits: '345',
      })
      const few = await call.gather({ ...ask, min: 3, prompts: [{ file: prompt }] })
      assert.equal(few.ended, 'timeout')
      assert.deepEqual(await call.gather({ ...ask, prompts: [{ file: prompt }] }), { ended: 'timeout', digits: '' })
      await call.hangup()
      assert.deepEqual((await ended).pressed, ['1', '2', '#', '3', '4', '5', '6'])
    })

    it('settles a verb when the caller hangs up in the middle of it', limit, async () => {
      for (const verb of ['play', 'gather', 'record'] as const) {
        const { call, ended } = await answered({ hangUpAfterMs: 400 })
        const path = join(folder, `cut-${verb}.wav`)
        const result =
          verb === 'play'
            ? await call.play([{ file: long }])
            : verb === 'gather'
              ? await call.gather({
                  prompts: [{ file: long }],
                  min: 1,
                  max: 1,
                  timeoutMs: 1000,
                  betweenMs: 1000,
                  terminators: '#',
                })
              : await call.record({ path, maxSeconds: 9, silenceSeconds: 0, terminators: '#', beep: false })
        assert.equal(result.ended, 'hangup', verb)
        assert.equal((await call.ended).side, 'caller', verb)
        assert.deepEqual((await ended).ended, { cause: 'NORMAL_CLEARING', side: 'caller' }, verb)
        assert.equal((await call.play([{ file: prompt }])).ended, 'hangup', 'a verb on a dead leg')
      }
    })

    it('records the caller into a real file, ended by a key or by the maximum', limit, async () => {
      const { call, ended } = await answered({ keys: 'ppp' })
      const path = join(folder, 'message.wav')
      const recording = call.record({ path, maxSeconds: 8, silenceSeconds: 0, terminators: '#', beep: false })
      await event(of(call.uuid, 'RECORD_START'), 0)
      setTimeout(() => void client.api(`uuid_recv_dtmf ${call.uuid} #`), 700)
      assert.equal((await recording).ended, 'key')
      const head = readFileSync(path).subarray(0, 48)
      assert.equal(head.toString('latin1', 0, 4), 'RIFF')
      assert.equal(
        (await call.record({ path, maxSeconds: 1, silenceSeconds: 0, terminators: '#', beep: false })).ended,
        'maximum',
      )
      assert.equal(
        (
          await call.record({
            path: '/nowhere-at-all/x.wav',
            maxSeconds: 1,
            silenceSeconds: 0,
            terminators: '#',
            beep: false,
          })
        ).ended,
        'failed',
      )
      await finish(call, ended)
    })

    it('keeps hostile text in a variable as it is', limit, async () => {
      const { call, ended } = await answered()
      const texts = [
        "it's ${uuid}",
        '\\ back\\slash \\n',
        '"quotes" {a=b} [c]',
        '  spaces  ',
        'ñandú €',
        '%41 ^^:x',
        '<b>&amp;',
        "'",
        '${version()}',
        ';,|',
      ]
      for (const text of texts) {
        await call.setVariables({ vera_text: text })
        assert.equal(await call.getVariable('vera_text'), text)
      }
      await call.setVariables({ vera_text: '' })
      assert.equal(await call.getVariable('vera_text'), undefined)
      await call.hangup()
      await ended
    })

    it(
      'lets a caller wait, offers an agent, joins both, records them, and takes the flow up again',
      limit,
      async () => {
        const { call, ended } = await answered({ hangUpAfterMs: 60_000 })
        await call.setVariables({ vera_interaction: 'i-1', vera_queue: '7' })
        let from = seen.length
        await call.transfer('vera_wait', 'vera')
        await event(of(call.uuid, 'PLAYBACK_START'), from, 'music')
        // show channels lags behind on the real one.
        let row: Record<string, string> | undefined
        for (let tries = 0; tries < 40 && row?.application !== 'playback'; tries++) {
          const shown = JSON.parse(await client.api('show channels as json')) as { rows?: Record<string, string>[] }
          row = shown.rows?.find((one) => one.uuid === call.uuid)
          if (row?.application !== 'playback') await new Promise((resolve) => setTimeout(resolve, 50))
        }
        assert.equal(row?.application, 'playback')
        assert.equal(row?.context, 'vera')
        assert.equal((await client.api(`uuid_getvar ${call.uuid} vera_queue`)).trim(), '7')

        from = seen.length
        await client.api(`uuid_recv_dtmf ${call.uuid} 9`)
        assert.equal((await event(of(call.uuid, 'DTMF'), from, 'key while waiting')).headers['DTMF-Digit'], '9')

        from = seen.length
        assert.match(await client.api(`uuid_broadcast ${call.uuid} ${prompt} aleg`), /^\+OK/)
        await event((one) => of(call.uuid, 'PLAYBACK_STOP')(one) && one.headers['Playback-File-Path'] === prompt, from)

        from = seen.length
        const agent = 'contract-agent-1'
        assert.match(
          await client.bgapi(
            `originate {origination_uuid=${agent},vera_agent=4,vera_interaction=i-1,originate_timeout=8}${target.phones.answers} &park()`,
          ),
          /^\+OK/,
        )
        await event(of(agent, 'CHANNEL_PARK'), from)
        const own = seen
          .slice(from)
          .filter((one) => one.uuid === agent && /^CHANNEL_(CREATE|PROGRESS|ANSWER|PARK)$/.test(one.name))
        assert.deepEqual(
          own.map((one) => one.name),
          ['CHANNEL_CREATE', 'CHANNEL_PROGRESS', 'CHANNEL_ANSWER', 'CHANNEL_PARK'],
        )
        assert.equal(own[0]!.headers.variable_vera_agent, '4')

        await client.api(`uuid_setvar ${call.uuid} vera_exit answered`)
        from = seen.length
        assert.match(await client.api(`uuid_bridge ${call.uuid} ${agent}`), /^\+OK/)
        const bridge = await event(of(call.uuid, 'CHANNEL_BRIDGE'), from)
        assert.equal(bridge.headers['Bridge-A-Unique-ID'], call.uuid)
        assert.equal(bridge.headers['Bridge-B-Unique-ID'], agent)

        const path = join(folder, 'talk.wav')
        assert.match(await client.api(`uuid_record ${call.uuid} start ${path}`), /^\+OK/)
        from = seen.length
        await new Promise((resolve) => setTimeout(resolve, 400))
        assert.match(await client.api(`uuid_record ${call.uuid} stop ${path}`), /^\+OK/)
        assert.equal((await event(of(call.uuid, 'RECORD_STOP'), from)).headers['Record-File-Path'], path)
        assert.equal(readFileSync(path).readUInt16LE(22), 2, 'stereo')

        from = seen.length
        assert.match(await client.api(`uuid_hold ${agent}`), /^\+OK/)
        await event(of(agent, 'CHANNEL_HOLD'), from)

        from = seen.length
        await client.api(`uuid_kill ${agent}`)
        const back = await nextCall()
        assert.equal(back.uuid, call.uuid)
        assert.equal(back.variables.vera_exit, 'answered')
        assert.equal(back.variables.vera_interaction, 'i-1')
        await event(of(call.uuid, 'CHANNEL_UNBRIDGE'), from)
        await event(of(agent, 'CHANNEL_DESTROY'), from)
        assert.equal((await back.play([{ file: prompt }])).ended, 'done')
        await back.hangup()
        await ended
      },
    )

    it('sends a waiting caller on with an exit', limit, async () => {
      const { call, ended } = await answered()
      const from = seen.length
      await call.transfer('vera_wait', 'vera')
      await event(of(call.uuid, 'PLAYBACK_START'), from)
      await client.api(`uuid_setvar ${call.uuid} vera_exit timeout`)
      assert.match(await client.api(`uuid_transfer ${call.uuid} vera_resume XML vera`), /^\+OK/)
      const back = await nextCall()
      assert.equal(back.variables.vera_exit, 'timeout')
      await back.hangup()
      await ended
    })

    it('ends the agent when the caller hangs up, and the other way says who', limit, async () => {
      const { call, ended } = await answered()
      let from = seen.length
      await call.transfer('vera_wait', 'vera')
      await event(of(call.uuid, 'PLAYBACK_START'), from)
      await client.bgapi(`originate {origination_uuid=contract-agent-2}${target.phones.answers} &park()`)
      from = seen.length
      await client.api(`uuid_bridge ${call.uuid} contract-agent-2`)
      await event(of(call.uuid, 'CHANNEL_BRIDGE'), from)
      await client.api(`uuid_kill ${call.uuid}`)
      const gone = await event(of('contract-agent-2', 'CHANNEL_HANGUP_COMPLETE'), from)
      assert.equal(gone.headers['Hangup-Cause'], 'NORMAL_CLEARING')
      await ended
    })

    it('says why an agent could not be reached', limit, async () => {
      const { busy, rings, absent } = target.phones
      const cause = (command: string) => client.bgapi(command).then(String, (error: Error) => error.message)
      assert.match(await cause(`originate ${busy} &park()`), /USER_BUSY/)
      assert.match(await cause(`originate {originate_timeout=1}${rings} &park()`), /NO_ANSWER/)
      assert.match(await cause(`originate ${absent} &park()`), /SUBSCRIBER_ABSENT|USER_NOT_REGISTERED/)
      assert.match(await cause('originate error/CALL_REJECTED &park()'), /CALL_REJECTED/)
      assert.match(await cause('originate loopback/nowhere/nocontext &park()'), /NO_ROUTE_DESTINATION/)
      const ringing = cause(`originate {origination_uuid=contract-agent-3,originate_timeout=8}${rings} &park()`)
      await event(of('contract-agent-3', 'CHANNEL_PROGRESS'), 0)
      await client.api('uuid_kill contract-agent-3')
      assert.match(await ringing, /-ERR|NORMAL_CLEARING|ORIGINATOR_CANCEL|refused/i)
    })

    it('bridges by itself: talked, busy, nobody answers', limit, async () => {
      const { call, ended } = await answered()
      const from = seen.length
      const talk = call.bridge(target.phones.answers)
      const joined = await event(of(call.uuid, 'CHANNEL_BRIDGE'), from)
      await client.api(`uuid_kill ${joined.headers['Bridge-B-Unique-ID']}`)
      assert.deepEqual(await talk, { ended: 'talked', cause: 'NORMAL_CLEARING' })
      assert.equal((await call.bridge(target.phones.busy)).ended, 'busy')
      assert.equal((await call.bridge(target.phones.rings, { timeoutSeconds: 1 })).ended, 'no_answer')
      assert.equal((await call.play([{ file: prompt }])).ended, 'done', 'the caller is still there')
      await call.hangup()
      await ended
    })

    it('breaks off a sound, and keeps order with event-lock', limit, async () => {
      const { call, ended } = await answered()
      const from = seen.length
      await client.execute(call.uuid, 'playback', long)
      await client.execute(call.uuid, 'playback', prompt)
      await event(of(call.uuid, 'PLAYBACK_START'), from)
      await client.api(`uuid_break ${call.uuid}`)
      await event((one) => of(call.uuid, 'PLAYBACK_STOP')(one) && one.headers['Playback-File-Path'] === prompt, from)
      const names = seen
        .slice(from)
        .filter((one) => one.uuid === call.uuid && one.name.startsWith('PLAYBACK'))
        .map((one) => `${one.name} ${one.headers['Playback-File-Path'] === long ? 'long' : 'short'}`)
      assert.deepEqual(names, [
        'PLAYBACK_START long',
        'PLAYBACK_STOP long',
        'PLAYBACK_START short',
        'PLAYBACK_STOP short',
      ])
      await finish(call, ended)
    })

    it('ends a leg that is told an unknown application', limit, async () => {
      const { call, ended } = await answered()
      await client.execute(call.uuid, 'nosuchapplication')
      assert.equal((await call.ended).cause, 'DESTINATION_OUT_OF_ORDER')
      await ended
    })

    it('answers commands about nobody with its own words', limit, async () => {
      const text = (command: string) =>
        client.api(command).then(
          (answer) => answer.trim(),
          (error: Error) => error.message,
        )
      const nobody = 'f0000000-0000-4000-8000-000000000000'
      assert.equal(await text(`uuid_exists ${nobody}`), 'false')
      assert.match(await text(`uuid_getvar ${nobody} x`), /No such channel!/)
      assert.match(await text(`uuid_setvar ${nobody} x y`), /No such channel!/)
      assert.match(await text(`uuid_kill ${nobody}`), /No such channel!/)
      assert.match(await text(`uuid_transfer ${nobody} 1`), /No such channel!/)
      assert.match(await text(`uuid_bridge ${nobody} ${nobody}`), /Invalid uuid/)
      assert.match(await text(`uuid_broadcast ${nobody} x`), /invalid uuid/)
      assert.match(await text(`uuid_break ${nobody}`), /No such channel!/)
      assert.match(await text(`uuid_record ${nobody} start /tmp/x.wav`), /Cannot locate session!/)
      assert.match(await text(`uuid_send_dtmf ${nobody} 1`), /Cannot locate session!/)
      assert.match(await text(`uuid_dump ${nobody}`), /No such channel!/)
      assert.match(await text('nosuchcommand'), /nosuchcommand Command not found!/)
      assert.match(await text('uuid_getvar'), /USAGE/)
      assert.match(await text('version'), /FreeSWITCH Version 1\./)
      assert.match(await text('status'), /^UP .* is ready/s)
      assert.match(await text('create_uuid'), /^[0-9a-f-]{36}$/)
      assert.match(await text('global_getvar vera_domain'), /^[\w.]+$/)
      assert.equal(await text('reloadxml'), '+OK [Success]')
      assert.match(await text('strftime %Y'), /^20\d\d$/)
    })

    it('dumps a leg with its variables, and sets several at once', limit, async () => {
      const { call, ended } = await answered()
      assert.match(await client.api(`uuid_setvar_multi ${call.uuid} vera_a=1;vera_b=2`), /^\+OK/)
      const dump = JSON.parse(await client.api(`uuid_dump ${call.uuid} json`)) as Record<string, string>
      assert.equal(dump['Unique-ID'], call.uuid)
      assert.equal(dump.variable_vera_b, '2')
      assert.equal(dump['Answer-State'], 'answered')
      await call.hangup()
      await ended
      assert.equal((await client.api(`uuid_exists ${call.uuid}`)).trim(), 'false')
    })

    it('still serves the caller when the platform is down: message, then an agent', limit, async () => {
      await client.api('global_setvar vera_socket=127.0.0.1:1')
      await client.api(`global_setvar vera_everyone=${target.phones.answers}`)
      try {
        const from = seen.length
        // `*` stops the message.
        const ended = target.place(client, { from: '3424123456', to: did, keys: '*', hangUpAfterMs: 2500 })
        const bridge = await event((one) => one.name === 'CHANNEL_BRIDGE', from)
        assert.equal(bridge.headers.variable_vera_fallback, 'true')
        const result = await ended
        assert.match(result.heard[0] ?? '', /aguarde\.wav$/)
        assert.deepEqual(result.ended, { cause: 'NORMAL_CLEARING', side: 'caller' })
        await event(of(bridge.uuid!, 'CHANNEL_HANGUP_COMPLETE'), from)
      } finally {
        await client.api(`global_setvar vera_socket=127.0.0.1:${listener.port}`)
      }
    })

    it('writes a call-detail file for a leg', limit, async () => {
      const { call, ended } = await answered()
      const from = seen.length
      await call.hangup()
      await ended
      await event(of(call.uuid, 'CHANNEL_HANGUP_COMPLETE'), from)
      const file = join(folder, 'cdr', `${call.uuid}.cdr.json`)
      for (let tries = 0; tries < 40 && !existsSync(file); tries++)
        await new Promise((resolve) => setTimeout(resolve, 50))
      const record = JSON.parse(readFileSync(file, 'utf8')) as {
        'core-uuid': string
        variables: Record<string, string>
      }
      assert.equal(record['core-uuid'], client.coreUuid)
      assert.equal(record.variables.hangup_cause, 'NORMAL_CLEARING')
    })
  })
}
