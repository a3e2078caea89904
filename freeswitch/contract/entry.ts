import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { EslClient } from '../esl/index.ts'
import { did, limit, type Stage } from './stage.ts'

export function entry(stage: Stage): void {
  const { answered, event, of, seen, folder } = stage

  it('refuses a wrong password and says so', limit, async () => {
    const said = Promise.withResolvers<void>()
    const log = { info() {}, warn: () => said.resolve(), error: () => said.resolve() }
    const stranger = new EslClient({ address: { ...stage.target.address, password: 'wrong' }, events: [], log })
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
      .filter((one) => one.uuid === call.uuid && /^CHANNEL_(CREATE|ANSWER|PARK|HANGUP|HANGUP_COMPLETE)$/.test(one.name))
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

  it('still serves the caller when the platform is down: message, then an agent', limit, async () => {
    await stage.client.api('global_setvar vera_socket=127.0.0.1:1')
    await stage.client.api(`global_setvar vera_everyone=${stage.target.phones.answers}`)
    try {
      const from = seen.length
      // `*` stops the message.
      const ended = stage.target.place(stage.client, { from: '3424123456', to: did, keys: '*', hangUpAfterMs: 2500 })
      const bridge = await event((one) => one.name === 'CHANNEL_BRIDGE', from)
      assert.equal(bridge.headers.variable_vera_fallback, 'true')
      const result = await ended
      assert.match(result.heard[0] ?? '', /aguarde\.wav$/)
      assert.deepEqual(result.ended, { cause: 'NORMAL_CLEARING', side: 'caller' })
      await event(of(bridge.uuid!, 'CHANNEL_HANGUP_COMPLETE'), from)
    } finally {
      await stage.client.api(`global_setvar vera_socket=127.0.0.1:${stage.listener.port}`)
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
    assert.equal(record['core-uuid'], stage.client.coreUuid)
    assert.equal(record.variables.hangup_cause, 'NORMAL_CLEARING')
  })
}
