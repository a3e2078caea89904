import assert from 'node:assert/strict'
import { it } from 'node:test'
import { fakePorts, runBehaviour } from '../../testing/fake-platform.ts'
import { ticketStatus } from './ticket-status.ts'

it("vera-ticket-status says the state of a ticket by its number or of the citizen's newest", async () => {
  const fake = fakePorts()
  await fake.ports.tickets.create(1, {
    subject: 'x',
    description: '',
    priority: 'normal',
    origin: 'flow',
    interactionId: 'i',
    citizenId: 7,
  })
  const config = { by: 'number' as const, from: '', speak: true }
  const byNumber = await runBehaviour(ticketStatus, config, {}, { fake, message: { answer: '1000' } })
  assert.deepEqual(
    [byNumber.outcome, byNumber.live.heard],
    ['found', ['Su trámite número 1000 está abierto y pronto será asignado.']],
  )
  const message = { citizen: { id: 7, name: 'Rosa' } }
  const newest = await runBehaviour(ticketStatus, { ...config, by: 'citizen' }, {}, { fake, message })
  assert.equal(newest.message.ticket?.number, 1_000)
})

it('vera-ticket-status does not find what is not there', async () => {
  const config = { by: 'number' as const, from: '', speak: true }
  for (const answer of ['77', '-1', '1e9999', '']) {
    assert.equal((await runBehaviour(ticketStatus, config, {}, { message: { answer } })).outcome, 'not_found')
  }
})
