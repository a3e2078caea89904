import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import type { Scope } from '../database/index.ts'
import type { AppError, Audit } from '../http/index.ts'
import { makeAgency, onEachDatabase } from '../testing/database.ts'
import { type Citizens, createCitizens, flowCitizens } from './index.ts'

onEachDatabase('citizens', (db) => {
  let scope: Scope
  let other: Scope
  let citizens: Citizens
  const audited: string[] = []
  const audit: Audit = { record: async (_scope, { action }) => void audited.push(action) }
  before(async () => {
    scope = await makeAgency(db())
    other = await makeAgency(db())
    await db().knex('agencies').where({ id: scope.agencyId }).update({ area_code: '342' })
    citizens = createCitizens({ db: db(), audit, now: () => 1_700_000_000_000 })
  })
  const refused =
    (code: string, ...fields: string[]) =>
    (error: AppError) => {
      assert.equal(error.code, code)
      assert.deepEqual(Object.keys(error.fields ?? {}).sort(), fields)
      return true
    }

  test('is found by name without accents, DNI with dots and phone in any notation', async () => {
    const made = await citizens.create(scope, 7, {
      name: 'Ñusta Pérez',
      dni: '30.123.456',
      locality: 'Río Seco',
      phones: ['0342 15-456-7890', '342 456 7890'],
    })
    assert.deepEqual(made.phones, ['+5493424567890'])
    assert.equal(made.dni, '30123456')
    for (const text of [
      'perez nus',
      'RIO pérez',
      '30.123.456',
      '301234',
      '456-7890',
      '3424567890',
      '+54 9 342 4567890',
    ]) {
      assert.deepEqual(
        (await citizens.search(scope, text)).map(({ id }) => id),
        [made.id],
        text,
      )
    }
    assert.deepEqual(
      (await citizens.byPhone(scope, '15 456 7890')).map(({ id }) => id),
      [made.id],
    )
    assert.equal((await citizens.byDni('30123456'))?.id, made.id)
    for (const text of ['', '%', '_', "' or 1=1 --", '!'])
      assert.deepEqual(await citizens.search(scope, text), [], text)
    // The base is shared, local numbers belong to the agency's area.
    assert.equal((await citizens.search(other, 'perez')).length, 1)
    assert.equal((await citizens.byPhone(other, '15 456 7890')).length, 0)
  })

  test('every fault is told beside its field; a document belongs to one', async () => {
    await assert.rejects(
      citizens.create(scope, 7, {
        name: ' ',
        dni: '1',
        cuit: '20-12345678-5',
        email: 'x',
        birthDate: '2020-02-31',
        phones: ['107'],
      }),
      refused('citizen.invalid', 'birthDate', 'cuit', 'dni', 'email', 'name', 'phones'),
    )
    await citizens.create(scope, 7, { name: 'Uno', dni: '31000001' })
    await assert.rejects(citizens.create(other, 7, { name: 'Dos', dni: '31.000.001' }), refused('citizen.taken', 'dni'))
    const race = await Promise.allSettled(
      [1, 2].map(() => citizens.create(scope, 7, { name: 'A la vez', dni: '31000002' })),
    )
    assert.deepEqual(race.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    const lost = race.find(({ status }) => status === 'rejected') as PromiseRejectedResult
    assert.equal(lost.reason.code, 'citizen.taken')
  })

  test('update keeps what is absent, clears what is empty, and is found by the new name', async () => {
    const made = await citizens.create(scope, 7, { name: 'Antes', email: 'a@b.ar', phones: ['4561111'] })
    const changed = await citizens.update(scope, 7, made.id, { name: 'Después', email: '' })
    assert.deepEqual([changed.name, changed.email, changed.phones], ['Después', undefined, ['+543424561111']])
    assert.equal((await citizens.search(scope, 'despues'))[0]?.id, made.id)
    assert.deepEqual(await citizens.search(scope, 'antes'), [])
    await assert.rejects(citizens.update(scope, 7, 999_999, { name: 'x' }), refused('citizen.not_found'))
  })

  test('merge moves everything, once, and old ids lead to the card that stayed', async () => {
    const into = await citizens.create(scope, 7, { name: 'Queda', phones: ['4562222'] })
    const from = await citizens.create(scope, 7, { name: 'Se une', dni: '32000001', phones: ['15 4562222', '4563333'] })
    const older = await citizens.create(scope, 7, { name: 'Más vieja' })
    await citizens.merge(scope, 7, { into: from.id, from: older.id })
    const row = { agency_id: other.agencyId, citizen_id: from.id, created_at: 1 }
    await db()
      .knex('interactions')
      .insert({ ...row, id: 'call-1', channel: 'voice', direction: 'inbound' })
    await db()
      .knex('tickets')
      .insert({ ...row, number: 1, subject: 's', state: 'open', origin: 'agent', updated_at: 1 })
    audited.length = 0
    const merged = await citizens.merge(scope, 7, { into: into.id, from: from.id })
    const again = await citizens.merge(scope, 7, { into: into.id, from: from.id })
    assert.deepEqual(again, merged)
    assert.deepEqual(audited, ['citizen.merged'])
    assert.deepEqual([merged.id, merged.name, merged.dni], [into.id, 'Queda', '32000001'])
    assert.deepEqual(merged.phones, ['+543424562222', '+543424563333'])
    for (const table of ['interactions', 'tickets']) {
      const moved = await db().knex(table).where({ agency_id: other.agencyId }).first('citizen_id')
      assert.equal(moved.citizen_id, into.id, table)
    }
    assert.equal((await citizens.byId(from.id))?.id, into.id)
    assert.equal((await citizens.byId(older.id))?.id, into.id)
    assert.deepEqual(await citizens.search(scope, 'se une'), [])
    await assert.rejects(citizens.merge(scope, 7, { into: into.id, from: into.id }), refused('citizen.merge_itself'))
  })

  test('flows: a shared number names nobody; save changes the one with that DNI', async () => {
    const port = flowCitizens(citizens)
    await citizens.create(scope, 7, { name: 'Madre', phones: ['4564444'] })
    const child = await citizens.create(scope, 7, { name: 'Hija', dni: '33000001', phones: ['4564444'] })
    assert.equal(await port.byPhone(scope.agencyId, '03424564444'), undefined)
    const saved = await port.save(scope.agencyId, { name: 'Hija Pérez', dni: '33000001', phone: '4565555', email: '' })
    assert.deepEqual([saved.id, saved.name], [child.id, 'Hija Pérez'])
    assert.equal((await port.byPhone(scope.agencyId, '342 4565555'))?.id, child.id)
  })
})
