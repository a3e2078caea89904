import assert from 'node:assert/strict'
import { it } from 'node:test'
import { createPages } from '../http/page.ts'
import { aheadOf } from './ahead.ts'
import type { AgentRow } from './now.ts'
import type { Prospect } from './ports.ts'

const agent = (id: number, state: AgentRow['state'], more: Partial<AgentRow> = {}): AgentRow => ({
  ...{ id, name: `${id}`, state, since: 0, answered: 0, ahtMs: null, occupancy: null },
  ...more,
})
const prospect = (more: Partial<Prospect> = {}): Prospect => ({
  queueId: 0,
  halfHours: [{ from: 1, to: 2, calls: 41.6, needed: 5 }],
  target: { target: 0.8, targetSeconds: 20 },
  serving: undefined,
  error: 0.037,
  with: (agents) => ({ serviceLevel: agents / 10 + 0.001 }),
  ...more,
})
const people = [
  agent(1, 'available'),
  agent(2, 'talking', { queueId: 7 }),
  agent(3, 'wrap_up', { queueId: 8 }),
  agent(4, 'break'),
  agent(5, 'offline'),
  agent(6, 'available', { unreachable: 'phone' }),
]

it('counts who is at the desk and can be rung, and says what two more would change', () => {
  assert.deepEqual(aheadOf([prospect()], people), [
    {
      queueId: 0,
      halfHours: [{ from: 1, calls: 42, needed: 5, short: 2 }],
      idle: false,
      agents: 3,
      targetSeconds: 20,
      level: 0.3,
      levelMore: 0.5,
      errorPoints: 4,
    },
  ])
})
it('a night is told as one, not as a row of noughts', () => {
  const at = (calls: number) => ({ from: 1, to: 2, calls, needed: 0 })
  const idle = (...calls: number[]) => aheadOf([prospect({ halfHours: calls.map(at) })], people)[0]?.idle
  assert.deepEqual([idle(0, 0.2), idle(0, 1), idle()], [true, false, false])
  const { draw, translate } = createPages()
  const context = { language: 'es', timeZone: 'America/Argentina/Buenos_Aires', translate: translate('es') }
  const html = draw.template(
    'supervision/ahead',
    { ahead: aheadOf([prospect({ halfHours: [at(0)] })], people) },
    context,
  )
  assert.match(html, /No se esperan llamadas/)
  assert.doesNotMatch(html, /<ol/)
})
it('of a queue: who serves it, without those whom another queue’s caller has', () => {
  const [row] = aheadOf([prospect({ queueId: 7, serving: new Set([1, 2, 3, 4]) })], people)
  assert.equal(row?.agents, 2)
  assert.equal(aheadOf([prospect({ queueId: 7, serving: new Set([3]) })], people)[0]?.agents, 0)
})
it('says nothing where the past says nothing', () => {
  const [row] = aheadOf([prospect({ halfHours: [], error: null, with: () => undefined })], people)
  assert.deepEqual([row?.level, row?.levelMore, row?.errorPoints, row?.halfHours], [null, null, null, []])
})
it('is drawn: the half hours, what is short, what two more would change and how far such a sentence was off', () => {
  const { draw, translate } = createPages()
  const seal = {
    state: 'warning' as const,
    text: '1.204 llamadas, 0 sin explicar, 2 grabaciones faltan',
    checks: [{ id: 'recordings', label: 'Grabaciones', compared: 900, wrong: 2, href: '/recordings?state=missing' }],
    at: Date.parse('2026-03-02T13:42:00Z'),
  }
  const halfHours = [
    { from: Date.parse('2026-03-02T13:30:00Z'), to: 0, calls: 41.6, needed: 9 },
    { from: Date.parse('2026-03-02T14:00:00Z'), to: 0, calls: 1_204, needed: 2 },
  ]
  const level = (agents: number) => ({ serviceLevel: agents === 3 ? 0.611 : 0.784 })
  const ahead = aheadOf(
    [prospect({ halfHours, with: level }), prospect({ queueId: 7, halfHours: [], with: () => undefined })],
    people,
  )
  const context = { language: 'es', timeZone: 'America/Argentina/Buenos_Aires', translate: translate('es') }
  const html = draw.template('supervision/ahead', { ahead, seal }, context)
  const text = html.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ')
  for (const said of [
    '10:30 (en curso) 42 llamadas · 9 agentes faltan 6',
    '11:00 1.204 llamadas · 2 agentes',
    'Con dos más, contestadas en plazo: 61 % → 78 % en 20 s (el último día este cálculo erró por 4 puntos)',
    'Todavía no hay historia para pronosticar.',
    'Falta algo. 1.204 llamadas, 0 sin explicar, 2 grabaciones faltan · comparado a las 10:42',
    'Grabaciones: 900, 2 no coinciden Ver la lista',
  ])
    assert.ok(text.includes(said), `${said}\n${text}`)
  assert.match(html, /id="ahead-7"[^>]* hidden/)
})
