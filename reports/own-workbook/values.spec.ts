import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Scope } from '../../server/database/index.ts'
import { makeAgency, onEachDatabase } from '../../server/testing/database.ts'
import { explain } from '../explain/explain.ts'
import { familyOf } from '../explain/figure.ts'
import { type Metric, metricOf } from '../metrics/index.ts'
import { reportOf } from '../reports.ts'
import { prepare } from '../run.ts'
import { fillCentre, monday } from '../testing/centre.ts'
import { allNames, figures, isByQueue, readName, type Wanted } from './names.ts'
import { answersOf } from './values.ts'

const now = monday + 2 * 86_400_000
const day = { from: '2026-03-02', to: '2026-03-02' }

onEachDatabase('figures of an own workbook', (db) => {
  let scope: Scope
  let queueA: number
  const ready = async () => {
    if (scope) return
    scope = await makeAgency(db())
    const { queueA: made, ana } = await fillCentre(db(), scope)
    queueA = made
    const agency_id = scope.agencyId
    await db()
      .knex('tickets')
      .insert({
        ...{ agency_id, number: 1, subject: 'Bache', state: 'open', origin: 'agent' },
        ...{ created_at: monday + 1, updated_at: monday + 1 },
      })
    const [call] = await db().knex('interactions').where({ agency_id }).limit(1)
    await db()
      .knex('recordings')
      .insert({
        ...{ agency_id, id: `w${agency_id}`, interaction_id: call.id, queue_id: queueA, agent_id: ana, kind: 'call' },
        ...{ path: 'x', state: 'present', started_at: call.created_at },
      })
  }
  const cell = async (name: string, query: Record<string, string> = {}) => {
    const answers = await answersOf(db(), scope, { ...day, ...query }, now)
    return answers.cell(readName(name, true, answers.known) as Exclude<Wanted, { kind: 'table' }>)
  }

  it('each is the one that is explained under its name', async () => {
    await ready()
    const { asked, timeZone } = await prepare(db(), scope, reportOf('queues')!, day, now)
    const answers = await answersOf(db(), scope, day, now)
    const told = async (metric: Metric) => {
      const figure = { metric, family: familyOf(metric)!, where: {}, period: asked.period }
      return (await explain(db(), scope, figure, { timeZone, now, counted: true, limit: 1 })).value
    }
    for (const metric of figures) {
      const { value } = await answers.cell({ kind: 'figure', metric: metric.id })
      assert.equal(value, await told(metric), metric.id)
    }
    assert.equal((await cell('attempts')).value, 4)
    assert.equal((await cell('tickets_opened')).value, 1)
    assert.equal((await cell('recordings')).value, 1)
    assert.equal((await cell('received')).value, 8)
    // As the reports have it: what was talked without a queue is no queue's.
    assert.equal(familyOf(metricOf('aht')), 'queue')
  })

  it('what is not kept by queue has no value there, and the name says what does', async () => {
    await ready()
    const queue = `queue_${queueA}`
    assert.equal((await cell(`recordings.${queue}`)).value, 1)
    assert.equal((await cell('recordings', { queue: String(queueA) })).value, 1)
    assert.equal((await cell(`answered.${queue}`)).value, 3)
    const { value, fault, instead } = await cell(`received.${queue}`)
    assert.deepEqual([value, fault, instead], [null, 'not_by_queue', 'vera.offered.impuestos'])
    assert.equal((await cell(`tickets_opened.${queue}`)).instead, 'vera.tickets_opened')
    for (const name of ['received', 'tickets_opened', 'attempts', 'busy']) {
      const { value, fault } = await cell(name, { queue: String(queueA) })
      assert.deepEqual([value, fault], [null, 'not_of_queue'], name)
    }
    const { value: none, fault: why } = await cell('busy', { channel: 'voice' })
    assert.deepEqual([none, why], [null, 'not_by_channel'])
    const names = allNames({ reports: [], queues: new Map([[1, 'Uno']]) }, true)
    assert.ok(names.includes('recordings.uno') && names.includes('received') && !names.includes('received.uno'))
    assert.ok(!isByQueue(metricOf('busy')))
    // Of one step of a flow, and nobody can say of which.
    assert.ok(!names.includes('answer_times'))
  })
})
