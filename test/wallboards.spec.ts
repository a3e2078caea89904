// A board on the wall in a real browser that nobody touches, on the try-out in a process of its own behind a wire that can be
// cut: it heals by itself whatever happens. WALL_PICTURES names a folder for pictures.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import Sqlite from 'better-sqlite3'
import { type Browser, type BrowserContext, type CDPSession, chromium, type Page } from 'playwright-core'
import { type Design, readDesign, templates } from '../server/wallboards/index.ts'
import type { BoardModel } from '../server/wallboards/model.ts'
import { newTile } from '../server/wallboards/templates.ts'
import { chromiumPath } from './browser/chromium.ts'
import { type TryOut, tryOutProcess } from './browser/try-out.ts'
import { type CutProxy, cutProxy } from './faults/cut-proxy.ts'
import { signIn } from './pictures/picture.ts'

const pictures = process.env.WALL_PICTURES
const root = join(import.meta.dirname, '..')
/** Nobody hurries a wall: CI has two slow cores. */
const patience = 60_000

describe('a board on the wall in Chromium', { skip: chromiumPath ? false : 'no Chromium on this machine' }, () => {
  let tryOut: TryOut
  let wire: CutProxy
  let browser: Browser
  let wall: Page
  let supervisor: Page
  const faults: string[] = []
  const board = (page: Page) => page.locator('#board .wb-page')
  const bar = () => wall.locator('.stale')

  async function newContext(width: number, height: number, base = wire.port): Promise<BrowserContext> {
    const context = await browser.newContext({
      baseURL: `http://127.0.0.1:${base}`,
      viewport: { width, height },
      locale: 'es-AR',
      reducedMotion: 'reduce',
    })
    context.setDefaultTimeout(patience)
    return context
  }
  /** What a page loaded anew would not have. */
  const mark = (page: Page) => page.evaluate(() => Object.assign(window, { marked: true }))
  const marked = (page: Page) => page.evaluate(() => (window as unknown as { marked?: boolean }).marked === true)
  const loadedAnew = (page: Page) =>
    page.waitForFunction(() => document.getElementById('board') && !('marked' in window), undefined, {
      timeout: patience,
    })
  /** Waits until the page has drawn a picture that came after now. */
  const drawn = (page: Page) =>
    page.evaluate(
      () => new Promise<void>((resolve) => document.addEventListener('vera:drawn', () => resolve(), { once: true })),
    )
  const picture = (page: Page, name: string) =>
    pictures ? page.screenshot({ path: join(pictures, `wall-${name}.png`) }) : undefined
  /** As the designer's page does it. */
  const save = (design: Design) =>
    supervisor.evaluate(async (next) => {
      const { version, name } = await (await fetch('/api/wallboards/ejemplo')).json()
      const answer = await fetch('/api/wallboards/ejemplo', {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ version, name, design: next }),
      })
      return answer.status
    }, design)
  const sql = (text: string) => {
    const db = new Sqlite(join(tryOut.home, 'vera.sqlite'), { timeout: 10_000 })
    try {
      return db.prepare(text).run().changes
    } finally {
      db.close()
    }
  }

  before(async () => {
    tryOut = await tryOutProcess('wall')
    await tryOut.start()
    wire = await cutProxy(tryOut.port)
    browser = await chromium.launch({
      executablePath: chromiumPath as string,
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    })
    supervisor = await signIn(await newContext(1366, 768, tryOut.port), 'supervisora', 'vera')
    wall = await (await newContext(1920, 1080)).newPage()
    wall.on('pageerror', (error) => faults.push(error.message))
  })
  after(async () => {
    await browser?.close()
    await wire?.close()
    await tryOut?.remove()
  })

  it('a television shows a code, and the board once a supervisor approves it', async () => {
    await wall.goto('/screen')
    const code = ((await wall.locator('#screen-code').textContent()) as string).replace(/\s/g, '')
    await supervisor.goto(`/wallboards/approve?code=${code}`)
    await supervisor.locator('select[name=boardId]').selectOption('ejemplo')
    await supervisor.getByRole('button', { name: 'Aprobar' }).click()
    await wall.waitForURL('**/wallboards/ejemplo')
    await board(wall).waitFor()
    await wall.locator('#tile-trend svg, #tile-trend .wb-nothing').first().waitFor()
    await drawn(wall)
    await picture(wall, 'room')
    assert.equal(await wall.locator('#board a').count(), 0, 'nobody can follow a link on a wall')
    assert.equal(await wall.evaluate(async () => (await fetch('/supervisor')).status), 403)
    await mark(wall)
  })

  it('for people each figure leads to what it is made of, the same as on the supervisor’s screen', async () => {
    await supervisor.goto('/supervisor')
    const there = await supervisor.locator('#explain-answered').getAttribute('href')
    await supervisor.goto('/wallboards/ejemplo')
    const here = supervisor.locator('#tile-answered strong a')
    assert.equal(await here.getAttribute('href'), there)
    await here.click()
    await supervisor.waitForURL('**/reports/explain**')
    assert.match((await supervisor.locator('main').textContent()) as string, /V-[0-9A-F]{10}/)
  })

  it('nothing is wider than its screen or its tile, in either theme', async () => {
    await supervisor.goto('/wallboards/ejemplo')
    for (const [width, height] of [
      [1920, 1080],
      [1366, 768],
      [390, 844],
    ] as const) {
      await supervisor.setViewportSize({ width, height })
      await drawn(supervisor)
      const wide = await supervisor.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
      assert.ok(wide <= 0, `${width}: ${wide} px too wide`)
      const over = await supervisor.evaluate(() =>
        [...document.querySelectorAll('.wb-number, .wb-people li, .wb-row, .wb-tops li')]
          .filter((one) => one.getClientRects().length > 0)
          .filter((one) => {
            const tile = (one.closest('.wb-tile') as Element).getBoundingClientRect()
            const own = one.getBoundingClientRect()
            return own.right > tile.right + 1 || own.bottom > tile.bottom + 1 || own.top < tile.top - 1
          })
          .map((one) => `${one.closest('.wb-tile')?.id}: ${one.textContent}`),
      )
      assert.deepEqual(over, [], `${width}`)
      if (pictures) await supervisor.screenshot({ path: join(pictures, `wall-${width}.png`), fullPage: width === 390 })
    }
    await supervisor.setViewportSize({ width: 1920, height: 1080 })
  })

  it('names in lists stand whole, also the longest of the centre', async () => {
    await supervisor.goto('/wallboards/ejemplo')
    for (const [width, height] of [
      [1920, 1080],
      [390, 844],
    ] as const) {
      await supervisor.setViewportSize({ width, height })
      await drawn(supervisor)
      const cut = await supervisor.evaluate(() => {
        for (const [list, name] of [
          ['.wb-people', 'Guadalupe F.'],
          ['.wb-tops', 'Certificado de discapacidad'],
        ] as const) {
          const rows = document.querySelector<HTMLElement>(list)
          const who = rows?.querySelector<HTMLElement>('.wb-who')
          if (!rows || !who) continue
          // As the template says it when that name is among them.
          rows.style.setProperty('--letters', String(name.length))
          ;(who.querySelector('a') ?? who).textContent = name
        }
        return [...document.querySelectorAll<HTMLElement>('.wb-lines .wb-who, .wb-people .wb-who, .wb-tops .wb-who')]
          .filter((one) => one.scrollWidth > one.clientWidth)
          .map((one) => one.textContent)
      })
      assert.deepEqual(cut, [], `${width}`)
    }
    await supervisor.setViewportSize({ width: 1920, height: 1080 })
  })

  it('a board that is changed is drawn anew without being loaded anew, and its pages take turns', async () => {
    const text = (id: string, said: string) => newTile('text', id, { x: 0, y: 0, w: 12, h: 8 }, { text: said })
    const design: Design = {
      ...templates.empty({ title: 'Otra cosa' }),
      theme: 'light',
      pages: [
        { id: 'a', name: '', seconds: 5, tiles: [text('t1', 'Primera')] },
        { id: 'b', name: 'Segunda página', seconds: 5, tiles: [text('t2', 'Segunda')] },
      ],
    }
    assert.equal(readDesign(design).faults, undefined)
    assert.equal(await save(design), 200)
    await wall.getByRole('heading', { name: 'Otra cosa' }).waitFor()
    for (const said of ['Segunda', 'Primera', 'Segunda']) await wall.getByText(said, { exact: true }).waitFor()
    assert.ok(await wall.locator('#board.wb-light').isVisible())
    assert.equal(await save(templates.room()), 200)
    await wall.locator('#tile-waiting').waitFor()
    assert.ok(await wall.locator('#board.wb-dark').isVisible())
    assert.equal(await marked(wall), true)
  })

  it('a killed server: says of when the numbers are, and is loaded anew from the one that follows', async () => {
    await tryOut.kill()
    await bar().waitFor()
    assert.match((await bar().textContent()) as string, /los números son de las \d\d:\d\d:\d\d\./)
    await picture(wall, 'lost')
    assert.equal(await marked(wall), true)
    await tryOut.start()
    await loadedAnew(wall)
    await board(wall).waitFor()
    await drawn(wall)
    await bar().waitFor({ state: 'detached' })
    await mark(wall)
  })

  it('a cut network: goes on by itself where it was', async () => {
    await wire.refuse(true)
    wire.reset()
    await bar().waitFor()
    await wire.refuse(false)
    await bar().waitFor({ state: 'detached' })
    await drawn(wall)
    assert.equal(await marked(wall), true)
  })

  it('a clock that is set hours off: the board goes by the server’s', async () => {
    for (const hours of [5, -9]) {
      await wall.evaluate((ms) => {
        const real = Date.now.bind(Date)
        Date.now = () => real() + ms
      }, hours * 3_600_000)
      await drawn(wall)
      const time = new Intl.DateTimeFormat('es-AR', {
        hour: '2-digit',
        minute: '2-digit',
        hourCycle: 'h23',
        timeZone: 'America/Argentina/Buenos_Aires',
      })
      const right = [-60_000, 0].map((off) => time.format(Date.now() + off))
      assert.ok(right.includes((await wall.locator('#board-clock').textContent()) as string))
      assert.equal(await bar().count(), 0)
    }
    assert.equal(await marked(wall), true)
  })

  it('a queue that is gone is told in its tile, and the others go on', async () => {
    const queues = new Sqlite(join(tryOut.home, 'vera.sqlite'))
    const [first, second] = queues.prepare('select id from queues where active = 1 order by id').all() as {
      id: number
    }[]
    queues.close()
    assert.ok(first && second)
    const figure = (id: string, x: number, queueIds: number[]) =>
      newTile('figure', id, { x, y: 0, w: 4, h: 4 }, { show: 'answered', queueIds })
    const design: Design = {
      ...templates.empty(),
      pages: [
        {
          id: 'p1',
          name: '',
          seconds: 20,
          tiles: [figure('gone', 0, [first.id]), figure('part', 4, [first.id, second.id]), figure('whole', 8, [])],
        },
      ],
    }
    assert.equal(await save(design), 200)
    await wall.locator('#tile-gone strong').waitFor()
    assert.equal(sql(`update queues set active = 0 where id = ${first.id}`), 1)
    await wall.locator('#tile-gone .wb-gone').waitFor()
    await wall.locator('#tile-part .wb-part').waitFor()
    assert.match((await wall.locator('#tile-gone').textContent()) as string, /ya no existe/)
    for (const id of ['part', 'whole'])
      assert.match((await wall.locator(`#tile-${id} strong`).textContent()) as string, /^\d[\d.]*$/)
    await picture(wall, 'gone')
    sql(`update queues set active = 1 where id = ${first.id}`)
    await wall.locator('#tile-gone strong').waitFor()
    assert.equal(await marked(wall), true)
    assert.equal(await save(templates.room()), 200)
    await wall.locator('#tile-waiting').waitFor()
  })

  it('axe finds no serious fault', async () => {
    await wall.evaluate(readFileSync(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8'))
    const found = await wall.evaluate(async () => {
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

  it('a screen that is removed goes back to its code', async () => {
    await supervisor.goto('/wallboards')
    supervisor.once('dialog', (dialog) => void dialog.accept())
    await supervisor.getByRole('button', { name: 'Quitar' }).first().click()
    await wall.waitForURL('**/screen')
    await wall.locator('#screen-code').waitFor()
  })

  describe('left on for weeks', () => {
    let page: Page
    let send: (change: (model: BoardModel) => void) => void
    let cdp: CDPSession
    let requests: string[] = []

    before(async () => {
      const context = await newContext(1920, 1080, tryOut.port)
      await signIn(context, 'supervisora', 'vera')
      page = await context.newPage()
      // To Chromium each of our looks into the page is a touch; silent it shall be until a real one.
      await page.addInitScript(() => {
        let touched = false
        addEventListener('pointerdown', () => (touched = true), true)
        Object.defineProperty(AudioContext.prototype, 'state', { get: () => (touched ? 'running' : 'suspended') })
      })
      page.on('pageerror', (error) => faults.push(error.message))
      page.on('request', (request) => requests.push(new URL(request.url()).pathname))
      await page.clock.install()
      const came = Promise.withResolvers<void>()
      // Frames at a pace that no server has: its first picture, changed as the test asks.
      await page.routeWebSocket(/\/live$/, (socket) => {
        const server = socket.connectToServer()
        let model: BoardModel | undefined
        let seq = 1
        server.onMessage((raw) => {
          const frame = JSON.parse(String(raw))
          if (frame.topic === undefined) return socket.send(raw)
          if (model || !frame.model) return
          model = frame.model
          socket.send(JSON.stringify({ ...frame, epoch: 'test', seq: 1 }))
          came.resolve()
        })
        send = (change) => {
          assert.ok(model)
          change(model)
          const topic = 'wallboard.board:ejemplo'
          socket.send(JSON.stringify({ now: Date.now(), topic, epoch: 'test', seq: ++seq, at: Date.now(), model }))
        }
      })
      await page.goto('/wallboards/ejemplo')
      await came.promise
      cdp = await context.newCDPSession(page)
      await cdp.send('Performance.enable')
    })

    /** Everything on the board is another at each of so many frames. */
    async function frames(count: number): Promise<void> {
      for (let n = 0; n < count; n++) {
        send((model) => {
          model.tiles.waiting = { number: { value: n % 30, beside: Date.now() - n } }
          model.tiles.level = { number: { value: (n % 100) / 100, target: { seconds: 20, percent: 80 } } }
          for (const agent of model.tiles.agents?.agents ?? []) {
            agent.since = Date.now() - n * 1_000
            agent.state = n % 2 ? 'talking' : 'available'
          }
          model.tiles.agents?.agents?.reverse()
          const trend = model.tiles.trend?.trend
          if (trend) trend.today = trend.today.map((_, at) => (n * at) % 50)
          model.urgent =
            n % 10 === 0 ? [{ id: `u${n}`, text: `Aviso ${n}`, urgent: true, until: Date.now() + 60_000 }] : []
        })
        if (n % 50 === 49)
          await page.waitForFunction(
            (value) => document.querySelector('#tile-waiting strong')?.textContent?.trim() === String(value),
            n % 30,
          )
      }
    }
    async function memory(): Promise<{ heap: number; nodes: number; listeners: number }> {
      for (let n = 0; n < 3; n++) await cdp.send('HeapProfiler.collectGarbage')
      const { metrics } = await cdp.send('Performance.getMetrics')
      const of = (name: string) => metrics.find((one) => one.name === name)?.value ?? Number.NaN
      return { heap: of('JSHeapUsedSize'), nodes: of('Nodes'), listeners: of('JSEventListeners') }
    }

    it('memory is flat over thousands of frames', async (t) => {
      await frames(300)
      const before = await memory()
      await frames(2_000)
      const after = await memory()
      t.diagnostic(`heap ${before.heap} -> ${after.heap} bytes, nodes ${before.nodes} -> ${after.nodes}`)
      // A thousand bytes kept of each frame would be two million.
      assert.ok(after.heap - before.heap < 1_000_000, `heap ${before.heap} -> ${after.heap}`)
      assert.ok(after.nodes - before.nodes < 300, `nodes ${before.nodes} -> ${after.nodes}`)
      assert.ok(after.listeners - before.listeners < 20, `listeners ${before.listeners} -> ${after.listeners}`)
    })

    it('a chime is heard once when a tile turns bad, where somebody let it', async () => {
      await page.evaluate(() => {
        const heard = { count: 0 }
        Object.assign(window, { heard })
        document.addEventListener('vera:chime', () => heard.count++)
      })
      const heard = () => page.evaluate(() => (window as unknown as { heard: { count: number } }).heard.count)
      const waiting = (value: number) => (model: BoardModel) => {
        model.urgent = []
        model.design.sound = { on: true, volume: 50, when: ['bad'] }
        model.tiles.level = {}
        model.tiles.waiting = { number: { value } }
      }
      const shows = (value: number) =>
        page.waitForFunction(
          (n) => document.querySelector('#tile-waiting strong')?.textContent?.trim() === String(n),
          value,
        )
      send(waiting(0))
      await shows(0)
      assert.equal(await page.locator('#board-hint').isVisible(), true, 'it says that it cannot be heard')
      await page.locator('#board').click({ position: { x: 5, y: 5 } })
      send(waiting(1))
      await page.locator('#board-hint').waitFor({ state: 'hidden' })
      for (const value of [50, 51, 52]) {
        send(waiting(value))
        await shows(value)
      }
      assert.equal(await heard(), 1)
      await page.locator('#tile-waiting.tone-bad .wb-sign').waitFor()
    })

    it('tells that it lives each minute, and is loaded anew twice a day', async () => {
      await mark(page)
      requests = []
      await page.clock.fastForward('01:00')
      await page.waitForFunction(() => true)
      assert.ok(requests.includes('/screen/state'), requests.join())
      // Half a day and the spread of a minute.
      await page.clock.fastForward('12:00:01')
      // The server's answer comes in real time.
      const anew = loadedAnew(page).then(() => true)
      const soon = () => new Promise<false>((resolve) => setTimeout(resolve, 500, false))
      while (!(await Promise.race([anew, soon()]))) await page.clock.fastForward('00:10').catch(() => {})
      assert.ok(requests.includes('/healthz'))
    })
  })

  it('nothing failed on the page', () => assert.deepEqual(faults, []))
})
