import assert from 'node:assert/strict'
import { it } from 'node:test'
import { limit, type Stage } from './stage.ts'

export function limits(stage: Stage): void {
  const { event, said, kill, seen } = stage
  const cause = (command: string) => stage.client.bgapi(command).then(String, (error: Error) => error.message)

  it('sends the one too many elsewhere, and counts again once a call is over', limit, async () => {
    let from = seen.length
    const first = await cause('originate {origination_uuid=limit-1}loopback/2101/phones &park()')
    assert.match(first, /^\+OK/)
    assert.equal(await said('limit_usage hash contract 01'), '1')
    assert.match(await cause('originate {origination_uuid=limit-2}loopback/2101/phones &park()'), /^\+OK/)
    const over = await event((one) => one.headers.variable_was_over === 'true', from)
    assert.equal(over.headers['Caller-Destination-Number'], 'over')
    assert.equal(await said('limit_usage hash contract 01'), '1', 'who was sent away does not count')
    from = seen.length
    await kill('limit-1')
    await event((one) => one.name === 'CHANNEL_DESTROY' && one.headers['Caller-Destination-Number'] === '2101', from)
    for (let tries = 0; tries < 100 && (await said('limit_usage hash contract 01')) !== '0'; tries++)
      await new Promise((resolve) => setTimeout(resolve, 10))
    assert.equal(await said('limit_usage hash contract 01'), '0')
    await kill('limit-2')
  })

  it('ends the one too many with the cause that stands behind !', limit, async () => {
    assert.match(await cause('originate {origination_uuid=limit-3}loopback/2202/phones &park()'), /^\+OK/)
    assert.match(await cause('originate {origination_uuid=limit-4}loopback/2202/phones &park()'), /CALL_REJECTED/)
    await kill('limit-3')
  })

  it('refuses more than so many in so many seconds, also when the others are gone', limit, async () => {
    for (const n of [5, 6]) {
      assert.match(await cause(`originate {origination_uuid=limit-${n}}loopback/2303/phones &park()`), /^\+OK/)
      await kill(`limit-${n}`)
    }
    assert.match(await cause('originate loopback/2303/phones &park()'), /NORMAL_CIRCUIT_CONGESTION/)
    assert.match(await said('limit_usage hash contract 03 rate'), /^\d\/3$/)
  })

  it('forgets a leg at its next transfer unless limit_ignore_transfer', limit, async () => {
    for (const [number, left] of [
      ['2104', '0'],
      ['2405', '1'],
    ] as const) {
      const from = seen.length
      const uuid = `limit-${number}`
      await cause(`originate {origination_uuid=${uuid}}loopback/${number}/phones &park()`)
      const half = await event((one) => one.headers.variable_other_loopback_leg_uuid === uuid, from)
      const resource = number.slice(2)
      assert.equal(await said(`limit_usage hash contract ${resource}`), '1')
      await said(`uuid_transfer ${half.uuid} over XML phones`)
      await event((one) => one.uuid === half.uuid && one.headers['Application-Data'] === 'was_over=true', from)
      assert.equal(await said(`limit_usage hash contract ${resource}`), left, number)
      await kill(uuid)
    }
  })

  it('tells its usage to who asks wrongly', limit, async () => {
    assert.equal(await said('limit_usage hash contract nobody'), '0')
    assert.match(await said('limit_usage'), /USAGE: limit_usage <backend> <realm> <id>/)
  })
}
