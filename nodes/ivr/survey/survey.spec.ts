import assert from 'node:assert/strict'
import { it } from 'node:test'
import { readConfig } from '../../kit/definition.ts'
import { runBehaviour } from '../../testing/fake-platform.ts'
import { definition } from './config.ts'
import { survey } from './survey.ts'

const config = readConfig(definition, {})

it('vera-survey keeps the score of one key', async () => {
  const { outcome, fake, live } = await runBehaviour(survey, config, { keys: ['9', '4'] })
  assert.equal(outcome, 'scored')
  assert.deepEqual(
    fake.facts.filter((fact) => fact.kind === 'interaction.survey').map((fact) => fact.score),
    [4],
  )
  assert.equal(live.heard.at(-1), 'Muchas gracias por su opinión.')
})

it('vera-survey lets go of who does not answer', async () => {
  const { outcome, fake } = await runBehaviour(survey, config, { keys: ['', '0'] })
  assert.equal(outcome, 'none')
  assert.ok(!fake.kinds().includes('interaction.survey'))
})
