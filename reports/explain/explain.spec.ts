import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Database, Scope } from '../../server/database/index.ts'
import { makeAgency, onEachDatabase } from '../../server/testing/database.ts'
import { sealOf } from '../health/health.ts'
import { catalogue, metricOf, startOfDay } from '../metrics/index.ts'
import { reportOf } from '../reports.ts'
import { prepare } from '../run.ts'
import { fillCentre, monday } from '../testing/centre.ts'
import { explain } from './explain.ts'
import { explainHref, figureId, figureQuery, readFigure } from './figure.ts'

const timeZone = 'America/Argentina/Buenos_Aires'
const now = monday + 2 * 86_400_000
const period = { from: startOfDay('2026-03-02', timeZone), to: startOfDay('2026-03-03', timeZone) }

onEachDatabase('explain this number', (db) => {
  let scope: Scope
  let queueA: number
  const ready = async () => {
    if (scope) return
    scope = await makeAgency(db())
    queueA = (await fillCentre(db(), scope)).queueA
  }
  const asked = { timeZone, now, counted: true, limit: 100 }
  const all = async (db: Database, metric: string, counted = true, limit = 100) => {
    const figure = { metric: metricOf(metric), family: 'queue' as const, where: { subject: queueA }, period }
    const found = await explain(db, scope, figure, { ...asked, counted, limit })
    for (let after = found.next; after !== undefined; ) {
      const more = await explain(db, scope, figure, { ...asked, counted, limit, after })
      found.members.push(...more.members)
      after = more.next
    }
    return found
  }

  it('tells the formula with its parts, what was counted and what was left out and why', async () => {
    await ready()
    const level = await all(db(), 'sl_offered')
    // Answered after 10 and 20 s of three; one abandoned late; the short one is left out.
    assert.equal(level.value, 2 / 4)
    assert.deepEqual(
      [level.over, level.under, level.less].map((parts) => parts.map((part) => [part.measure, part.value])),
      [
        [['answered_within', 2]],
        [
          ['answered', 3],
          ['abandoned', 2],
        ],
        [['short_abandoned', 1]],
      ],
    )
    assert.deepEqual(level.targets, [{ seconds: 20, percent: 80, stays: 5 }])
    assert.equal(level.members.length, 4)
    const out = await all(db(), 'sl_offered', false)
    assert.deepEqual(
      out.members.map((one) => [one.why, one.ms]),
      [['short_abandoned', 3_000]],
    )
  })

  it('what is counted adds up to the value, for every metric, in pages of any size', async () => {
    await ready()
    for (const metric of catalogue) {
      const query = { metric: metric.id, family: 'queue', from: '2026-03-02T03:00:00Z', to: '2026-03-03T03:00:00Z' }
      // What queues tell nothing of is refused, not nought.
      if (['tickets', 'ivr_', 'step_', 'recordings'].some((begin) => metric.id.startsWith(begin)))
        assert.throws(() => readFigure(query), { code: 'report.bad_parameters' })
      try {
        readFigure(query)
      } catch {
        continue
      }
      const found = await all(db(), metric.id, true, 1)
      const sum = (side: 'over' | 'under') => found.members.reduce((total, one) => total + one[side], 0)
      if (metric.formula.kind === 'sum') assert.equal(sum('over'), found.value, metric.id)
      if (metric.formula.kind !== 'quotient') continue
      assert.equal(sum('under') > 0 ? sum('over') / sum('under') : null, found.value, metric.id)
    }
  })

  it('gives a number the same id wherever it is asked', async () => {
    await ready()
    const query = (name: string, id: string) => ({ from: '2026-03-02', to: '2026-03-02', interval: name, queue: id })
    const ids = []
    for (const interval of ['30m', 'day']) {
      const report = reportOf('queues')!
      const context = await prepare(db(), scope, report, query(interval, String(queueA)), now)
      const outcome = report.kind === 'summary' ? await report.run(context) : undefined
      const table = outcome?.tables.find((one) => one.id === 'by_queue')
      const figure = readFigure(
        Object.fromEntries(new URLSearchParams(explainHref('asa', table!.explain![0]!).split('?')[1])),
      )
      ids.push(figureId(scope, figure), figureId(scope, { ...figure, metric: metricOf('aht') }))
    }
    assert.equal(ids[0], ids[2])
    assert.notEqual(ids[0], ids[1])
    const other = { metric: metricOf('asa'), family: 'queue' as const, where: { subject: queueA }, period }
    assert.equal(figureId(scope, other), ids[0])
    assert.notEqual(figureId({ agencyId: scope.agencyId + 1 } as Scope, other), ids[0])
    const text = figureQuery(other)
    assert.deepEqual(readFigure({ ...Object.fromEntries(new URLSearchParams(text)), metric: 'asa' }), other)
  })

  it('shows nothing of another agency, and refuses addresses that mean nothing', async () => {
    await ready()
    const neighbour = await makeAgency(db())
    const figure = { metric: metricOf('answered'), family: 'queue' as const, where: { subject: queueA }, period }
    const found = await explain(db(), neighbour, figure, asked)
    assert.deepEqual([found.value, found.members, found.targets], [0, [], []])
    const good = { metric: 'asa', family: 'queue', from: '2026-03-02T03:00:00.000Z', to: '2026-03-03T03:00:00.000Z' }
    for (const [name, value] of [
      ['metric', '__proto__'],
      ['family', 'x'],
      ['from', 'ayer'],
      ['to', '2020-01-01T00:00:00Z'],
      ['subject', '1 or 1=1'],
    ])
      assert.throws(() => readFigure({ ...good, [name as string]: value }), { code: 'report.bad_parameters' })
  })

  it('the seal counts what does not agree', async () => {
    await ready()
    const seal = await sealOf(db(), scope, period, { timeZone, now })
    assert.equal(seal.state, 'good')
    assert.match(seal.text, /^8 llamadas, sin registros del conmutador para comparar, ninguna grabación falta$/)
    const [call] = await db().knex('interactions').where({ agency_id: scope.agencyId }).limit(1)
    const row = {
      agency_id: scope.agencyId,
      interaction_id: call.id,
      kind: 'call',
      path: 'x.wav',
      started_at: call.created_at,
    }
    await db()
      .knex('recordings')
      .insert({ ...row, id: `r${scope.agencyId}`, state: 'missing' })
    const broken = await sealOf(db(), scope, period, { timeZone, now })
    assert.deepEqual([broken.state, broken.checks[1]!.wrong], ['warning', 1])
    assert.match(broken.text, /1 grabación falta$/)
    // Where the switch's records begin in the middle, the older calls are there and beside nothing.
    const calls = await db()
      .knex('interactions')
      .where({ agency_id: scope.agencyId, channel: 'voice' })
      .where('created_at', '>=', period.from)
      .where('created_at', '<', period.to)
      .orderBy('created_at')
    const last = calls.at(-1)
    await db()
      .knex('call_records')
      .insert({
        ...{ agency_id: scope.agencyId, interaction_id: last.id, core_uuid: 'core', uuid: `leg-${scope.agencyId}` },
        ...{ switch_node: 'one', role: 'caller', direction: 'inbound', from_address: '1', to_address: '2' },
        ...{ started_at: last.created_at, ended_at: last.created_at + 1, imported_at: now, state: 'joined' },
        ...{ hangup_cause: 'NORMAL_CLEARING', q850: 16, hangup_side: 'caller' },
      })
    const since = calls.filter((one) => one.created_at >= last.created_at).length
    const partly = await sealOf(db(), scope, period, { timeZone, now })
    assert.match(
      partly.text,
      new RegExp(`^${calls.length} llamadas, ${since} comparadas con el conmutador, ${since - 1} sin explicar`),
    )
    const late = await sealOf(db(), scope, { ...period, from: Number(last.created_at) }, { timeZone, now })
    assert.match(late.text, new RegExp(`^${since} llamadas, ${since - 1} sin explicar`))
  })
})
