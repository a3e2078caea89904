import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { layColumns } from './columns.ts'

const pageWidth = 786
const width = ({ widths }: { widths: number[] }) => widths.reduce((sum, one) => sum + one + 8, 0)

it('each column stands once, those that name the row in each part, and no part with a choice is wider than the page', () => {
  const title = fc
    .array(fc.string({ minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 4 })
    .map((words) => words.join(' '))
  fc.assert(
    fc.property(fc.array(title, { minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 3 }), (titles, asked) => {
      const front = Math.min(asked, titles.length)
      const parts = layColumns(titles, [titles.map(() => '0:00:00')], { front, pageWidth })
      const names = [...titles.keys()].slice(0, front)
      for (const part of parts) {
        assert.deepEqual(part.columns.slice(0, front), names)
        assert.ok(part.columns.length <= front + 1 || width(part) <= pageWidth + 0.001)
        assert.ok(part.widths.every((one) => one > 0))
      }
      assert.deepEqual(
        parts.flatMap(({ columns }) => columns.slice(front)),
        [...titles.keys()].slice(front),
      )
    }),
  )
})

it('a date with its time stays on one line, and few columns do not cross the page', () => {
  const [part] = layColumns(['Inicio', 'Canal'], [['27/11/2026 08:01:20', 'Voz']], { front: 1, pageWidth })
  assert.ok(part!.widths[0]! >= 19 * part!.fontSize * 0.53, 'nineteen digits')
  assert.ok(width(part!) <= 2 * 110 + 0.001)
})

it('letters get smaller before a table is cut in parts', () => {
  const titles = Array.from({ length: 14 }, () => 'Contestadas')
  assert.equal(layColumns(titles.slice(0, 6), [], { front: 1, pageWidth })[0]?.fontSize, 8)
  const many = layColumns(titles, [], { front: 1, pageWidth })
  assert.deepEqual([many.length, many[0]?.fontSize], [1, 6.5])
  assert.ok(layColumns([...titles, ...titles], [], { front: 1, pageWidth }).length > 1)
})
