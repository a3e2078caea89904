// Calls of every kind through the whole platform on a real FreeSWITCH (FREESWITCH_BIN), over SIP, and then what the supervisor
// is told beside what is counted from the switch's own records.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { setTimeout as later } from 'node:timers/promises'
import { findFreeswitch } from '../../freeswitch/conf/process.ts'
import type { SwitchEvent } from '../../freeswitch/esl/types.ts'
import { carrier } from '../../server/routing/voice/carrier.ts'
import { offerCall } from '../bad-input/stranger.ts'
import { menuKeys, numbers } from './centre.ts'
import { compare, countApart, notOfTheSwitch, told } from './compare.ts'
import { startRealStand } from './real-stand.ts'

const binary = findFreeswitch(process.env.FREESWITCH_BIN, '')
/** A talk that leaves something on a recording. */
const TALK_MS = 1_500
/** Until who hears the menu has found the key. */
const KEY_MS = 300
/** Between the switch's clock and the platform's: what a command and its event take, for each call. */
const SLACK_MS = 2_000

it('calls on FreeSWITCH: what the supervisor sees is what its records say', {
  skip: binary ? false : 'FREESWITCH_BIN is not set',
  timeout: 120_000,
}, async () => {
  const [north, south] = [await carrier(503), await carrier(200)]
  const stand = await startRealStand(binary as string, [
    { address: '127.0.0.2', name: 'troncal-norte', port: north.port },
    { address: '127.0.0.3', name: 'troncal-sur', port: south.port },
  ])
  const { client, routing, platform } = stand
  const { knex } = platform.db
  try {
    const within = async <T>(what: string, happens: Promise<T>): Promise<T> => {
      const late = later(30_000, undefined, { ref: false }).then(() => assert.fail(`not within 30 s: ${what}`))
      return Promise.race([happens, late])
    }
    /** The next sound that a caller's leg is played, whose file fits. */
    const heard = (from: string, file = /./) =>
      new Promise<void>((resolve) => {
        const listen = ({ name, headers }: SwitchEvent) => {
          if (name !== 'PLAYBACK_START' || headers['Caller-Caller-ID-Number'] !== from) return
          if (!file.test(headers['Playback-File-Path'] ?? '')) return
          client.off('event', listen)
          resolve()
        }
        client.on('event', listen)
      })
    const joined = (agentId: number) =>
      new Promise<void>((resolve) => {
        const stop = routing.on('connected', (talk) => {
          if (talk.agentId !== agentId) return
          stop()
          resolve()
        })
      })
    const dial = async (address: string, from: string, key: string) => {
      const menu = heard(from)
      const call = await offerCall({ port: stand.trunkPort, address, from, to: numbers.centre })
      assert.equal(call.status, 200)
      await within(`menu of ${from}`, menu)
      await later(KEY_MS)
      call.press(key)
      return call
    }
    routing.on('agent', ({ id, state }) => state === 'wrap_up' && routing.agents.finishWrapUp(id))

    // Contained; abandoned; called back. Nobody serves taxes yet.
    const contained = await dial('127.0.0.2', '3425400001', menuKeys.told)
    const music = /local_stream/
    const waits = [heard('3425400002', music), heard('3425400003', music)]
    const abandons = await dial('127.0.0.3', '3425400002', menuKeys.impuestos)
    const asks = await dial('127.0.0.2', '3425400003', menuKeys.impuestos)
    await within('music, and the end of who was told', Promise.all([...waits, contained.over]))

    // Answered, recorded, transferred to a number; what the live page says meanwhile.
    const agent = await stand.staff('2005')
    let connected = joined(agent)
    const answered = await dial('127.0.0.3', '3425400004', menuKeys.reclamos)
    await within('an agent', connected)
    for (let tries = 0; ; tries++) {
      const now = await stand.ask('/api/supervisor/now')
      const seen = [now.total.linesBusy, now.waiting, now.counts.talking]
      if (seen.join() === '3,2,1') break
      assert.ok(tries < 50, `lines busy, waiting, talking: ${seen}`)
      await later(20)
    }
    abandons.hangUp()
    asks.press('1')
    await within('goodbye until called back', asks.over)
    await later(TALK_MS)
    connected = joined(agent)
    routing.agents.hangUp(agent)
    await within('goodbye', answered.over)
    const passed = await dial('127.0.0.2', '3425400005', menuKeys.reclamos)
    await within('an agent', connected)
    await later(TALK_MS)
    await routing.agents.transferBlind(agent, { to: 'number', number: '3424999999' })
    for (let tries = 0; south.dialled.length === 0; tries++) {
      assert.ok(tries < 400, 'the number is dialled')
      await later(50)
    }
    await later(TALK_MS)
    passed.hangUp()

    // The agent's phone rings, then the citizen is dialled: by the line that is out of order, then by the other.
    const taxes = (await stand.staff('2001')) as number
    await within('call back', joined(taxes))
    await later(TALK_MS)
    routing.agents.hangUp(taxes)
    await stand.written()

    assert.deepEqual(
      [north.dialled, south.dialled],
      [
        ['3424999999', '3425400003'],
        ['3424999999', '3425400003'],
      ],
    )
    const legs = await knex('dialled_legs').orderBy('dialled_at').select('gateway', 'answered_at')
    assert.deepEqual(
      legs.map((one) => [one.gateway, one.answered_at !== null]),
      [
        ['troncal-norte', false],
        ['troncal-sur', true],
        ['troncal-norte', false],
        ['troncal-sur', true],
      ],
    )
    const day = new Intl.DateTimeFormat('sv-SE', { timeZone: 'America/Argentina/Buenos_Aires' }).format()
    const query = `from=${day}&to=${day}&interval=30m`
    const from = Date.parse(`${day}T00:00:00-03:00`)
    const counted = countApart(stand)
    const { calls, stays, talks } = counted.day
    assert.deepEqual([calls.length, stays.length, talks.length], [5, 4, 3])
    const period = { from, to: from + 86_400_000 }
    const { compared, differences, left } = compare(counted, await told(stand as never, query), period, 1_800_000, {
      toleranceMs: SLACK_MS,
      at: Date.now(),
    })
    assert.deepEqual(differences, [])
    assert.ok(compared > 300, `${compared} figures`)
    assert.deepEqual(
      [...left].filter((id) => !(id in notOfTheSwitch)),
      [],
    )
    const seal = await stand.ask(`/api/reports/health?${query}`)
    assert.equal(seal.text, '5 llamadas, 0 sin explicar, ninguna grabación falta')
    const recordings = await knex('recordings').select('state', 'duration_ms')
    assert.equal(recordings.length, 2)
    for (const one of recordings) assert.ok(one.state === 'present' && one.duration_ms > 1_000, JSON.stringify(one))
  } finally {
    await stand.stop()
    north.close()
    south.close()
  }
})
