// The supervisor's live page in a real browser, on the try-out in a process of its own behind a wire that can be cut: it
// comes back after each loss without being loaded anew, and says meanwhile of when its numbers are. LIVE_PICTURES names a
// folder for pictures.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { chromiumPath } from './browser/chromium.ts'
import { type TryOut, tryOutProcess } from './browser/try-out.ts'
import { type CutProxy, cutProxy } from './faults/cut-proxy.ts'
import { signIn } from './pictures/picture.ts'

const pictures = process.env.LIVE_PICTURES
const root = join(import.meta.dirname, '..')

describe('the live page in Chromium', { skip: chromiumPath ? false : 'no Chromium on this machine' }, () => {
  let tryOut: TryOut
  let wire: CutProxy
  let browser: Browser
  let context: BrowserContext
  let page: Page
  const faults: string[] = []
  const bar = () => page.locator('.stale')
  const said = () => page.locator('#vera-announcements')

  /** What a page loaded anew would not have. */
  const marked = () => page.evaluate(() => (window as unknown as { marked?: boolean }).marked)
  /** Waits until the page has drawn a picture that came after now. */
  const drawn = () =>
    page.evaluate(
      () => new Promise<void>((resolve) => document.addEventListener('vera:drawn', () => resolve(), { once: true })),
    )

  before(async () => {
    tryOut = await tryOutProcess('live')
    await tryOut.start()
    wire = await cutProxy(tryOut.port)
    browser = await chromium.launch({
      executablePath: chromiumPath as string,
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    })
    context = await browser.newContext({
      baseURL: `http://127.0.0.1:${wire.port}`,
      viewport: { width: 1366, height: 768 },
      locale: 'es-AR',
      reducedMotion: 'reduce',
    })
    context.setDefaultTimeout(60_000)
    page = await signIn(context, 'supervisora', 'vera')
    page.on('pageerror', (error) => faults.push(error.message))
    await page.goto('/supervisor')
    await page.locator('#now-agents tbody tr').first().waitFor()
    await page.locator('#now-seal').waitFor()
    await page.evaluate(() => Object.assign(window, { marked: true }))
    await drawn()
  })
  after(async () => {
    await browser?.close()
    await wire?.close()
    await tryOut?.remove()
  })

  it('shows the wide, the small and the smallest screen whole', async () => {
    for (const [width, height] of [
      [1920, 1080],
      [1366, 768],
      [390, 844],
    ] as const) {
      await page.setViewportSize({ width, height })
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
      assert.ok(wide <= 0, `${width}: ${wide} px too wide`)
      if (pictures) await page.screenshot({ path: join(pictures, `live-${width}.png`), fullPage: width === 390 })
    }
    await page.setViewportSize({ width: 1366, height: 768 })
  })

  it('a killed server that is started again: filters, the open dialog and what is typed stay', async () => {
    await page.locator('#filter-state').selectOption('all')
    await page.locator('#filter-text').fill('a')
    await page.locator('#now-agents [data-force]:visible').first().click()
    const dialog = page.locator('#force-dialog')
    await dialog.waitFor()
    await page.locator('#force-reason').selectOption({ index: 1 })
    const chosen = await page.locator('#force-reason').inputValue()
    await tryOut.kill()
    await bar().waitFor()
    assert.match(
      (await bar().textContent()) as string,
      /^Sin conexión desde hace \d+ s: los números son de las \d\d:\d\d:\d\d\./,
    )
    // A screen reader hears it once, not each second.
    const heard = (await said().textContent()) as string
    assert.match(heard, /^Sin conexión\. Los números que se muestran son de las \d\d:\d\d:\d\d\.$/)
    assert.equal(await bar().getAttribute('aria-hidden'), 'true')
    if (pictures) await page.screenshot({ path: join(pictures, 'live-lost.png') })
    await tryOut.start()
    await drawn()
    await bar().waitFor({ state: 'detached' })
    await page.locator('#vera-announcements', { hasText: 'Conexión recuperada' }).waitFor({ state: 'attached' })
    assert.equal(await marked(), true, 'the page was loaded anew')
    assert.equal(await page.locator('#filter-state').inputValue(), 'all')
    assert.equal(await page.locator('#filter-text').inputValue(), 'a')
    assert.equal(await dialog.isVisible(), true)
    assert.equal(await page.locator('#force-reason').inputValue(), chosen)
    await page.keyboard.press('Escape')
    await page.locator('#filter-text').fill('')
    await page.locator('#filter-state').selectOption('')
  })

  it('a cut network: what was missed comes, not the whole', async () => {
    const frames: string[] = []
    page.on('websocket', (socket) => {
      socket.on('framereceived', ({ payload }) => void frames.push(String(payload)))
    })
    wire.reset()
    await drawn()
    const first = frames.map((frame) => JSON.parse(frame)).find(({ topic }) => topic === 'supervisor.now')
    assert.ok(first?.patches, `the first frame was ${JSON.stringify(first).slice(0, 200)}`)
    assert.equal(await marked(), true)
  })

  it('a network that is silent: said within a quarter of a minute, and mended', async () => {
    wire.stall()
    await bar().waitFor({ timeout: 20_000 })
    // New connections pass: the page has come back by itself, or is about to.
    await drawn()
    await bar().waitFor({ state: 'detached' })
    wire.release()
    assert.equal(await marked(), true)
  })

  it('a clock that is set, forwards and back: ages go on from the server’s time', async () => {
    const waiting = () =>
      page.evaluate(() =>
        [...document.querySelectorAll<HTMLElement>('#now-agents time[data-since]')].map((one) => ({
          shown: one.textContent ?? '',
          since: Number(one.dataset.since),
        })),
      )
    const secondsOf = (text: string) => text.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
    const right = async (what: string) => {
      const clocks = await waiting()
      assert.ok(clocks.length > 0)
      for (const { shown, since } of clocks) {
        const off = Math.abs(secondsOf(shown) - (Date.now() - since) / 1000)
        assert.ok(off < 4, `${what}: ${shown} shown, ${off} s off`)
      }
    }
    for (const hours of [2, -2]) {
      // Only the wall clock: no timer goes faster or slower.
      await page.evaluate((ms) => {
        const real = Date.now.bind(Date)
        Date.now = () => real() + ms
      }, hours * 3_600_000)
      await drawn()
      await right(`${hours} h`)
      assert.equal(await bar().count(), 0)
    }
    assert.equal(await marked(), true)
  })

  it('the keyboard reaches filters, numbers and actions, and a redraw leaves the focus', async () => {
    // Nobody's row goes away while it has the focus.
    await page.locator('#filter-state').selectOption('all')
    await page.locator('#filter-queue').focus()
    const reached = new Set<string>()
    for (let n = 0; n < 40; n++) {
      await page.keyboard.press('Tab')
      reached.add(await page.evaluate(() => document.activeElement?.id?.replace(/[\d-].*$/, '') ?? ''))
    }
    for (const wanted of ['filter', 'explain', 'force']) assert.ok(reached.has(wanted), `${wanted}: ${[...reached]}`)
    const focused = await page.evaluate(() => document.activeElement?.id)
    await drawn()
    assert.equal(await page.evaluate(() => document.activeElement?.id), focused)
  })

  it('axe finds no serious fault', async () => {
    await page
      .addScriptTag({ content: readFileSync(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8') })
      .catch(() => {})
    // Our content security policy lets no foreign script in: it is evaluated instead.
    if (!(await page.evaluate(() => 'axe' in window)))
      await page.evaluate(readFileSync(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8'))
    const found = await page.evaluate(async () => {
      const { axe } = window as unknown as {
        axe: { run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> }
      }
      const { violations } = await axe.run()
      return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html }) => html.slice(0, 160))}`)
    })
    assert.deepEqual(found, [])
  })

  it('nothing failed on the page', () => assert.deepEqual(faults, []))
})
