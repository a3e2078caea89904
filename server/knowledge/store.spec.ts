import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { insertId, type Scope } from '../database/index.ts'
import { type AppError, createAudit } from '../http/index.ts'
import { makeAgency, onEachDatabase } from '../testing/database.ts'
import { createKnowledge, type Knowledge } from './index.ts'

onEachDatabase('knowledge', (db) => {
  let scope: Scope
  let other: Scope
  let knowledge: Knowledge
  let roads: number
  let potholes: number
  let retired: number
  let foreign: number
  let now = 1_700_000_000_000
  const refused = (code: string, field?: string) => (error: AppError) =>
    error.code === code && (field === undefined || Object.keys(error.fields ?? {}).includes(field))
  const topic = (owner: Scope, name: string, more: object = {}) =>
    insertId(
      db()
        .knex('topics')
        .insert({ agency_id: owner.agencyId, name, ...more }),
    )
  before(async () => {
    scope = await makeAgency(db())
    other = await makeAgency(db())
    roads = await topic(scope, 'Calles')
    potholes = await topic(scope, 'Baches', { parent_id: roads })
    retired = await topic(scope, 'Vieja', { active: false })
    foreign = await topic(other, 'Ajena')
    const audit = createAudit(db(), { error: (details) => assert.fail(String(details)) })
    knowledge = createKnowledge({ db: db(), audit, now: () => now })
  })

  test('is kept as plain text, found by topic, and told in the audit', async () => {
    const body = ' Pedí la <b>dirección</b>.\r\nDecí el plazo: 48 h. 🚧 '
    const made = await knowledge.save(scope, 7, { title: ' Bache en la calle ', body, topicId: potholes })
    assert.deepEqual(made, {
      id: made.id,
      topic: { id: potholes, name: 'Calles › Baches' },
      title: 'Bache en la calle',
      body: 'Pedí la <b>dirección</b>.\nDecí el plazo: 48 h. 🚧',
      updatedAt: now,
    })
    assert.deepEqual(await knowledge.ofTopic(scope, potholes), [made])
    assert.deepEqual(await knowledge.ofTopic(scope, roads), [])
    await knowledge.save(scope, 7, { id: made.id, title: 'Bache', body: 'x' })
    await knowledge.remove(scope, 7, made.id)
    assert.equal(await knowledge.get(scope, made.id), undefined)
    const audited = await db()
      .knex('audit')
      .where({ agency_id: scope.agencyId, user_id: 7, subject_type: 'article', subject_id: String(made.id) })
      .orderBy('id')
      .pluck('action')
    assert.deepEqual(audited, ['article.created', 'article.updated', 'article.removed'])
  })

  test('another agency can neither see, change nor remove it, nor use our topics', async () => {
    const ours = await knowledge.save(scope, undefined, { title: 'Nuestra', body: 'x', topicId: roads })
    assert.equal(await knowledge.get(other, ours.id), undefined)
    assert.deepEqual(await knowledge.list(other), [])
    assert.deepEqual(await knowledge.ofTopic(other, roads), [])
    const change = { id: ours.id, title: 'Robada', body: 'x' }
    await assert.rejects(knowledge.save(other, undefined, change), refused('article.not_found'))
    await assert.rejects(knowledge.remove(other, undefined, ours.id), refused('article.not_found'))
    const stranger = { title: 'x', body: 'x', topicId: foreign }
    await assert.rejects(knowledge.save(scope, undefined, stranger), refused('article.invalid', 'topicId'))
    assert.deepEqual(await knowledge.get(scope, ours.id), ours)
  })

  test('search ignores accents and capitals, also in the body and the topic; each word must be there', async () => {
    const found = async (text: string) => (await knowledge.list(scope, { text })).map(({ title }) => title)
    await knowledge.save(scope, undefined, { title: 'Árbol caído', body: 'Avisá a la CUADRILLA al 100%.' })
    await knowledge.save(scope, undefined, { title: 'Zanja', body: 'Otra cosa', topicId: potholes })
    assert.deepEqual(await found('arbol'), ['Árbol caído'])
    assert.deepEqual(await found('ÁRBOL cuadrilla'), ['Árbol caído'])
    assert.deepEqual(await found('100%'), ['Árbol caído'])
    assert.deepEqual(await found('100_'), [])
    assert.deepEqual(await found('arbol zanja'), [])
    assert.deepEqual(await found('baches'), ['Zanja'])
    const topics = (await knowledge.list(scope)).map((article) => article.topic?.name)
    assert.deepEqual(topics, ['Calles', 'Calles › Baches', undefined])
    assert.deepEqual(
      (await knowledge.list(scope, { topicId: potholes })).map(({ title }) => title),
      ['Zanja'],
    )
  })

  test('of two people who read the same article only the first saves', async () => {
    const read = await knowledge.save(scope, undefined, { title: 'Turnos', body: 'A las 8' })
    const change = { id: read.id, title: 'Turnos', updatedAt: read.updatedAt }
    const first = await knowledge.save(scope, undefined, { ...change, body: 'A las 9' })
    assert.ok(first.updatedAt > read.updatedAt)
    await assert.rejects(knowledge.save(scope, undefined, { ...change, body: 'A las 7' }), refused('article.changed'))
    now += 1000
    assert.equal((await knowledge.save(scope, undefined, { ...change, ...first, body: 'A las 10' })).updatedAt, now)
  })

  test('what is missing, too long or of a retired topic is refused; who had that topic keeps it', async () => {
    const refusing = (input: object, field: string) =>
      assert.rejects(
        knowledge.save(scope, undefined, { title: 'x', body: 'x', ...input }),
        refused('article.invalid', field),
      )
    await refusing({ title: ' \n' }, 'title')
    await refusing({ body: '\r\n' }, 'body')
    await refusing({ title: 'x'.repeat(201) }, 'title')
    await refusing({ body: 'x'.repeat(16_001) }, 'body')
    await refusing({ topicId: retired }, 'topicId')
    const fits = await knowledge.save(scope, undefined, { title: '🚧'.repeat(200), body: '🚧'.repeat(16_000) })
    assert.equal(fits.body.length, 32_000)
    await db().knex('articles').where({ id: fits.id }).update({ topic_id: retired })
    const kept = await knowledge.save(scope, undefined, { id: fits.id, title: 'x', body: 'x', topicId: retired })
    assert.equal(kept.topic?.id, retired)
  })
})
