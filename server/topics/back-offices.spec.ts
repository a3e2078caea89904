import assert from 'node:assert/strict'
import { it } from 'node:test'
import { createAudit } from '../http/index.ts'
import { makeAgency, onEachDatabase } from '../testing/database.ts'
import { createTopics } from './index.ts'

onEachDatabase('back offices', (db) => {
  it('have a telephone that is a number, theirs alone, and known without the database', async () => {
    const topics = createTopics({ db: db(), audit: createAudit(db(), { error: (_d, text) => assert.fail(text) }) })
    const [scope, other] = [await makeAgency(db()), await makeAgency(db())]
    const office = { name: 'Mesa de entradas', number: '(0342) 455-0100', active: true }
    const id = await topics.create(scope, undefined, 'back_offices', office)
    const without = await topics.create(scope, undefined, 'back_offices', { name: 'Archivo', active: true })
    assert.deepEqual(await topics.backOffices(scope), [
      { id: without, name: 'Archivo', number: undefined, active: true },
      { id, name: 'Mesa de entradas', number: '03424550100', active: true },
    ])
    assert.deepEqual(await topics.backOffices(other), [])
    await topics.remember()
    assert.equal(topics.backOffice(scope.agencyId, id)?.number, '03424550100')
    assert.equal(topics.backOffice(other.agencyId, id), undefined)
    const wrong = { name: 'Otra', number: '0342;1', active: true }
    await assert.rejects(topics.create(scope, undefined, 'back_offices', wrong), { code: 'topic.number_wrong' })
    await topics.update(scope, undefined, 'back_offices', id, { ...office, number: '', active: false })
    assert.deepEqual(
      (await topics.backOffices(scope)).map(({ name }) => name),
      ['Archivo'],
    )
  })
})
