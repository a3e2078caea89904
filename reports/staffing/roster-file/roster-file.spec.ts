import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { writeXlsx } from 'hucre/xlsx'
import { WorkbookRefused } from '../../own-workbook/refused.ts'
import { zip } from '../../workbook/zip.ts'
import { writeRoster } from '../roster-text.ts'
import { emptyRoster, type Roster } from '../store.ts'
import { maxFileBytes, readGrid } from './grid.ts'
import { readRosterGrid } from './reading.ts'
import { templateFile } from './template.ts'
import { readInThread } from './thread.ts'
import { dayOf, shiftsOf, timeOf } from './words.ts'

const now = Date.parse('2026-11-29T12:00Z')
const xlsx = async (rows: unknown[][], more: object = {}) =>
  Buffer.from(await writeXlsx({ sheets: [{ name: 'Hoja1', rows: rows as never, ...more }] }))
const read = async (bytes: Buffer) => readRosterGrid(await readGrid(bytes), now)
const csv = (text: string) => read(Buffer.from(text))
/** `lun 08:00-09:30` -> agents, one a change. */
const hoursOf = (roster: Roster) =>
  roster.map((day) => day.flatMap((count, slot) => (count > 0 ? [`${slot / 2}:${count}`] : [])).join(' '))
const faultsOf = ({ faults }: { faults: { at: string; found: string }[] }) =>
  faults.map(({ at, found }) => `${at} ${found}`)

it('reads an agent a row, as supervisors write shifts', async () => {
  const one = await read(
    await xlsx([
      ['Dotación del 30/11 al 06/12'],
      [],
      ['Agente', 'Lunes 30/11', 'MARTES', 'mié', 'Jue.', 'Vie', 'Sábado', 'domingo'],
      ['Ana', '8 a 9', '08:00-09:30', 'de 8 a 9 hs', '8.30 - 9.30', 'Franco', 'vacaciones', null],
      ['Bruno', '08:00-08:30 / 10:00-10:30', '22:00-01:00', 'F', null, '-', 'libre', '23 a 1'],
      ['Total', 2, 2, 1, 1, 0, 0, 1],
    ]),
  )
  assert.deepEqual(faultsOf(one), [])
  assert.deepEqual([one.kind, one.rows, one.agents], ['agents', 2, ['Ana', 'Bruno']])
  assert.deepEqual(hoursOf(one.roster), [
    '0:1 0.5:1 8:2 8.5:1 10:1',
    '8:1 8.5:1 9:1 22:1 22.5:1 23:1 23.5:1',
    '0:1 0.5:1 8:1 8.5:1',
    '8.5:1 9:1',
    '',
    '',
    '23:1 23.5:1',
  ])
  assert.ok(one.notes.some((note) => /fila 6 es un total/.test(note)))
  assert.ok(one.notes.some((note) => /medianoche/.test(note)))
})

it('reads entry and exit in two columns a day, times as Excel keeps them', async () => {
  const at = (hours: number) => hours / 24
  const times = new Map(
    [1, 2, 3, 4].flatMap((column) =>
      [2, 3].map((row) => [`${row},${column}`, { style: { numFmt: 'hh:mm' } }] as const),
    ),
  )
  const one = await read(
    await xlsx(
      [
        ['Agente', 'Lunes', null, 'Martes', null],
        [null, 'Entrada', 'Salida', 'Entrada', 'Salida'],
        ['Ana', at(8), at(9.5), 'Franco', null],
        ['Bruno', null, null, at(8.25), at(10)],
      ],
      { cells: times },
    ),
  )
  assert.deepEqual(faultsOf(one), [])
  assert.deepEqual(hoursOf(one.roster).slice(0, 2), ['8:1 8.5:1 9:1', '8.5:1 9:1 9.5:1'])
  assert.ok(one.notes.some((note) => /media hora entera/.test(note)))
  assert.ok(one.notes.some((note) => note === 'Quedan sin nadie: miércoles, jueves, viernes, sábado, domingo.'))
})

it('reads a shift a row, and one agent on several rows once where they overlap', async () => {
  const one = await csv(
    'Agente;Fecha;Desde;Hasta\nAna;30/11/2026;08:00;09:00\nana;30/11/2026;08:30;10:00\nBruno;martes;8;9\n',
  )
  assert.deepEqual(faultsOf(one), [])
  assert.deepEqual([one.kind, one.rows], ['shifts', 3])
  assert.deepEqual(hoursOf(one.roster).slice(0, 2), ['8:1 8.5:1 9:1 9.5:1', '8:1 8.5:1'])
  const weeks = await csv('Agente;Fecha;Desde;Hasta\nAna;30/11/2026;8;9\nAna;07/12/2026;8;9\n')
  assert.deepEqual(faultsOf(weeks), ['B3 07/12/2026'])
})

