import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { isCuit, spoken, valueFrom } from './rules.ts'

describe('rules of keyed data', () => {
  it('takes DNI of 7 and 8 digits', () => {
    assert.equal(valueFrom('dni', '30123456'), '30123456')
    assert.equal(valueFrom('dni', '9123456'), '9123456')
    for (const wrong of ['03012345', '123456', '301234567', '3012345*'])
      assert.equal(valueFrom('dni', wrong), undefined)
  })
  it('knows a CUIT by its check digit', () => {
    assert.equal(isCuit('20123456786'), true)
    assert.equal(isCuit('20123456785'), false)
    assert.equal(isCuit('30500001735'), true)
    // Exactly one last digit fits a CUIT, or none.
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 99_999_999 }), (dni) => {
        const stem = `20${String(dni).padStart(8, '0')}`
        const fitting = [...'0123456789'].filter((digit) => isCuit(stem + digit))
        return fitting.length <= 1
      }),
    )
  })
  it('takes real dates only', () => {
    assert.equal(valueFrom('date', '25121980'), '1980-12-25')
    assert.equal(valueFrom('date', '29022024'), '2024-02-29')
    for (const wrong of ['29022023', '31042024', '00012024', '12132024', '01011800']) {
      assert.equal(valueFrom('date', wrong), undefined)
    }
  })
  it('takes the star as the decimal comma', () => {
    assert.equal(valueFrom('amount', '1500*5'), '1500.50')
    assert.equal(valueFrom('amount', '0042'), '42.00')
    for (const wrong of ['*50', '1*2*3', '1*234']) assert.equal(valueFrom('amount', wrong), undefined)
  })
  it('reads back what a person understands', () => {
    assert.equal(spoken('dni', '301', 'es'), '3, 0, 1')
    assert.equal(spoken('date', '1980-12-25', 'es'), '25 de diciembre de 1980')
    assert.equal(spoken('amount', '1500.50', 'es'), '1500 pesos con 50 centavos')
    assert.equal(spoken('amount', '42.00', 'es'), '42 pesos')
  })
})
