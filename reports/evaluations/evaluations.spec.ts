import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Scope } from '../../server/database/index.ts'
import { createEvaluations } from '../../server/evaluations/index.ts'
import { content, person, recordedCall } from '../../server/evaluations/testing.ts'
import { makeAgency, onEachDatabase } from '../../server/testing/database.ts'
import { makeAnswer } from '../answer.ts'
import { makeFile, prepare } from '../run.ts'
import { evaluationsReport } from './report.ts'

type Cell = string | number | null
type Told = {
  highlights: { label: string; value: Cell }[]
  tables: { id: string; columns: { id: string }[]; rows: Cell[][]; totals: Cell[]; links: string[] }[]
}
const monday = Date.parse('2026-03-02T03:00:00Z')
const day = 86_400_000
const week = { from: '2026-03-02', to: '2026-03-08', interval: 'day' }

onEachDatabase('the report of evaluations', (db) => {
  const ask = async (scope: Scope, more: object = {}) =>
    (await makeAnswer(
      await prepare(db(), scope, evaluationsReport, { ...week, ...more }, monday + 30 * day),
    )) as unknown as Told
  const rows = ({ tables }: Told, id: string) => {
    const { columns, rows } = tables.find((one) => one.id === id)!
    return rows.map((row) => Object.fromEntries(columns.map((column, at) => [column.id, row[at]])))
  }

  it('counts what was published when it was, by whom and by what; its links list the same', async () => {
    const ours = await makeAgency(db())
    const theirs = await makeAgency(db())
    let now = monday
    const quality = createEvaluations({ db: db(), audit: { record: async () => {} }, now: () => now })
    const make = async (scope: Scope) => {
      const sofia = await person(db(), scope, 'supervisor', 'Sofía')
      const formId = await quality.forms.create(scope, sofia, 'Atención')
      const revision = await quality.forms.saveDraft(scope, formId, { revision: 1, name: 'Atención', content })
      await quality.forms.publish(scope, sofia, formId, revision)
      return {
        sofia,
        formId,
        ana: await person(db(), scope, 'agent', 'Ana'),
        beto: await person(db(), scope, 'agent', 'Beto'),
      }
    }
    const centre = await make(ours)
    const judge = async (scope: Scope, { sofia, formId }: typeof centre, agentId: number, values: string[]) => {
      // The call was long before: the report goes by the day of publication.
      const talk = await quality.talkOf(scope, await recordedCall(db(), scope, { agentId, at: monday - 40 * day }))
      const id = await quality.begin(scope, sofia, talk, formId)
      const ids = ['saludo', 'tono', 'resuelve', 'datos']
      const answers = Object.fromEntries(ids.map((question, at) => [question, { value: values[at]! }]))
      await quality.publish(scope, sofia, id, { revision: 1, answers, comment: '' })
      return id
    }
    now = monday - 1
    await judge(ours, centre, centre.ana, ['yes', '5', 'todo', 'yes']) // the Sunday before
    now = monday
    const disputed = await judge(ours, centre, centre.ana, ['yes', '5', 'algo', 'yes']) // 77.5
    await judge(ours, centre, centre.beto, ['no', '3', 'na', 'na']) // section 1 alone: 25
    now = monday + 7 * day - 1
    const fatal = await judge(ours, centre, centre.beto, ['yes', '5', 'todo', 'no']) // 0; sections 100 and 50
    now = monday + 7 * day
    await judge(ours, centre, centre.beto, ['yes', '5', 'todo', 'yes']) // the Monday after
    const other = await make(theirs)
    now = monday
    await judge(theirs, other, other.ana, ['yes', '5', 'todo', 'yes'])
    await quality.begin(
      ours,
      centre.sofia,
      await quality.talkOf(ours, await recordedCall(db(), ours, { agentId: centre.ana, at: monday })),
      centre.formId,
    )
    await quality.dispute(ours, centre.ana, disputed, 'No')
    await quality.acknowledge(ours, centre.beto, fatal)
    const corrected = {
      saludo: { value: 'yes' },
      tono: { value: '5' },
      resuelve: { value: 'todo' },
      datos: { value: 'yes' },
    }
    await quality.close(ours, centre.sofia, disputed, { text: 'Sí', revision: 2, corrected }) // 100

    const told = await ask(ours)
    assert.deepEqual(
      told.highlights.map(({ value }) => value),
      [3, 125 / 3, 1 / 3, 1, 1, 1, 1],
    )
    assert.deepEqual(
      rows(told, 'by_agent').map((row) => [row.agent, row.evaluations, row.evaluation_score, row.evaluations_passed]),
      [
        ['Ana', 1, 100, 1],
        ['Beto', 2, 12.5, 0],
      ],
    )
    assert.deepEqual(
      rows(told, 'by_section').map((row) => [row.section, row.sections_scored, row.section_score]),
      [
        ['Trato', 3, 75],
        ['Solución', 2, 75],
      ],
    )
    assert.deepEqual(
      rows(told, 'by_interval').map((row) => row.evaluations),
      [2, 0, 0, 0, 0, 0, 1],
    )
    // Each row's link lists as many as its figure says.
    const listed = async (link: string) => {
      const asked = new URL(link, 'http://x').searchParams
      const filter = {
        ...{ from: Date.parse(asked.get('from')!), to: Date.parse(asked.get('to')!), published: true as const },
        ...(asked.has('agent') ? { agentId: Number(asked.get('agent')) } : {}),
        ...(asked.has('queue') ? { queueId: Number(asked.get('queue')) } : {}),
        ...(asked.has('form') ? { formId: Number(asked.get('form')) } : {}),
      }
      return (await quality.list(ours, filter, { size: 1, offset: 0 })).total
    }
    for (const id of ['by_agent', 'by_queue', 'by_form', 'by_interval']) {
      const table = told.tables.find((one) => one.id === id)!
      for (const [at, link] of table.links.entries())
        assert.equal(await listed(link), table.rows[at]![1], `${id} ${link}`)
    }
    const beto = await ask(ours, { agent: String(centre.beto), form: String(centre.formId) })
    assert.equal(beto.highlights[0]!.value, 2)
    await assert.rejects(ask(ours, { form: String(other.formId) }), /bad_parameters/)
    assert.equal((await ask(theirs)).highlights[0]!.value, 1)
    const file = await makeFile(await prepare(db(), ours, evaluationsReport, week, monday + 30 * day), 'csv', {
      table: 'by_agent',
    })
    const parts: Buffer[] = []
    for await (const part of file.content) parts.push(Buffer.from(part))
    assert.match(Buffer.concat(parts).toString(), /Beto;2;12,5/)
  })
})
