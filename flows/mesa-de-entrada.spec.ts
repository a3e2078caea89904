import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { exitsOf, type NodeDefinition, problemsOf } from '../nodes/kit/definition.ts'
import { palette } from '../nodes/palette.ts'
import { checkFlow, parseFlow } from '../server/flows/index.ts'
import { startFlowCentre } from './flow-centre.ts'

const flow = parseFlow(readFileSync(join(import.meta.dirname, 'mesa-de-entrada.json'), 'utf8'))
if (typeof flow === 'string') throw new Error(flow)
const known = '3424567890'

describe('starter flow «Mesa de entrada»', () => {
  let centre: Awaited<ReturnType<typeof startFlowCentre>>
  before(async () => {
    centre = await startFlowCentre(flow)
  })
  after(() => centre.stop())
  beforeEach(() => {
    centre.fake.facts.length = 0
    centre.fake.enqueued.length = 0
    centre.fake.alarms.length = 0
    centre.fake.state.calendar = 'open'
    centre.fake.state.exit = undefined
  })

  it('has nothing that the check finds', () => {
    const problems = checkFlow(flow, {
      palette,
      exitsOf: (definition, node) => exitsOf(definition as NodeDefinition, node),
      problemsOf: (definition, node) => problemsOf(definition as NodeDefinition, node),
      known: { queues: centre.fake.state.queues, calendars: [], topics: [], backOffices: [], recordings: [] },
    })
    assert.deepEqual(problems, [])
  })

  it('takes a known citizen to the queue of the topic, and asks for a score after the talk', async () => {
    const { fake } = centre
    const call = await centre.call({ from: known, keys: ['2'] })
    assert.deepEqual(call.heard.slice(0, 2), ['Bienvenido al Centro Único de Contacto.', 'Hola, Rosa Ejemplo.'])
    assert.equal(call.transferred, 'vera_wait vera')
    const [request] = fake.enqueued
    assert.deepEqual([request?.queueId, request?.flowNode, request?.citizenId], [2, 'cola-salud', 7])
    const again = await centre.back(call, 'answered', { keys: ['5'] })
    assert.equal(again.heard.at(-1), 'Gracias por comunicarse. Hasta luego.')
    assert.ok(fake.facts.some((fact) => fact.kind === 'interaction.survey' && fact.score === 5))
    assert.equal(fake.facts.filter((fact) => fact.kind === 'interaction.created').length, 1)
    const ended = fake.facts.filter((fact) => fact.kind === 'interaction.ended')
    assert.deepEqual(
      ended.map((fact) => [fact.interactionId, fact.side]),
      [[call.uuid, 'platform']],
    )
    assert.deepEqual(fake.alarms, [])
  })

  it('finds by DNI who calls from another phone', async () => {
    const call = await centre.call({ from: '1', keys: ['30123456', '1'] })
    assert.ok(call.heard.includes('Gracias, Rosa Ejemplo.'))
    assert.deepEqual([centre.fake.enqueued[0]?.flowNode, centre.fake.enqueued[0]?.citizenId], ['cola-impuestos', 7])
  })

  it('queues for anybody who presses nothing at all', async () => {
    const call = await centre.call({ from: '1', keys: [] })
    assert.equal(centre.fake.enqueued[0]?.flowNode, 'cola-general')
    assert.equal(call.transferred, 'vera_wait vera')
    assert.deepEqual(centre.fake.alarms, [])
  })

  it('makes a ticket of a message left out of hours', async () => {
    const { fake } = centre
    fake.state.calendar = 'closed'
    const call = await centre.call({ from: known, messageMs: 8_000 })
    const ticket = fake.tickets.at(-1)!
    assert.deepEqual([ticket.origin, ticket.citizenId, ticket.subject], ['voicemail', 7, `Mensaje de voz de ${known}`])
    assert.match(call.heard.at(-1) ?? '', new RegExp(`número ${ticket.number}`))
    assert.ok(fake.facts.some((fact) => fact.kind === 'interaction.rejected'))
    assert.equal(call.hungUp?.side, 'platform')
  })

  it('says on a holiday that it is one, and says goodbye to who leaves no message', async () => {
    centre.fake.state.calendar = 'holiday'
    const call = await centre.call({ from: known })
    assert.deepEqual(call.heard.slice(0, 1), ['Hoy es feriado y nuestras oficinas están cerradas.'])
    assert.equal(call.heard.at(-1), 'No recibimos ningún mensaje. Hasta luego.')
  })

  it('offers to leave a message to who waited too long', async () => {
    const call = await centre.call({ from: known, keys: ['3'] })
    const again = await centre.back(call, 'timeout', { messageMs: 5_000 })
    assert.match(again.heard[0] ?? '', /no podemos atenderlo/)
    assert.match(centre.fake.tickets.at(-1)?.description ?? '', /Trámites/)
  })
})
