import assert from 'node:assert/strict'
import { it } from 'node:test'
import { readConfig } from '../../kit/definition.ts'
import { runBehaviour } from '../../testing/fake-platform.ts'
import { definition } from './config.ts'
import { createTicket } from './create-ticket.ts'

const config = readConfig(definition, { subject: 'Mensaje de {{msg.call.from}}', description: '{{msg.choice.label}}' })

it('vera-create-ticket opens one of the interaction, also with nobody on the line', async () => {
  const message = {
    citizen: { id: 7, name: 'Rosa' },
    choice: { key: '1', label: 'Impuestos <script>' },
    recording: { id: 'r', path: 'r.wav', durationMs: 5 },
  }
  const ran = await runBehaviour(createTicket, config, { from: '342' }, { message, over: true })
  const [ticket] = ran.fake.tickets
  assert.deepEqual(
    [ran.outcome, ticket?.subject, ticket?.description, ticket?.origin, ticket?.citizenId, ticket?.interactionId],
    ['created', 'Mensaje de 342', 'Impuestos <script>', 'voicemail', 7, ran.live.uuid],
  )
  assert.equal(ran.message.ticket?.number, 1_000)
})

it('vera-create-ticket never opens one without a subject', async () => {
  const { fake } = await runBehaviour(createTicket, { ...config, subject: '{{msg.nothing}}' }, { from: '342' })
  assert.equal(fake.tickets[0]?.subject, 'Llamada de 342')
})
