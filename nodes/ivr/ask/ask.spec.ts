import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readConfig } from '../../kit/definition.ts'
import { runBehaviour } from '../../testing/fake-platform.ts'
import { askData } from './ask.ts'
import { definition } from './config.ts'

const config = { ...readConfig(definition, {}), say: { as: 'text' as const, value: 'Su documento' }, retries: 1 }

describe('vera-ask', () => {
  it('keeps a valid value that the caller confirmed, and shows only part of it in the history', async () => {
    const { outcome, message, live, fake } = await runBehaviour(askData, config, { keys: ['30123456', '1'] })
    assert.equal(outcome, 'ok')
    assert.deepEqual([message.answer, message.answers], ['30123456', { dni: '30123456' }])
    assert.match(live.heard[1] ?? '', /3, 0, 1, 2, 3, 4, 5, 6/)
    assert.deepEqual(
      fake.facts.map((fact) => 'detail' in fact && fact.detail),
      ['dni: 3••••456'],
    )
  })
  it('asks again after «2», and gives up in the end', async () => {
    const again = await runBehaviour(askData, config, { keys: ['30123456', '2', '9123456', '1'] })
    assert.deepEqual([again.outcome, again.message.answer], ['ok', '9123456'])
    const never = await runBehaviour(askData, config, { keys: ['30123456', '2', '30123456', '2'] })
    assert.deepEqual([never.outcome, never.message.answer], ['failed', undefined])
  })
  it('refuses what the rule does not allow', async () => {
    const cuit = { ...config, rule: 'cuit' as const, confirm: false }
    const { outcome, live } = await runBehaviour(askData, cuit, { keys: ['20123456785', '20123456786'] })
    assert.equal(outcome, 'ok')
    assert.ok(live.heard.includes('El dato no es válido.'))
    assert.equal((await runBehaviour(askData, cuit, { keys: ['', ''] })).outcome, 'failed')
    assert.equal((await runBehaviour(askData, cuit, { keys: ['hangup'] })).outcome, 'gone')
  })
})
