// Every page under /reports in a real browser, on the example centre: no fault of script or of access, nothing wider than the
// screen, figures that open what they are made of. REPORT_PICTURES names a folder for pictures.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type Browser, chromium, type Locator, type Page } from 'playwright-core'
import { reports } from '../reports/index.ts'
import { unexplained } from '../reports/testing/unexplained.ts'
import { freePorts } from './bad-input/ports.ts'
import { chromiumPath } from './browser/chromium.ts'

import { signIn } from './pictures/picture.ts'

const root = join(import.meta.dirname, '..')
const axeSource = readFileSync(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8')
const pictures = process.env.REPORT_PICTURES
const weekAgo = new Date(Date.now() - 7 * 86_400_000).toISOString().slice(0, 10)
const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10)
const week = `from=${weekAgo}&to=${yesterday}`

describe('the pages of the reports in Chromium', { skip: chromiumPath ? false : 'no Chromium on this machine' }, () => {
  let home: string
  let server: ChildProcess
  let browser: Browser
  let page: Page
  const faults: string[] = []

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'vera-reports-'))
    const [port] = (await freePorts(1)) as [number]
    server = spawn(process.execPath, [join(root, 'bench/start-process.ts'), home, String(port)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    while ((await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined))?.status !== 200)
      await new Promise((resolve) => setTimeout(resolve, 50))
    browser = await chromium.launch({
      executablePath: chromiumPath as string,
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    })
    const context = await browser.newContext({
      baseURL: `http://127.0.0.1:${port}`,
      viewport: { width: 1366, height: 768 },
      locale: 'es-AR',
      reducedMotion: 'reduce',
    })
    context.setDefaultTimeout(60_000)
    page = await signIn(context, 'supervisora', 'vera')
    page.on('pageerror', (error) => faults.push(`${page.url()}: ${error.message}`))
  })
  after(async () => {
    await browser?.close()
    const gone = once(server, 'exit')
    server.kill('SIGKILL')
    await gone
    await rm(home, { recursive: true, force: true })
  })

  /** Opens a page and says what is wrong with it; the same page on a telephone may not be wider than its screen. */
  async function look(address: string, name: string): Promise<string[]> {
    const answer = await page.goto(address)
    const found = answer?.status() === 200 ? [] : [`${address}: ${answer?.status()}`]
    await page.evaluate(axeSource)
    const serious = await page.evaluate(async () => {
      const { axe } = window as unknown as {
        axe: { run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> }
      }
      const { violations } = await axe.run()
      return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 100)).join(', ')}`)
    })
    found.push(...serious.map((fault) => `${address}: ${fault}`))
    if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true })
    await page.setViewportSize({ width: 390, height: 844 })
    // Charts take their new size a moment later.
    await page
      .waitForFunction(() => document.documentElement.scrollWidth <= window.innerWidth, undefined, { timeout: 10_000 })
      .catch(() => found.push(`${address}: wider than a telephone`))
    if (pictures) await page.screenshot({ path: join(pictures, `${name}-390.png`) })
    await page.setViewportSize({ width: 1366, height: 768 })
    return found
  }

  /** Figures of the open report that do not open what they are made of and should. */
  async function bare(id: string): Promise<string[]> {
    const { tables = [] } = (await (await page.request.get(`/api/reports/${id}?${week}`)).json()) as {
      tables: { id: string; title: string; columns: { id: string; title: string }[] }[]
    }
    // A detail's rows are the calls themselves.
    if (id === 'calls') return []
    const said = await page.evaluate(() =>
      [...document.querySelectorAll('main section.card')].flatMap((card) => {
        const heads = [...card.querySelectorAll('th')].map((one) => one.textContent)
        return [...card.querySelectorAll('td.number')].flatMap((cell) => {
          const text = cell.textContent?.trim() ?? ''
          // Days and hours at the head of a row are no figures.
          const at = [...(cell.parentElement as Element).children].indexOf(cell)
          if (!/\d/.test(text) || /\d\/\d/.test(text) || cell.querySelector('a.figure')) return []
          return [{ table: card.querySelector('h2')?.textContent, column: heads[at], text }]
        })
      }),
    )
    return said.flatMap(({ table, column, text }) => {
      const of = tables.find(({ title }) => title === table)
      const name = of?.columns.find(({ title }) => title === column)?.id
      if (unexplained[`${id}/${of?.id}.${name}`] ?? unexplained[`${id}/${of?.id}`]) return []
      return [`${id}: ${table}, ${column}: ${text} opens nothing`]
    })
  }

  for (const { id } of reports)
    it(`${id}: reads, drills down, explains`, async () => {
      const found = await look(`/reports/${id}?${week}`, id)
      found.push(...(await bare(id)))
      const links = await page.evaluate(() =>
        ['/reports/explain?', '/reports/calls?'].map((begin) =>
          document.querySelector(`main a[href^="${begin}"]`)?.getAttribute('href'),
        ),
      )
      for (const [at, link] of links.entries()) {
        if (!link) continue
        const answer = await page.goto(link)
        if (answer?.status() !== 200) found.push(`${link}: ${answer?.status()}`)
        if (at === 0) assert.match((await page.locator('main').textContent()) as string, /V-[0-9A-F]{10}/)
      }
      assert.deepEqual(found, [])
    })

  it('the other pages', async () => {
    const found: string[] = []
    const first = `/reports/explain?metric=answered&family=whole&from=${weekAgo}T03:00:00.000Z&to=${yesterday}T03:00:00.000Z`
    for (const [name, address] of Object.entries({
      list: '/reports',
      definitions: '/reports/definitions',
      downloads: '/reports/downloads',
      schedules: '/reports/schedules',
      workbooks: '/reports/workbooks',
      names: '/reports/workbooks/names',
      roster: '/reports/staffing/roster',
      explain: first,
      simulations: '/reports/staffing/simulations',
    }))
      found.push(...(await look(address, name)))
    assert.deepEqual(found, [])
    assert.deepEqual(faults, [])
  })

  it('what a roster’s file was understood as, and with faults', async () => {
    const found: string[] = []
    for (const [name, text] of Object.entries({
      good: 'Agente;Lunes;Martes\nAbril Quinteros;08:00-14:00;8 a 12 / 16 a 20\n',
      faulty: 'Agente;Lunes;Martes\nAbril Quinteros;nunca;08:00-14:00\n',
    })) {
      await page.goto('/reports/staffing/roster')
      await page.setInputFiles('#roster-file', { name: `${name}.csv`, mimeType: 'text/csv', buffer: Buffer.from(text) })
      await page.locator('[data-workbook-form] [type=submit]').click()
      await page.waitForURL(/staffing\/uploads\//)
      found.push(...(await look(page.url(), `roster-${name}`)))
    }
    assert.deepEqual(found, [])
  })

  it('a pasted roster that a colleague was quicker with is kept on the page, beside theirs', async () => {
    const address = '/reports/staffing/roster'
    await page.goto(address)
    const shown = await page.locator('[name=shown]').inputValue()
    const form = { target: '81', seconds: '20', shrinkage: '30', cost: '0', shown, roster: '08:00\t7' }
    const theirs = await page.request.post(address, { form, headers: { origin: new URL(page.url()).origin } })
    assert.equal(theirs.status(), 200)
    await page.fill('#roster-text', '08:00\t9')
    await page.getByRole('button', { name: 'Guardar' }).click()
    await page.locator('#roster-theirs').waitFor()
    assert.equal(await page.locator('#roster-text').inputValue(), '08:00\t9')
    assert.match(await page.locator('#roster-stored').inputValue(), /^08:00\t7/m)
    assert.match(
      (await page.locator('main .form-error:visible').first().textContent()) as string,
      /Celeste Aguirre guardó/,
    )
    await page.getByRole('button', { name: 'Guardar' }).click()
    await page.waitForURL(/done=saved/)
    assert.match(await page.locator('#roster-text').inputValue(), /^08:00\t9/m)
  })

  it('a schedule: its history; renamed, paused, and deleted by whoever says yes', async () => {
    await page.goto('/reports/schedules')
    const made = await page.request.post('/api/reports/schedules', {
      data: { name: 'Diario', report: 'queues', period: 'yesterday', cron: '0 7 * * *', recipients: 'a@example.org' },
      headers: { origin: new URL(page.url()).origin },
    })
    const { id } = (await made.json()) as { id: number }
    await page.goto(`/reports/schedules/${id}`)
    const [sent] = await Promise.all([
      page.waitForResponse(/\/run$/),
      page.getByRole('button', { name: 'Enviar ahora' }).click(),
    ])
    // There is no mail server: its history says so.
    assert.match(await sent.text(), /SMTP_URL/)
    const found = await look(`/reports/schedules/${id}`, 'schedule')
    await page
      .getByText(/SMTP_URL/)
      .first()
      .waitFor()
    await page.fill('#schedule-name', 'Cada mañana')
    // Each loads the page anew; what is pressed before its script has come is pressed in vain.
    const anew = (button: Locator) => Promise.all([page.waitForEvent('load'), button.click()])
    await anew(page.locator('#name-form [type=submit]'))
    await page.getByRole('heading', { name: 'Cada mañana' }).waitFor()
    await anew(page.getByRole('button', { name: 'Pausar' }))
    await page.getByRole('button', { name: 'Reanudar' }).waitFor()
    const answer = (yes: boolean) => page.once('dialog', (asked) => (yes ? asked.accept() : asked.dismiss()))
    answer(false)
    await page.getByRole('button', { name: 'Borrar' }).click()
    assert.match(page.url(), new RegExp(`/${id}$`))
    answer(true)
    await page.getByRole('button', { name: 'Borrar' }).focus()
    await page.keyboard.press('Enter')
    await page.waitForURL(/done=deleted/)
    found.push(...(await look('/reports/schedules', 'schedules-deleted')))
    await page.getByRole('link', { name: 'Cada mañana' }).click()
    await page.getByText('Se borró el').waitFor()
    assert.equal(await page.getByRole('button', { name: 'Borrar' }).count(), 0)
    found.push(...(await look(page.url(), 'schedule-deleted')))
    assert.deepEqual(found, [])
    assert.deepEqual(faults, [])
  })

  it('«En espera» leads to who waits now, of one queue too, from the board as well', async () => {
    const filter = page.locator('#filter-queue')
    await page.goto('/supervisor')
    await page.locator('#tile-waiting').focus()
    await page.keyboard.press('Enter')
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'now-calls')
    const queue = await page.locator('#now-queues [data-only]').first().getAttribute('data-only')
    await page.locator(`#qw-${queue}`).click()
    assert.equal(await filter.inputValue(), queue)
    await page.goto('/wallboards/ejemplo')
    const link = page.locator(`a[href="/supervisor?queue=${queue}#now-calls"]`).first()
    await page.goto((await link.getAttribute('href')) as string)
    assert.equal(await filter.inputValue(), queue)
    const found = [...(await look('/supervisor', 'live')), ...(await look('/wallboards/ejemplo', 'board'))]
    assert.deepEqual(found, [])
    assert.deepEqual(faults, [])
  })

  it('is filtered with the keyboard alone', async () => {
    await page.goto(`/reports/queues?${week}`)
    await page.locator('[name=queue]').focus()
    await page.keyboard.press('ArrowDown')
    for (let left = 12; left > 0; left--) {
      await page.keyboard.press('Tab')
      if (await page.evaluate(() => document.activeElement?.matches('main form [type=submit]'))) break
    }
    await Promise.all([page.waitForURL(/queue=\d+/), page.keyboard.press('Enter')])
    assert.notEqual(await page.locator('[name=queue]').inputValue(), '')
  })
})
