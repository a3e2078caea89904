import assert from 'node:assert/strict'
import { it } from 'node:test'
import { fakePorts, runBehaviour } from '../../testing/fake-platform.ts'
import { hours } from './hours.ts'

it('vera-hours goes by the calendar; a call outside hours counts as rejected', async () => {
  for (const [calendar, reject, kinds] of [
    ['open', true, ['interaction.step']],
    ['closed', true, ['interaction.rejected', 'interaction.step']],
    ['holiday', false, ['interaction.step']],
  ] as const) {
    const fake = fakePorts()
    fake.state.calendar = calendar
    const { outcome } = await runBehaviour(hours, { calendar: 'Oficina', reject }, {}, { fake })
    assert.equal(outcome, calendar)
    assert.deepEqual(fake.kinds(), kinds)
  }
})

it('vera-hours fails when the agency has no such calendar', async () => {
  const fake = fakePorts()
  fake.state.calendar = undefined
  await assert.rejects(runBehaviour(hours, { calendar: 'Otro', reject: true }, {}, { fake }), /«Otro»/)
})
