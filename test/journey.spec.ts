// One call through real browsers: a citizen rings, an agent answers on the page, the wall and the supervisor see it, the
// Excel file has it. Everything that a person reads is found as a person finds it: by role and by text.
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import ExcelJS from 'exceljs'
import { pino } from 'pino'
import { type Browser, chromium, type Page } from 'playwright-core'
import { readConfig } from '../server/config.ts'
import { openDatabase } from '../server/database/index.ts'
import { type Example, seedExample } from '../server/example/index.ts'
import { createPlatform, type Platform } from '../server/platform.ts'

const program = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
)
const password = 'journey-1234'
const topic = 'Plan de pagos'
const disposition = 'Resuelto en la llamada'
const note = 'Pidió el plan de pagos «12 cuotas» & <b>confirmó</b> el domicilio.'
const subject = 'Plan de pagos sin imputar'

describe('journey of one call in the browser', { skip: program ? false : 'no Chromium on this machine' }, () => {
  let home: string
  let platform: Platform
  let example: Example
  let address: string
  let browser: Browser
  const faults: string[] = []

  before(async () => {
    home = mkdtempSync(join(tmpdir(), 'vera-journey-'))
    const [port, callPort] = await Promise.all([freePort(), freePort()])
    const databaseUrl = `sqlite:${join(home, 'vera.sqlite')}`
    // The example centre without its simulated people: nobody but this test calls or answers.
    const db = openDatabase(databaseUrl)
    await db.migrate()
    example = await seedExample({ db, clock: { now: Date.now }, seed: 'journey', password, log() {} })
    await db.close()
    const config = readConfig({
      PORT: String(port),
      CALL_LISTEN: `127.0.0.1:${callPort}`,
      DEMO: 'off',
      LOG_LEVEL: 'silent',
    })
    platform = await createPlatform(
      { ...config, home, databaseUrl, recordingsDir: join(home, 'recordings'), cdrDir: join(home, 'cdr') },
      { log: pino({ level: 'silent' }), say() {} },
    )
    address = await platform.start()
    browser = await chromium.launch({
      executablePath: program as string,
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking'],
    })
  })
  after(async () => {
    await browser?.close()
    await platform?.stop()
    rmSync(home, { recursive: true, force: true })
  })

  async function signIn(username: string): Promise<Page> {
    const context = await browser.newContext({ locale: 'es-AR', viewport: { width: 1366, height: 900 } })
    context.setDefaultTimeout(45_000)
    const page = await context.newPage()
    page.on('pageerror', (error) => faults.push(`${username}: ${error.message}`))
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(`${username}: ${message.text()}`)
    })
    await page.goto(`${address}/login`)
    await page.getByLabel('Usuario').fill(username)
    await page.getByLabel('Clave').fill(password)
    await page.getByRole('button', { name: 'Ingresar' }).click()
    await page.waitForURL((url) => url.pathname !== '/login')
    return page
  }

  it('goes from the ring to the Excel file', async (t) => {
    const { knex } = platform.db
    const target = platform.telephony.embedded
    assert.ok(target, 'the embedded switch')
    const person = await knex('users').where({ username: 'agente01' }).first()
    // The phone on the desk rings until the page answers it.
    assert.ok(target.phones.set(person.extension, 'manual'))

    const supervisor = await signIn('supervisora')
    const wall = await signIn('panel')
    const agent = await signIn('agente01')
    await supervisor.goto(`${address}/supervisor`)
    await wall.goto(`${address}/wallboards/mine`)
    await agent.goto(`${address}/agent`)

    await agent.getByRole('button', { name: 'Empezar a atender' }).first().click()
    await agent.getByRole('heading', { name: 'Listo para atender' }).waitFor()
    const row = supervisor.getByRole('row', { name: new RegExp(person.name) })
    await row.getByText('Disponible').waitFor()

    await watch(wall)
    const answeredBefore = (await latest(wall, 'Contestadas')).number
    assert.equal((await latest(wall, 'En espera')).number, 0)

    const caller = example.callers[0]
    assert.ok(caller)
    const call = target.placeCall({
      from: caller.number,
      to: example.numbers[0] as string,
      keys: 'pppppp1',
      hangUpAfterMs: 120_000,
    })

    await agent.getByRole('button', { name: 'Contestar' }).waitFor({ timeout: 30_000 })
    const [citizen] = await knex('citizens').where({ dni: caller.dni })
    await agent.getByRole('heading', { level: 1, name: citizen.name }).waitFor()
    const waitingAt = await pixel(wall, 'En espera', 1)
    await supervisor
      .getByRole('row', { name: /Impuestos/ })
      .getByText(citizen.name)
      .first()
      .waitFor()

    await agent.getByRole('button', { name: 'Contestar' }).click()
    await agent.getByRole('button', { name: 'Cortar' }).waitFor()
    const answeredAt = await pixel(wall, 'Contestadas', answeredBefore + 1)
    await pixel(wall, 'En espera', 0)
    await row.getByText('En llamada').waitFor()

    await agent.getByLabel('Temática').selectOption({ label: topic })
    await agent.getByLabel('Tipificación').selectOption({ label: disposition })
    await agent.getByRole('textbox', { name: 'Nota' }).fill(note)
    await agent.getByText('guardada').waitFor()
    await agent.getByRole('button', { name: 'Crear ticket' }).first().click()
    const dialog = agent.getByRole('dialog')
    await dialog.getByLabel('Asunto').fill(subject)
    await dialog.getByRole('button', { name: 'Crear ticket' }).click()
    await agent.getByText(/^Ticket \d+ creado$/).waitFor()

    await agent.getByRole('button', { name: 'Cortar' }).click()
    await agent.getByRole('button', { name: 'Terminar', exact: false }).filter({ hasText: 'Alt+F' }).click()
    await agent.getByRole('heading', { name: 'Listo para atender' }).waitFor()

    await supervisor.goto(`${address}/reports`)
    await supervisor.getByRole('link', { name: /Llamadas en detalle/ }).click()
    const [download] = await Promise.all([
      supervisor.waitForEvent('download'),
      supervisor.getByRole('link', { name: 'Descargar Excel' }).click(),
    ])
    const stay = await knex('queue_stays').orderBy('enqueued_at', 'desc').first()
    // The citizen is in the survey by now; nobody waits for the rest of it.
    await target.api(`uuid_kill ${stay.interaction_id}`)
    const done = await call
    assert.equal(done.uuid, stay.interaction_id)
    assert.deepEqual([done.answered, done.pressed], [true, ['1']])
    const book = new ExcelJS.Workbook()
    await book.xlsx.readFile(await download.path())
    const found = rowOf(book, done.uuid)
    assert.deepEqual(
      ['Cola', 'Agente', 'Temática', 'Tipificación', 'Resultado', 'Sentido'].map((title) => found[title]),
      ['Impuestos', person.name, topic, disposition, 'Contestada', 'Entrante'],
    )

    await supervisor.goto(`${address}/tickets`)
    await supervisor.getByText(subject).first().waitFor()
    const talk = await knex('talk_segments').where({ interaction_id: done.uuid }).first()
    const [kept] = await knex('interaction_notes').where({ interaction_id: done.uuid })
    assert.equal(kept.body, note)

    const waitingMs = waitingAt - Number(stay.enqueued_at)
    const answeredMs = answeredAt - Number(talk.answered_at)
    t.diagnostic(`change to pixel on the wall: waiting ${waitingMs} ms, answered ${answeredMs} ms`)
    assert.ok(waitingMs >= 0 && waitingMs <= 5_000, `waiting after ${waitingMs} ms`)
    assert.ok(answeredMs >= 0 && answeredMs <= 5_000, `answered after ${answeredMs} ms`)
    assert.deepEqual(faults, [])
  })
})

