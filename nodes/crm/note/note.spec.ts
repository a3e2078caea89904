import assert from 'node:assert/strict'
import { it } from 'node:test'
import { runBehaviour } from '../../testing/fake-platform.ts'
import { note } from './note.ts'

it('vera-note leaves what is to be read later; an empty one leaves nothing', async () => {
  const { fake } = await runBehaviour(
    note,
    { text: 'Eligió {{msg.choice.label}}' },
    {},
    { message: { choice: { key: '1', label: 'Salud' } } },
  )
  assert.deepEqual(
    fake.facts.map((fact) => fact.kind === 'interaction.note' && fact.text),
    ['Eligió Salud'],
  )
  assert.deepEqual((await runBehaviour(note, { text: '{{msg.nothing}}' })).fake.facts, [])
})
