// A supervisor draws a board in a real browser, by mouse and by keyboard alone, while a television shows it; nothing drawn is
// lost. On the try-out in a process of its own. DESIGNER_PICTURES names a folder for pictures.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { chromiumPath } from './browser/chromium.ts'
import { type TryOut, tryOutProcess } from './browser/try-out.ts'
import { signIn } from './pictures/picture.ts'

const axeSource = readFileSync(join(import.meta.dirname, '../node_modules/axe-core/axe.min.js'), 'utf8')
const pictures = process.env.DESIGNER_PICTURES
/** CI has two slow cores. */
const patience = 45_000

type Cell = [id: string, x: number, y: number, w: number, h: number]

describe('the designer of boards in Chromium', { skip: chromiumPath ? false : 'no Chromium on this machine' }, () => {
  let tryOut: TryOut
  let browser: Browser
  let page: Page
  let wall: Page
  /** The address of the board that is drawn. */
  let address: string
  const faults: string[] = []

  async function newContext(width: number, height: number): Promise<BrowserContext> {
    const context = await browser.newContext({
      baseURL: `http://127.0.0.1:${tryOut.port}`,
      viewport: { width, height },
      locale: 'es-AR',
      reducedMotion: 'reduce',
    })
    context.setDefaultTimeout(patience)
    // gridstack tells of a drag by an event of that name, which Playwright takes for one of the system and waits for its end.
    await context.addInitScript(() =>
      addEventListener(
        'dragstart',
        (event) => {
          if (event instanceof CustomEvent) event.stopImmediatePropagation()
        },
        true,
      ),
    )
    return context
  }
  before(async () => {
    tryOut = await tryOutProcess('designer')
    await tryOut.start()
    browser = await chromium.launch({
      executablePath: chromiumPath as string,
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    })
    page = await signIn(await newContext(1366, 768), 'supervisora', 'vera')
    page.on('pageerror', (error) => faults.push(error.message))
    page.on('console', (message) => {
      // What is refused on purpose is told there too.
      if (message.type() === 'error' && !/status of (409|422|404)/.test(message.text())) faults.push(message.text())
    })
  })
  after(async () => {
    await browser?.close()
    await tryOut?.remove()
  })

  const press = (name: string | RegExp, where = page) => where.getByRole('button', { name }).first().click()
  const tile = (id: string, where = page) => where.locator(`#sheet-${id}`)
  const cells = (where = page): Promise<Cell[]> =>
    where.evaluate(() =>
      [...document.querySelectorAll('.designer-frame .grid-stack-item')]
        .map(
          (item) =>
            (item as unknown as { gridstackNode: { id: string; x: number; y: number; w: number; h: number } })
              .gridstackNode,
        )
        .map(({ id, x, y, w, h }): [string, number, number, number, number] => [id, x, y, w, h])
        .sort(([a], [b]) => a.localeCompare(b)),
    )
  /** The sheet, once it is as expected. */
  async function are(expected: Cell[], where = page): Promise<void> {
    for (const end = Date.now() + 45_000; ; ) {
      const now = await cells(where)
      if (JSON.stringify(now) === JSON.stringify(expected)) return
      if (Date.now() > end) assert.deepEqual(now, expected)
    }
  }
  const said = (text: string | RegExp) =>
    page.locator('#designer-said', { hasText: text }).waitFor({ state: 'attached' })
  const isSaved = (where = page) => where.locator('#designer-saved', { hasText: '✓ Guardado' }).waitFor()
  async function at(column: number, row: number): Promise<[number, number]> {
    const { x, y, width, height } = (await page.locator('.designer-frame').boundingBox()) as {
      x: number
      y: number
      width: number
      height: number
    }
    return [x + (column * width) / 12, y + (row * height) / 8]
  }
  /** From the palette: its corner where the pointer held it goes to that cell. */
  async function drag(kind: string, column: number, row: number): Promise<void> {
    const from = (await page.locator(`.palette-tile[data-kind=${kind}]`).boundingBox()) as { x: number; y: number }
    const [x, y] = await at(column, row)
    await page.mouse.move(from.x + 12, from.y + 12)
    await page.mouse.down()
    await page.mouse.move(from.x + 40, from.y + 20, { steps: 3 })
    await page.mouse.move(x + 16, y + 16, { steps: 12 })
    await page.mouse.up()
  }
  const picture = (name: string) =>
    pictures ? page.screenshot({ path: join(pictures, `designer-${name}.png`) }) : undefined
  async function serious(): Promise<string[]> {
    await page.evaluate(axeSource)
    return page.evaluate(async () => {
      const { axe } = window as unknown as {
        axe: { run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> }
      }
      const { violations } = await axe.run()
      return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(', ')}`)
    })
  }

  it('a board begins from a template with its picture', async () => {
    await page.goto('/wallboards')
    await page.locator('#name').fill('Recepción')
    await page.getByText('Una hoja en blanco.').click()
    await press('Crear y dibujar')
    await page.waitForURL(/\/wallboards\/[^/]+\/edit$/)
    address = page.url()
    await isSaved()
    await are([])
  })

  it('tiles are dragged from the palette, moved and sized by mouse; others make room', async () => {
    await drag('figure', 0, 0)
    await said('Agregada: En espera, columna 1, fila 1')
    await drag('queues', 4, 4)
    await drag('gauge', 8, 0)
    await are([
      ['t1', 0, 0, 3, 3],
      ['t2', 4, 4, 6, 4],
      ['t3', 8, 0, 4, 4],
    ])
    // With the figures of the moment.
    await tile('t2').getByText('Impuestos').waitFor()
    const [x, y] = await at(1, 1)
    await page.mouse.move(x, y)
    await page.mouse.down()
    const [toX, toY] = await at(2, 5)
    await page.mouse.move(toX, toY, { steps: 15 })
    await page.mouse.up()
    await are([
      ['t1', 1, 4, 3, 3],
      ['t2', 4, 4, 6, 4],
      ['t3', 8, 0, 4, 4],
    ])
    const [right, bottom] = await at(4, 7)
    await page.mouse.move(right - 6, bottom - 6)
    await page.mouse.down()
    const [, lower] = await at(4, 8)
    await page.mouse.move(right - 6, lower - 6, { steps: 8 })
    await page.mouse.up()
    await are([
      ['t1', 1, 4, 3, 4],
      ['t2', 4, 4, 6, 4],
      ['t3', 8, 0, 4, 4],
    ])
  })

  it('where there is no room a smaller one is put, and it is said when there is none at all', async () => {
    await drag('agents', 0, 0)
    await are([
      ['t1', 1, 4, 3, 4],
      ['t2', 4, 4, 6, 4],
      ['t3', 8, 0, 4, 4],
      ['t4', 0, 0, 4, 4],
    ])
    await page.keyboard.press('Control+z')
    await said('Deshecho: agregar')
    await page.keyboard.press('Control+y')
    await said('Rehecho: agregar')
    await page.keyboard.press('Control+z')
    await are([
      ['t1', 1, 4, 3, 4],
      ['t2', 4, 4, 6, 4],
      ['t3', 8, 0, 4, 4],
    ])
  })

  it('what a tile shows is chosen with its definition, and its thresholds are told in a sentence', async () => {
    await tile('t1').click()
    const panel = page.locator('#designer-panel')
    await panel.getByLabel('Qué muestra').selectOption('abandoned')
    await panel.getByText('Estadías en que la persona cortó').waitFor()
    await panel.getByLabel('Qué muestra').selectOption('sl_offered')
    await panel.getByLabel('Colores y señales').selectOption('limits')
    await panel.getByLabel('Malo', { exact: true }).fill('65')
    await panel.getByText('▼ en rojo por debajo de 65 %').waitFor()
    await panel.getByLabel('Título', { exact: true }).fill('Nuestro nivel')
    await panel.getByLabel('Salud').check()
    await tile('t1').getByText('Nuestro nivel').waitFor()
    await picture('panel')
    // A title is one step, not one for each letter.
    await page.locator('#sheet-t1').focus()
    await page.keyboard.press('Control+z')
    await page.keyboard.press('Control+z')
    assert.equal(await panel.getByLabel('Título', { exact: true }).inputValue(), '')
    await page.keyboard.press('Control+y')
    await page.keyboard.press('Control+y')
    assert.equal(await panel.getByLabel('Título', { exact: true }).inputValue(), 'Nuestro nivel')
  })

  it('what is saved is on the wall by itself', async () => {
    const context = await newContext(1280, 720)
    wall = await signIn(context, 'supervisora', 'vera')
    await wall.goto(new URL(address).pathname.replace('/edit', ''))
    await wall.getByText('Este panel todavía no tiene piezas').or(wall.locator('.wb-nothing')).first().waitFor()
    await press('Guardar')
    await said('Guardado. Las pantallas cambian solas.')
    await isSaved()
    await wall.locator('#tile-t1', { hasText: 'Nuestro nivel' }).waitFor()
  })

  it('what is wrong is told at its tile, and nothing is lost', async () => {
    await tile('t1').click()
    const panel = page.locator('#designer-panel')
    await panel.getByLabel('Malo', { exact: true }).fill('95')
    await press('Guardar')
    await panel.getByText('tiene que ser peor').waitFor()
    await page.locator('.grid-stack-item.is-wrong #sheet-t1').waitFor()
    await picture('fault')
    assert.deepEqual(await serious(), [])
    await panel.getByLabel('Malo', { exact: true }).fill('60')
    await press('Guardar')
    await isSaved()
    await page.locator('.is-wrong').waitFor({ state: 'detached' })
  })

  it('pages take turns; theme and sound are the board’s; the preview shows all of it', async () => {
    await page.getByRole('button', { name: 'Agregar una página' }).click()
    await are([])
    await page.locator('.palette-tile[data-kind=clock]').click()
    await page.getByRole('button', { name: 'Listo' }).click()
    await page.getByLabel('Segundos en pantalla').fill('5')
    await page.getByLabel('Nombre de la página').fill('La hora')
    await page.getByLabel('Colores', { exact: true }).selectOption('light')
    await page.locator('#designer-sheet.wb-light').waitFor()
    await page.getByLabel('Con sonido').check()
    const rang = page.evaluate(
      () =>
        new Promise<boolean>((resolve) => document.addEventListener('vera:chime', () => resolve(true), { once: true })),
    )
    await press('Probar el sonido')
    assert.equal(await rang, true)
    await press('Vista previa')
    const shown = page.getByRole('dialog', { name: 'Vista previa' })
    await shown.locator('.wb-clock').waitFor()
    await picture('preview')
    // Five seconds later the other page has its turn.
    await shown.getByText('Nuestro nivel').waitFor()
    await page.keyboard.press('Escape')
    await shown.waitFor({ state: 'detached' })
    await press('Página 1')
    await press('Guardar')
    await isSaved()
    await wall.locator('#board.wb-light').waitFor()
  })

  it('by keyboard alone: add, move, size, change, duplicate, remove, save', async () => {
    await page.goto(address)
    await isSaved()
    const before = await cells()
    await page.locator('.palette-tile[data-kind=clock]').focus()
    await page.keyboard.press('Enter')
    await said('Agregada: Reloj')
    const id = ((await cells()).find(([one]) => !before.some(([was]) => was === one)) as Cell)[0]
    const place = async () => (await cells()).find(([one]) => one === id)?.slice(1)
    // Tab brings everybody to the tiles; here straight there.
    await tile(id).focus()
    const first = (await place()) as number[]
    await page.keyboard.press('ArrowRight')
    await said(/^Reloj: columna/)
    assert.notDeepEqual(await place(), first)
    const [x, y, w, h] = (await place()) as [number, number, number, number]
    await page.keyboard.press('Shift+ArrowRight')
    assert.deepEqual(await place(), [x, y, w + 1, h])
    await page.keyboard.press('Control+z')
    assert.deepEqual(await place(), [x, y, w, h])
    await page.keyboard.press('Enter')
    await page.locator('#designer-panel :focus').waitFor()
    await page.keyboard.press('Space')
    await tile(id).focus()
    await page.keyboard.press('Control+d')
    await said('Duplicada: Reloj')
    assert.equal((await cells()).length, before.length + 2)
    await page.keyboard.press('Delete')
    await said('Quitada: Reloj')
    assert.equal((await cells()).length, before.length + 1)
    assert.equal(await page.evaluate(() => document.activeElement?.classList.contains('designer-tile')), true)
    await page.keyboard.press('Control+s')
    await isSaved()
    await wall.locator(`#tile-${id}`).waitFor()
    assert.deepEqual(await serious(), [])
    await page.setViewportSize({ width: 390, height: 844 })
    await page.waitForFunction(() => document.documentElement.scrollWidth <= window.innerWidth)
    await picture('390')
    await page.setViewportSize({ width: 1366, height: 768 })
  })

  it('a browser that dies loses nothing: what was drawn is offered again', async () => {
    await tile('t1').click()
    await page.keyboard.press('Delete')
    const left = await cells()
    // As a crash: nobody is asked, nothing is told to the page.
    await page.waitForFunction(() => Object.keys(localStorage).some((key) => key.startsWith('vera.board.')))
    const other = await page.context().newPage()
    await page.close({ runBeforeUnload: false })
    page = other
    await page.goto(address)
    await page.locator('#designer-draft', { hasText: 'Quedó sin guardar lo que dibujaste' }).waitFor()
    assert.equal(await tile('t1').count(), 1)
    await picture('draft')
    await press('Recuperarlo')
    await are(left)
    await page.locator('#designer-saved', { hasText: 'Sin guardar' }).waitFor()
    // Leaving by mistake is asked.
    const asked = page.waitForEvent('dialog')
    const leaving = page.evaluate(() => location.assign('/wallboards')).catch(() => {})
    const dialog = await asked
    assert.equal(dialog.type(), 'beforeunload')
    await dialog.dismiss()
    await leaving
    await page.keyboard.press('Control+z')
    await isSaved()
    await page.goto(address)
    await isSaved()
    assert.equal(await page.locator('#designer-draft').isVisible(), false)
  })

  it('two who draw the same board: the second is told and chooses', async () => {
    const second = await signIn(await newContext(1366, 768), 'organismo', 'vera')
    await second.goto(address)
    await isSaved(second)
    await tile('t2').click()
    await page.keyboard.press('Delete')
    await press('Guardar')
    await isSaved()
    await tile('t3', second).click()
    await second.keyboard.press('Delete')
    await press('Guardar', second)
    const question = second.getByRole('dialog', { name: 'Otra persona guardó este panel' })
    await question.getByText('Celeste Aguirre').waitFor()
    if (pictures) await second.screenshot({ path: join(pictures, 'designer-conflict.png') })
    await question.getByRole('button', { name: 'Guardar lo mío como otro panel' }).click()
    await second.waitForURL((url) => url.pathname.endsWith('/edit') && url.href !== address)
    await isSaved(second)
    assert.equal(await tile('t2', second).count(), 1)
    assert.equal(await tile('t3', second).count(), 0)
    await page.reload()
    assert.equal(await tile('t2').count(), 0)
    assert.equal(await tile('t3').count(), 1)
  })

  it('an announcement is written and stands on the wall; the list shows boards and screens', async () => {
    await page.goto('/wallboards/announcements')
    await page.getByLabel('Texto').fill('Hoy el sistema de turnos no anda')
    await page.getByLabel('Urgente').check()
    assert.deepEqual(await serious(), [])
    await picture('announcements')
    await press('Publicar')
    await page.getByText('✓ Se ve ahora').waitFor()
    await wall.locator('.wb-urgent', { hasText: 'sistema de turnos' }).waitFor()
    await press('Terminar ahora')
    await wall.locator('.wb-urgent').waitFor({ state: 'detached' })
    for (const path of ['/wallboards', '/wallboards/announcements']) {
      await page.goto(path)
      assert.deepEqual(await serious(), [], path)
      await page.setViewportSize({ width: 390, height: 844 })
      await page.waitForFunction(() => document.documentElement.scrollWidth <= window.innerWidth)
      if (path === '/wallboards') await picture('list-390')
      await page.setViewportSize({ width: 1366, height: 768 })
    }
    assert.deepEqual(faults, [])
  })
})