it('reads counts by half hour and by hour, from Excel and from a csv of Windows', async () => {
  const byHour = await read(
    await xlsx([
      ['Hora', 'Lun', 'Mar'],
      ['08:00 - 09:00', 3, 4],
      ['09:00 - 10:00', 5, null],
      ['Total', 8, 4],
    ]),
  )
  assert.deepEqual([byHour.kind, faultsOf(byHour)], ['counts', []])
  assert.deepEqual(hoursOf(byHour.roster).slice(0, 2), ['8:3 8.5:3 9:5 9.5:5', '8:4 8.5:4'])
  const windows = await read(Buffer.from('hora;mi\xe9;s\xe1b\r\n08:00;1;2\r\n08:30;3;4\r\n', 'latin1'))
  assert.deepEqual(
    [windows.days, hoursOf(windows.roster)[2], hoursOf(windows.roster)[5]],
    [[2, 5], '8:1 8.5:3', '8:2 8.5:4'],
  )
})

it('what the pasted form writes is read the same, whatever the roster', async () => {
  const counts = fc.array(fc.array(fc.nat(9_999), { minLength: 48, maxLength: 48 }), { minLength: 7, maxLength: 7 })
  await fc.assert(
    fc.asyncProperty(counts, async (roster) => {
      assert.deepEqual((await csv(writeRoster(roster))).roster, roster)
    }),
    { numRuns: 30 },
  )
})

it('an agent is counted in each whole half hour of the shift, never twice, through midnight and the week’s end', async () => {
  const half = fc.nat(47)
  const row = fc.tuple(fc.nat(3), fc.nat(6), half, half).filter(([, , from, to]) => from !== to)
  const clock = (slot: number) => `${slot >> 1}:${slot % 2 ? '30' : '00'}`
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 20 }), async (rows) => {
      const names = ['lunes', 'martes', 'miércoles', 'jueves', 'viernes', 'sábado', 'domingo']
      const text = rows.map(([who, day, from, to]) => `A${who};${names[day]};${clock(from)};${clock(to)}`).join('\n')
      const apart = emptyRoster()
      for (let slot = 0; slot < 7 * 48; slot++) {
        const here = new Set(
          rows
            .filter(([, day, from, to]) => (slot - (day * 48 + from) + 336) % 336 < (to - from + 48) % 48)
            .map(([who]) => who),
        )
        apart[Math.floor(slot / 48)]![slot % 48] = here.size
      }
      const one = await csv(`Agente;Día;Desde;Hasta\n${text}`)
      assert.deepEqual([one.faults, one.roster], [[], apart])
    }),
    { numRuns: 60 },
  )
})

it('the templates are read as they are', async () => {
  for (const [kind, rows] of [
    ['agents', 3],
    ['counts', 24],
  ] as const) {
    const one = await read(Buffer.from(await templateFile(kind)))
    assert.deepEqual([one.kind, one.rows, one.faults], [kind, rows, []])
  }
})

it('every fault says its cell and what to do, and none hides another', async () => {
  const agents = await csv(
    'Agente;lun;mar;mié\nAna;8 a 14;14;turno tarde\n;8 a 9;;\n=cmd|x;8 a 9;;\nBruno;25 a 26;8 a 8;\n',
  )
  assert.deepEqual(faultsOf(agents), ['C2 14', 'D2 turno tarde', 'A3 (vacía)', 'A4 =cmd|x', 'B5 25 a 26', 'C5 8 a 8'])
  for (const { todo } of agents.faults) assert.match(todo, /^[A-ZN].{15,}\.$/)
  const counts = await csv('Hora;lun;mar\n08:00;1,5;-2\n08:10;1;1\n08:00;1;1\nmediodía;1;1\n')
  assert.deepEqual(faultsOf(counts), ['A5 mediodía', 'A2 08:00'])
  const some = await csv('Hora;lun;mar\n08:00;1,5;-2\n08:30;mil;99999\n08:30;1;1\n')
  assert.deepEqual(faultsOf(some), ['B2 1,5', 'C2 -2', 'B3 mil', 'C3 99999', 'A4 08:30'])
  assert.deepEqual(faultsOf(await csv('uno;dos\ntres;cuatro\n')), ['A1 uno'])
  assert.deepEqual(faultsOf(await csv('Agente;lun 30/11;lun 07/12\nAna;8 a 9;8 a 9\n')), ['C1 lunes'])
  assert.deepEqual(faultsOf(await csv('Agente;lun;mar\n')), ['A1 (vacía)'])
  const formula = await xlsx(
    [
      ['Hora', 'lun'],
      ['08:00', null],
    ],
    { cells: new Map([['1,1', { formula: 'B9+1' }]]) },
  )
  assert.deepEqual(faultsOf(await read(formula)), ['B2 una fórmula sin su resultado'])
})

