import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { text } from 'node:stream/consumers'
import { it } from 'node:test'
import { makeAgency, onEachDatabase } from '../server/testing/database.ts'
import { letterHtml, letterText, type Mail, type Mailer } from './deliver.ts'
import { english } from './english.ts'
import { reports } from './reports.ts'
import { makeFile, prepare } from './run.ts'
import { createScheduler } from './schedule.ts'
import { createSchedule, type NewSchedule } from './schedule-store.ts'
import { fillCentre, monday } from './testing/centre.ts'

const exceljs = createRequire(import.meta.url)('exceljs') as typeof import('exceljs')
const now = monday + 2 * 86_400_000
const day = { from: '2026-03-02', to: '2026-03-02' }
/** What files say of themselves; figures' titles are told by their English. */
const spanish =
  /Portada|Definicion|Período|Organismo|Generad|Todas|Todos|Página|Salud de|comparadas|cifra|Zona horaria|llamadas?\b|grabaci/i

onEachDatabase('files in English', (db) => {
  /** An agency of people whose own name is no word of ours. */
  async function centre() {
    const scope = await makeAgency(db())
    await db().knex('agencies').where({ id: scope.agencyId }).update({ name: 'Santa Fe' })
    return { scope, ...(await fillCentre(db(), scope)) }
  }

  it('the xlsx of every report: cover, sheets, columns, definitions, days', async () => {
    const { scope } = await centre()
    const left = new Set<string>()
    for (const report of reports) {
      const context = await prepare(db(), scope, report, day, now, 'en-US')
      const { content } = await makeFile(context, 'xlsx', { publicUrl: 'https://vera.example.org' })
      const book = new exceljs.Workbook()
      await book.xlsx.load(Buffer.concat(await content.map((piece) => Buffer.from(piece)).toArray()) as never)
      const names = book.worksheets.map(({ name }) => name)
      assert.deepEqual([names[0], names.at(-1)], ['Cover', 'Definitions'])
      assert.equal(book.category, 'Report')
      const look = (said: unknown) => {
        const words = typeof said === 'object' && said !== null && 'text' in said ? said.text : said
        // The queue of the centre whose name would be a formula.
        if (typeof words === 'string' && !words.includes('=Salud') && (spanish.test(words) || english(words) !== words))
          left.add(`${report.id}: ${words}`)
      }
      for (const name of names) look(name)
      for (const sheet of book.worksheets) {
        assert.doesNotMatch(JSON.stringify(sheet.headerFooter), /Página/)
        const whole = sheet.name === 'Cover' || sheet.name === 'Definitions'
        sheet.eachRow((row, at) => {
          row.eachCell((cell) => {
            if (whole || at === 1) look(cell.value)
            assert.doesNotMatch(cell.numFmt ?? '', /dd\/mm/, `${report.id} ${sheet.name} ${cell.address}`)
          })
        })
      }
    }
    assert.deepEqual([...left], [])
  })

  it('the csv has commas and points, the month first, and the words of a long detail', async () => {
    const { scope } = await centre()
    const fileOf = async (id: string, language: 'es' | 'en-US') => {
      const report = reports.find((one) => one.id === id)!
      return text((await makeFile(await prepare(db(), scope, report, day, now, language), 'csv')).content)
    }
    const [head, row] = (await fileOf('calls', 'en-US')).split('\r\n')
    assert.match(head!, /^Begun,Channel,Direction,From,To,Queue,/)
    assert.match(row!, /03\/02\/2026 \d\d:\d\d:\d\d/)
    assert.match(row!, /,(Voice|Telephone),Inbound,/)
    assert.match((await fileOf('calls', 'es')).split('\r\n')[1]!, /02\/03\/2026 .*Entrante;/)
    assert.match(await fileOf('service-level', 'en-US'), /,0\.\d+/)
  })

  it('a schedule’s mail is in the language of whoever scheduled it', async () => {
    await db().knex('schedules').update({ active: false })
    const { scope, supervisor } = await centre()
    await db().knex('users').where({ id: supervisor }).update({ language: 'en-US', email: 'owner@example.org' })
    const mails: Mail[] = []
    const mailer: Mailer = {
      async send(mail) {
        mails.push(mail)
        return { response: '250', refused: [] }
      },
      close() {},
    }
    const schedule: NewSchedule = {
      ...{ name: 'Queues', report: 'queues', parameters: { period: 'yesterday' }, cron: '0 7 * * *' },
      ...{ timeZone: 'America/Argentina/Buenos_Aires', format: 'both', recipients: ['a@example.org'] },
    }
    const id = await createSchedule(db(), scope, supervisor, schedule, monday + 12 * 3_600_000)
    const at = monday + 34 * 3_600_000
    const scheduler = createScheduler({ db: db(), mailer, now: () => at, publicUrl: 'https://vera.example.org' })
    assert.equal(await scheduler.tick(), 1)
    const [mail] = mails
    assert.equal(mail!.subject, 'Queues · 03/02/2026 (late)')
    assert.match(mail!.text, /Offered: 6/)
    assert.match(mail!.text, /it was due on 03\/03\/2026 07:00/)
    assert.doesNotMatch(`${mail!.text}${mail!.html}`, new RegExp(`${spanish.source}|adjunto|Programado|Ofrecidas`, 'i'))
    await db().knex('schedules').where({ id }).update({ active: false, report: 'gone' })
    const gone = { ...schedule, id, agencyId: scope.agencyId, ownerId: supervisor, active: false, since: 0 }
    await scheduler.runNow(scope, { ...gone, report: 'gone', deletedAt: null })
    assert.match(mails[1]!.subject, /^«Queues» could not be sent$/)
    assert.equal(mails[1]!.to[0], 'owner@example.org')
  })
})

it('a letter says the same in both languages, in text and in html', async () => {
  const letter = { title: 'T', agency: 'A', period: 'P', highlights: [], table: undefined, pictures: [] }
  const more = { name: 'N', owner: 'O', screen: 'https://x/s', files: { names: 'f.xlsx', address: 'https://x/f' } }
  for (const [language, words] of [
    ['es', [/son más grandes/, /Verlo en Vera|En Vera, con/, /Programado por O/]],
    ['en-US', [/are larger than/, /See it in Vera|In Vera, with/, /Scheduled by O/]],
  ] as const)
    for (const word of words) {
      assert.match(letterHtml({ ...letter, ...more, language }), word)
      assert.match(letterText({ ...letter, ...more, language }), word)
    }
})
