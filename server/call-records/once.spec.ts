import assert from 'node:assert/strict'
import { it } from 'node:test'
import { beginningId, endId } from '../interactions/index.ts'
import { fillCaller } from './fill.ts'

it('the call and its record tell its beginning and its end under one id; a guess has another', () => {
  const id = '0b7c4a51-7f5e-4d6a-9d0e-111111111111'
  const record = { interactionId: id, uuid: id, role: 'caller', startedAt: 1, endedAt: 2, cause: 'NORMAL_CLEARING' }
  const facts = fillCaller(record as never, { stays: [], offers: [], talks: [] }, [])
  const of = (kind: string) => facts.find((fact) => fact.kind === kind)?.id
  assert.equal(of('interaction.created'), beginningId(id))
  assert.equal(of('interaction.ended'), endId(id, 'USER_BUSY'))
  assert.notEqual(endId(id, 'LOST'), endId(id, 'NORMAL_CLEARING'))
  assert.notEqual(beginningId(id), beginningId(`${id}x`))
})

it('who is being called back when the record of the first call comes goes on being called back', () => {
  const record = { interactionId: 'i', uuid: 'i', role: 'caller', startedAt: 1, endedAt: 90, cause: 'NORMAL_CLEARING' }
  const known = {
    interaction: { agencyId: 1, createdAt: 1, answeredAt: 2, endedAt: 90, cause: 'NORMAL_CLEARING' },
    stays: [{ id: 's', at: 10, leftAt: 50, callback: true as const }],
    // The phone of who calls back rings while the citizen still hears the goodbye; another rang for the call itself.
    offers: [
      { id: 'back', stayId: 's', at: 60 },
      { id: 'call', stayId: 's', at: 20 },
    ],
    talks: [{ id: 'talk', stayId: 's', agentId: 1, at: 70 }],
  }
  const told = fillCaller(record as never, known, []).map((fact) => [fact.kind, 'offerId' in fact && fact.offerId])
  assert.deepEqual(told, [['offer.ended', 'call']])
})