type Seen = { title: string; number: number; at: number }

/** Has the wallboard write down when each big figure was on the glass: after the frame in which it was drawn. */
async function watch(wall: Page): Promise<void> {
  await wall.getByRole('heading', { name: 'En espera' }).waitFor()
  await wall.evaluate(() => {
    const seen: Seen[] = []
    Object.assign(globalThis, { seen })
    const read = () => {
      for (const section of document.querySelectorAll('section')) {
        const title = section.querySelector('h2')?.textContent ?? ''
        const text = section.querySelector('strong')?.textContent ?? ''
        const number = Number(text.replaceAll('.', '').replace(',', '.'))
        if (seen.findLast((one) => one.title === title)?.number === number) continue
        const one = { title, number, at: Date.now() }
        seen.push(one)
        requestAnimationFrame(() => setTimeout(() => (one.at = Date.now())))
      }
    }
    read()
    new MutationObserver(read).observe(document.body, { subtree: true, childList: true, characterData: true })
  })
}

async function latest(wall: Page, title: string): Promise<Seen> {
  const one = await wall.evaluate(
    (asked) => (globalThis as unknown as { seen: Seen[] }).seen.findLast((each) => each.title === asked),
    title,
  )
  assert.ok(one, `the wallboard shows «${title}»`)
  return one
}

/** When `title` last came to show `number`; waits for it. UTC ms of the same machine's clock. */
async function pixel(wall: Page, title: string, number: number): Promise<number> {
  await wall.waitForFunction(
    ([asked, value]) =>
      (globalThis as unknown as { seen: Seen[] }).seen.findLast((each) => each.title === asked)?.number === value,
    [title, number] as const,
  )
  return (await latest(wall, title)).at
}

/** The call's row of the detail sheet by column title. */
function rowOf(book: ExcelJS.Workbook, id: string): Record<string, unknown> {
  for (const sheet of book.worksheets) {
    // exceljs counts columns from 1 and leaves a hole at 0.
    const titles = Array.from(sheet.getRow(1).values as unknown[], String)
    const at = titles.indexOf('Interacción')
    if (at < 0) continue
    for (let index = 2; index <= sheet.rowCount; index++) {
      const row = sheet.getRow(index)
      if (row.getCell(at).value === id)
        return Object.fromEntries(titles.map((title, column) => [title, column > 0 ? row.getCell(column).value : null]))
    }
  }
  return assert.fail(`the call ${id} is not in the file`)
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
