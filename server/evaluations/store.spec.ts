import assert from 'node:assert/strict'
import { before, it } from 'node:test'
import type { Scope } from '../database/index.ts'
import { type AppError, createAudit } from '../http/index.ts'
import { makeAgency, onEachDatabase } from '../testing/database.ts'
import { createEvaluations, type Quality } from './index.ts'
import type { Answers } from './score.ts'
import { content, person, recordedCall } from './testing.ts'

const refused =
  (code: string, ...fields: string[]) =>
  (error: AppError) =>
    error.code === code && fields.every((field) => Object.hasOwn(error.fields ?? {}, field))

onEachDatabase('evaluations', (db) => {
  let ours: Scope
  let theirs: Scope
  let quality: Quality
  let [ana, beto, sofia, sergio] = [0, 0, 0, 0]
  let formId: number
  let now = Date.parse('2026-03-02T15:00:00Z')
  const call = async (agentId = ana) => quality.talkOf(ours, await recordedCall(db(), ours, { agentId, at: now }))
  const good: Answers = {
    saludo: { value: 'yes', comment: ' Muy bien \r\n🚧', atMs: 4_000 },
    tono: { value: '5' },
    resuelve: { value: 'algo' },
    datos: { value: 'yes' },
  }
  const publishedForm = async (name: string, scope = ours) => {
    const id = await quality.forms.create(scope, sofia, name)
    const revision = await quality.forms.saveDraft(scope, id, { revision: 1, name, content })
    await quality.forms.publish(scope, sofia, id, revision)
    return id
  }
  const published = async (answers = good) => {
    const id = await quality.begin(ours, sofia, await call(), formId)
    await quality.publish(ours, sofia, id, { revision: 1, answers, comment: '' })
    return id
  }

  before(async () => {
    ours = await makeAgency(db())
    theirs = await makeAgency(db())
    ana = await person(db(), ours, 'agent', 'Ana')
    beto = await person(db(), ours, 'agent', 'Beto')
    sofia = await person(db(), ours, 'supervisor', 'Sofía')
    sergio = await person(db(), ours, 'supervisor', 'Sergio')
    const audit = createAudit(db(), { error: (details) => assert.fail(JSON.stringify(details)) })
    quality = createEvaluations({ db: db(), audit, now: () => now })
    formId = await publishedForm('Atención')
  })

  it('a form is a draft until it is published; old evaluations keep their version', async () => {
    const id = await quality.forms.create(ours, sofia, '  Reclamos  ')
    await assert.rejects(quality.forms.publish(ours, sofia, id, 1), refused('form.incomplete', 'sections'))
    await assert.rejects(quality.forms.current(ours, id), refused('form.not_published'))
    const revision = await quality.forms.saveDraft(ours, id, { revision: 1, name: 'Reclamos', content })
    // Of two people with the same draft open only the first saves.
    await assert.rejects(
      quality.forms.saveDraft(ours, id, { revision: 1, name: 'Otro', content }),
      refused('form.changed'),
    )
    await assert.rejects(
      quality.forms.saveDraft(ours, id, { revision, name: 'x', content: { sections: 'x' } }),
      refused('form.malformed'),
    )
    assert.equal(await quality.forms.publish(ours, sofia, id, revision), 1)
    const evaluation = await quality.begin(ours, sofia, await call(), id)

    const draft = await quality.forms.beginDraft(ours, id)
    assert.deepEqual([draft.number, draft.state, draft.content], [2, 'draft', content])
    assert.equal((await quality.forms.beginDraft(ours, id)).id, draft.id)
    const changed = structuredClone(content)
    changed.sections[0]!.questions[0]!.text = '¿Saludó?'
    const next = await quality.forms.saveDraft(ours, id, { revision: 1, name: 'Reclamos', content: changed })
    assert.equal(await quality.forms.publish(ours, sofia, id, next), 2)
    const row = await quality.existing(ours, evaluation)
    assert.equal(row.version, 1)
    assert.deepEqual(await quality.contentOf(ours, row), content)
    assert.equal((await quality.forms.current(ours, id)).number, 2)

    await quality.forms.setActive(ours, sofia, id, false)
    await assert.rejects(quality.begin(ours, sofia, await call(), id), refused('form.not_published'))
    const copy = await quality.forms.create(ours, sofia, 'Copia', id)
    assert.deepEqual((await quality.forms.draftOf(ours, copy))?.content, changed)
    assert.equal(await quality.forms.discardDraft(ours, sofia, copy), 'form')
    await assert.rejects(quality.forms.existing(ours, copy), refused('form.not_found'))
  })

  it('a draft is never lost and never mixed: the same call goes on where it was', async () => {
    const talk = await call()
    const [id, again] = await Promise.all([
      quality.begin(ours, sofia, talk, formId),
      quality.begin(ours, sofia, talk, formId),
    ])
    assert.equal(id, again)
    const saved = await quality.save(ours, sofia, id, {
      revision: 1,
      answers: { saludo: good.saludo! },
      comment: ' x ',
    })
    assert.deepEqual([saved.revision, saved.score.score, saved.score.missing.length], [2, 100, 3])
    assert.deepEqual(await quality.answers(ours, id), {
      saludo: { value: 'yes', comment: 'Muy bien \n🚧', atMs: 4_000 },
    })
    const work = { revision: 1, answers: {}, comment: '' }
    await assert.rejects(quality.save(ours, sofia, id, work), refused('evaluation.changed'))
    await assert.rejects(quality.save(ours, sergio, id, { ...work, revision: 2 }), refused('evaluation.not_yours'))
    const wrong = async (answers: Answers, code: string, field: string) =>
      assert.rejects(quality.save(ours, sofia, id, { revision: 2, answers, comment: '' }), refused(code, field))
    await wrong({ tono: { value: 'na' } }, 'evaluation.invalid', 'tono')
    await wrong({ otra: { value: 'yes' } }, 'evaluation.invalid', 'otra')
    await wrong({ tono: { comment: 'x'.repeat(2_001) } }, 'evaluation.invalid', 'tono')
    await wrong({ tono: { atMs: -1 } }, 'evaluation.invalid', 'tono')
    await assert.rejects(
      quality.publish(ours, sofia, id, { revision: 2, answers: { tono: { value: '3' } }, comment: '' }),
      refused('evaluation.incomplete', 'saludo', 'datos'),
    )
    assert.equal(await quality.unseen(ours, ana), 0)
    await assert.rejects(quality.ofAgent(ours, ana, id), refused('evaluation.not_found'))
    await quality.discard(ours, sofia, id)
    await assert.rejects(quality.existing(ours, id), refused('evaluation.not_found'))
    assert.deepEqual(await quality.answers(ours, id), {})
  })

  it('published, seen, disputed, corrected and closed; each step once', async () => {
    const id = await published()
    const row = await quality.existing(ours, id)
    // Section 1: 1; section 2: (0.4 + 1) / 2 = 0.7; (1 + 3 × 0.7) / 4.
    assert.deepEqual([row.state, row.score, row.passed, row.fatal], ['published', 77.5, true, 0])
    assert.equal(await quality.unseen(ours, ana), 1)
    await assert.rejects(quality.seen(ours, beto, id), refused('evaluation.not_found'))
    await quality.seen(ours, ana, id)
    assert.equal(await quality.unseen(ours, ana), 0)
    await assert.rejects(quality.dispute(ours, ana, id, '  '), refused('evaluation.invalid', 'text'))
    await assert.rejects(quality.dispute(ours, beto, id, 'x'), refused('evaluation.not_found'))
    await quality.dispute(ours, ana, id, 'No escuchaste el final.')
    await assert.rejects(quality.acknowledge(ours, ana, id), refused('evaluation.changed'))
    await assert.rejects(
      quality.save(ours, sofia, id, { revision: 2, answers: good, comment: '' }),
      refused('evaluation.changed'),
    )
    const corrected = { ...good, resuelve: { value: 'todo' } }
    const answer = { text: 'Tenés razón.', revision: 2, corrected }
    const both = await Promise.allSettled([
      quality.close(ours, sergio, id, answer),
      quality.close(ours, sofia, id, answer),
    ])
    assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    const closed = await quality.existing(ours, id)
    assert.deepEqual(
      [closed.state, closed.score, closed.scoreBefore, closed.resolution],
      ['closed', 100, 77.5, 'Tenés razón.'],
    )
    const sections = await db().knex('evaluation_sections').where({ evaluation_id: id }).orderBy('section')
    assert.deepEqual(
      sections.map(({ section, score }) => [section, score]),
      [
        ['solucion', 10_000],
        ['trato', 10_000],
      ],
    )
    const fatal = await quality.existing(ours, await published({ ...good, datos: { value: 'no' } }))
    assert.deepEqual([fatal.score, fatal.fatal, fatal.passed], [0, 1, false])
    await quality.acknowledge(ours, ana, fatal.id)
    assert.equal((await quality.existing(ours, fatal.id)).state, 'closed')
    const actions = await db().knex('audit').where({ agency_id: ours.agencyId, subject_id: id }).orderBy('id')
    assert.deepEqual(
      actions.map(({ action }) => action),
      ['begun', 'published', 'disputed', 'closed'].map((one) => `evaluation.${one}`),
    )
  })

  it('nobody judges the own call; lists and sums say the same; drafts are their author’s', async () => {
    const own = await quality.talkOf(ours, await recordedCall(db(), ours, { agentId: sofia, at: now }))
    await assert.rejects(quality.begin(ours, sofia, own, formId), refused('evaluation.own_call'))
    now += 86_400_000
    const from = now
    await published()
    await published({ ...good, datos: { value: 'no' } })
    const draft = await quality.begin(ours, sofia, await call(), formId)
    const filter = { from, to: from + 1, agentId: ana }
    const { rows, total } = await quality.list(ours, filter, { size: 10, offset: 0 })
    assert.deepEqual([rows.length, total], [2, 2])
    assert.deepEqual(await quality.summary(ours, filter), { all: 2, scored: 2, mean: 38.75, fatal: 1, disputed: 0 })
    assert.equal((await quality.list(ours, { ...filter, fatal: true }, { size: 10, offset: 0 })).total, 1)
    const listed = async (person: number) =>
      (await quality.list(ours, { draftsOf: person }, { size: 200, offset: 0 })).rows.some(({ id }) => id === draft)
    assert.deepEqual([await listed(sofia), await listed(sergio)], [true, false])
  })

  it('another agency finds nothing and changes nothing', async () => {
    const stranger = await person(db(), theirs, 'supervisor')
    const id = await published()
    const talk = await call()
    const missing = refused('evaluation.not_found')
    await assert.rejects(quality.existing(theirs, id), missing)
    await assert.rejects(quality.ofAgent(theirs, ana, id), missing)
    await assert.rejects(quality.dispute(theirs, ana, id, 'x'), missing)
    await assert.rejects(quality.close(theirs, stranger, id, { text: 'x', revision: 2 }), missing)
    await assert.rejects(quality.talkOf(theirs, talk.recordingId!), refused('evaluation.no_call'))
    await assert.rejects(quality.begin(theirs, stranger, talk, formId), refused('form.not_found'))
    await assert.rejects(quality.forms.beginDraft(theirs, formId), refused('form.not_found'))
    await assert.rejects(quality.forms.create(theirs, stranger, 'x', formId), refused('form.not_found'))
    assert.deepEqual(await quality.answers(theirs, id), {})
    assert.deepEqual(await quality.forms.list(theirs), [])
    assert.deepEqual(await quality.summary(theirs, {}), { all: 0, scored: 0, fatal: 0, disputed: 0 })
    // By a form of their own, over a call that is not theirs.
    const form = await publishedForm('Ajeno', theirs)
    const taken = await quality.begin(ours, sofia, talk, formId)
    await assert.rejects(quality.publish(theirs, sofia, taken, { revision: 1, answers: good, comment: '' }), missing)
    assert.ok(form)
  })
})