it('words: days, times and shifts', () => {
  const days = [
    'lunes',
    'LUN',
    'Mié.',
    'sab',
    'Sun',
    '30/11',
    '2026-12-01',
    'marca',
    'lunfardo',
    '31/02/2026',
    'Agente',
    '',
  ]
  assert.deepEqual(
    days.map((text) => dayOf(text, now)?.day),
    [0, 0, 2, 5, 6, 0, 1, undefined, undefined, undefined, undefined, undefined],
  )
  // On New Year's Eve the next January is meant.
  assert.equal(dayOf('02/01', Date.parse('2026-12-31T12:00Z'))!.date, '2027-01-02')
  const times = ['8', '8:30', '08.30', '8hs', '24', '25', '8:60', 'ocho', 0.5, 8, 25, 0]
  assert.deepEqual(
    times.map((one) => timeOf(one)),
    [480, 510, 510, 480, 1440, undefined, undefined, undefined, 720, 480, undefined, 0],
  )
  assert.deepEqual(shiftsOf('16 a 0'), [{ from: 960, to: 0 }])
  assert.deepEqual(
    ['franco', '', 'licencia médica', 'F'].map((text) => shiftsOf(text || null)),
    [[], [], [], []],
  )
})

it('an agency has two files read at once at most, and the next when they are done', async () => {
  const file = Buffer.from('Agente;lun\nAna;8 a 10\n')
  const busy = (error: { code?: string; status?: number }) => error.code === 'roster_file.busy' && error.status === 429
  const two = [1, 2].map(() => readInThread(file, now, 7))
  const other = readInThread(file, now, 8)
  await assert.rejects(readInThread(file, now, 7), busy)
  assert.deepEqual(
    (await Promise.all([...two, other])).map(({ rows }) => rows),
    [1, 1, 1],
  )
  assert.equal((await readInThread(file, now, 7)).rows, 1)
})

it('refuses what is hostile before anything is made of it', async () => {
  const refused = async (bytes: Buffer) =>
    readInThread(bytes, now, 1).then(
      () => 'taken',
      (error) => (error instanceof WorkbookRefused ? error.code : String(error)),
    )
  const packed = async (parts: Record<string, string | Buffer>) => {
    const chunks: Buffer[] = []
    const entries = Object.entries(parts).map(([path, data]) => ({ path, data: Buffer.from(data) }))
    for await (const chunk of zip(entries)) chunks.push(chunk)
    return Buffer.concat(chunks)
  }
  const types =
    '<Types><Override ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
  assert.equal(await refused(Buffer.alloc(maxFileBytes + 1)), 'workbook.too_big')
  assert.equal(await refused(Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 1, 2])), 'workbook.old_or_locked')
  assert.equal(await refused(Buffer.from('PK nothing')), 'workbook.not_one')
  assert.equal(await refused(Buffer.from([1, 0, 2])), 'roster_file.not_a_table')
  assert.equal(await refused(Buffer.from('')), 'roster_file.empty')
  assert.equal(await refused(Buffer.from(`a;b\n${'1;2\n'.repeat(6_000)}`)), 'roster_file.too_many_rows')
  const bomb = await packed({
    '[Content_Types].xml': types,
    'xl/worksheets/sheet1.xml': Buffer.alloc(30 * 1_048_576, 32),
  })
  assert.ok(bomb.length < maxFileBytes, 'it is small outside')
  assert.equal(await refused(bomb), 'workbook.too_much')
  const macros = { '[Content_Types].xml': `${types}<x ContentType="macroEnabled"/>`, 'xl/vbaProject.bin': 'x' }
  assert.equal(await refused(await packed(macros)), 'workbook.macros')
  const far = await xlsx([['a']])
  assert.equal(await refused(far), 'taken')
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 3_000 }), async (bytes) => {
      await read(Buffer.from(bytes)).catch((error) => assert.ok(error instanceof WorkbookRefused, String(error)))
    }),
    { numRuns: 300 },
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.array(
          fc.oneof(
            fc.string(),
            fc.constantFrom('lun', 'mar', '8 a 9', '08:00', 'Agente', 'desde', 'hasta', 'fecha', '5'),
          ),
        ),
        { maxLength: 20 },
      ),
      async (rows) => {
        const { roster, faults } = readRosterGrid(
          {
            rows: rows.map((row) => row.map((cell) => cell.slice(0, 200) || null)),
            sheet: undefined,
            otherSheets: [],
            unread: [],
          },
          now,
        )
        assert.ok(roster.flat().every((count) => Number.isInteger(count) && count >= 0))
        assert.ok(faults.length <= 200)
      },
    ),
    { numRuns: 300 },
  )
})
