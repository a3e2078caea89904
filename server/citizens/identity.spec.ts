import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cuitCheckDigit, plain, readCuit, readDni, readSearch, searchText } from './identity.ts'
import { readPhone } from './phones.ts'

test('one number is the same person in every notation people use', () => {
  fc.assert(
    fc.property(fc.integer({ min: 4_000_000, max: 4_999_999 }), (subscriber) => {
      const n = String(subscriber)
      const notations = [
        `0342 15-${n.slice(0, 3)}-${n.slice(3)}`,
        `342${n}`,
        `0342${n}`,
        `(0342) ${n}`,
        `54342${n}`,
        `+54 9 342 ${n}`,
        `549342${n}`,
        n,
        `15 ${n}`,
        `15${n}`,
      ]
      for (const text of notations) assert.equal(readPhone(text, '342')?.matchKey, `342${n}`, text)
    }),
  )
})
test('phones: stored as E.164, the mobile keeps its 9', () => {
  assert.deepEqual(readPhone('0342 15-456-7890'), { number: '+5493424567890', matchKey: '3424567890' })
  assert.deepEqual(readPhone('+543420000001'), { number: '+543420000001', matchKey: '3420000001' })
  assert.equal(readPhone('11 4567-8901', '342')?.number, '+541145678901')
  assert.equal(readPhone('+1 212 555 0123')?.matchKey, '12125550123')
})
test('what is nobody’s number is not read', () => {
  for (const text of ['107', '1001', '', 'anonymous', '<script>', '15 456 7890', '9'.repeat(70)]) {
    assert.equal(readPhone(text), undefined, text)
  }
})
test('whatever is typed, reading neither throws nor gives an unfit key', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[\d +().-]{0,30}$/)), (text) => {
      const phone = readPhone(text, '342')
      if (phone) assert.match(`${phone.number} ${phone.matchKey}`, /^\+\d{5,15} \d{5,15}$/)
    }),
  )
})
test('a CUIT with any one digit changed is refused', () => {
  const ten = fc.stringMatching(/^2\d{9}$/).filter((digits) => cuitCheckDigit(digits) !== undefined)
  fc.assert(
    fc.property(ten, fc.integer({ min: 0, max: 10 }), fc.integer({ min: 1, max: 9 }), (digits, place, add) => {
      const cuit = `${digits}${cuitCheckDigit(digits)}`
      assert.equal(readCuit(cuit), cuit)
      const wrong = cuit.slice(0, place) + ((Number(cuit[place]) + add) % 10) + cuit.slice(place + 1)
      assert.equal(readCuit(wrong), undefined)
    }),
  )
})
test('documents in the notations people use', () => {
  assert.equal(readCuit('20-12345678-6'), '20123456786')
  assert.equal(readDni('30.123.456'), '30123456')
  assert.equal(readDni('5 123 456'), '5123456')
  for (const text of ['123456', '123456789', '3012345a', '', '00123456']) assert.equal(readDni(text), undefined, text)
})
test('search text: lower case, no accents, fits its column', () => {
  assert.equal(searchText({ name: 'Ñandú  PÉREZ', dni: '30123456', locality: 'Río' }), 'nandu perez 30123456 rio')
  fc.assert(
    fc.property(fc.string({ maxLength: 600, unit: 'grapheme' }), (name) => {
      const text = searchText({ name })
      assert.ok([...text].length <= 400 && text.isWellFormed())
      assert.equal(plain(text), text)
    }),
  )
})
test('a search knows digits from words', () => {
  assert.deepEqual(readSearch(' Pérez, ANA '), { words: ['perez', 'ana'], digits: '' })
  assert.equal(readSearch('30.123.456').digits, '30123456')
  assert.equal(readSearch('calle 123').digits, '')
})
