// `npm run screenshots [name ...]`: takes the pictures of docs/guia (or only the named ones) from a platform of its own that
// lives for a minute with simulated calls. Needs a Chromium: CHROMIUM_BIN, or one in the usual places.
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Browser, chromium, type Page } from 'playwright-core'
import { readConfig } from '../server/config.ts'
import { createPlatform, type Platform } from '../server/platform.ts'

type Picture = {
  name: string
  /** Whose session; none: signed out. `agent`: one of the province's who is not in a call when the pictures begin. */
  user?: string
  /** Also written as docs/vera.png. */
  cover?: boolean
  width?: number
  height?: number
  /** Brings the page to what is to be seen; ready to be taken when it returns. */
  show(page: Page, platform: Platform): Promise<unknown>
}

/** How long the simulated centre lives before the first picture, ms. */
const livesMs = 60_000
const number = '08000000147'
const folder = join(import.meta.dirname, '../docs/guia/imagenes')
const cover = join(import.meta.dirname, '../docs/vera.png')

const open = (path: string, ready: string) => async (page: Page) => {
  await page.goto(path)
  await page.locator(ready).first().waitFor()
}

const pictures: Picture[] = [
  { name: 'ingreso', show: open('/login', '.demo-users') },
  {
    name: 'escritorio-suena',
    user: 'agent',
    async show(page, platform) {
      await page.goto('/agent')
      await page.getByRole('button', { name: 'Empezar a atender' }).first().click()
      await page.locator('#state-name', { hasText: 'Disponible' }).waitFor()
      // Whose call it is does not matter: one of ours or of the simulation, but enough of them that the agent who came last gets one.
      call(platform, await callers(platform, 12), '1')
      await page.locator('#do-answer').waitFor({ timeout: 120_000 })
    },
  },
  {
    name: 'escritorio-en-llamada',
    user: 'agent',
    async show(page) {
      await page.goto('/agent')
      await page.locator('#do-answer').click({ timeout: 120_000 })
      await page.locator('#do-hangup').waitFor()
      await page.locator('[data-draft=topicId]').selectOption({ index: 1 })
      await page.locator('[data-note]').fill('Pide el detalle de su deuda; se le explicó cómo imprimir la boleta.')
      await page.locator('#note-state', { hasText: 'guardada' }).waitFor()
    },
  },
  {
    name: 'escritorio-posterior',
    user: 'agent',
    async show(page) {
      await page.goto('/agent')
      await page.locator('#do-hangup').click()
      await page.locator('#do-finish').waitFor()
    },
  },
  {
    name: 'tablero',
    user: 'supervisora',
    cover: true,
    async show(page, platform) {
      await rush(platform)
      await page.goto('/supervisor')
      await page.locator('#now-calls tbody tr').nth(1).waitFor({ timeout: 40_000 })
    },
  },
  { name: 'tablero-telefono', user: 'supervisora', width: 390, height: 844, show: open('/supervisor', 'main table') },
  { name: 'panel', user: 'panel', width: 1920, height: 1080, show: open('/wallboards/mine', '#board-waiting') },
  {
    name: 'ciudadano',
    user: 'supervisora',
    async show(page, platform) {
      const { citizen_id } = await platform.db
        .knex('interactions')
        .whereNotNull('citizen_id')
        .groupBy('citizen_id')
        .orderByRaw('count(*) desc')
        .first('citizen_id')
      await open(`/citizens/${citizen_id}`, 'main h1')(page)
    },
  },
  {
    name: 'interaccion',
    user: 'supervisora',
    height: 1000,
    async show(page, platform) {
      // The call that the desk's pictures were taken of, or another one that is over.
      const recording = await platform.db
        .knex('recordings')
        .whereNotNull('closed_at')
        .orderBy('closed_at', 'desc')
        .first('interaction_id')
      await open(`/interactions/${recording?.interaction_id}`, 'audio')(page)
      // The player says how long the recording is only once it has been asked for it.
      await page
        .locator('audio')
        .first()
        .evaluate((player) => {
          const audio = player as HTMLAudioElement
          audio.preload = 'metadata'
          audio.load()
        })
      await page.waitForFunction(() => (document.querySelector('audio')?.duration ?? 0) > 0)
    },
  },
  { name: 'tickets', user: 'backoffice', show: open('/tickets', 'main table') },
  {
    name: 'ticket',
    user: 'backoffice',
    async show(page) {
      await open('/tickets', 'main table')(page)
      await page.locator('main table a').first().click()
      await page.waitForURL(/\/tickets\/\d+/)
    },
  },
  { name: 'informe-colas', user: 'supervisora', height: 1000, show: open('/reports/queues', 'canvas, main table') },
  { name: 'informes-programados', user: 'supervisora', show: open('/reports/schedules', 'main h1') },
  {
    name: 'flujo',
    user: 'flujos',
    async show(page) {
      await editor(page)
      // Zoom to fit.
      await page.keyboard.press('Control+1')
    },
  },
  {
    name: 'flujo-menu',
    user: 'flujos',
    async show(page) {
      await editor(page)
      await page.locator('[id="menu"]').dblclick()
      await page.locator('.red-ui-tray-body form, .red-ui-tray .dialog-form').first().waitFor()
    },
  },
  { name: 'publicaciones', user: 'admin', show: open('/admin/flows', 'main table') },
  { name: 'administracion', user: 'admin', show: open('/admin', '.cards') },
  {
    name: 'cola',
    user: 'admin',
    height: 1000,
    async show(page) {
      await open('/admin/queues', 'main table')(page)
      await page.getByRole('link', { name: 'Impuestos' }).first().click()
      await page.waitForURL(/\/admin\/queues\/\d+/)
    },
  },
  {
    name: 'calendario',
    user: 'admin',
    height: 1000,
    async show(page) {
      await open('/admin/calendars', 'main a')(page)
      await page
        .getByRole('link', { name: /oficina/ })
        .first()
        .click()
      await page.waitForURL(/\/admin\/calendars\/\d+/)
    },
  },
  { name: 'personas', user: 'admin', show: open('/admin/users', 'main table') },
]

/** Numbers of invented citizens, whom the flow greets by name. */
async function callers(platform: Platform, count: number): Promise<string[]> {
  const rows = await platform.db
    .knex('citizens')
    .join('citizen_phones', 'citizen_phones.citizen_id', 'citizens.id')
    .where('citizens.invented', true)
    .orderBy('citizens.id')
    .limit(count)
    .select('citizen_phones.number as phone')
  return rows.map((row) => row.phone)
}

/** These people call now, listen to welcome and greeting and press one of the keys. */
function call(platform: Platform, from: string[], keys: string): void {
  for (const [index, phone] of from.entries()) {
    platform.telephony.embedded
      ?.placeCall({ from: phone, to: number, keys: `ww${keys[index % keys.length]}`, hangUpAfterMs: 240_000 })
      .catch((error) => console.error(`a call: ${(error as Error).message}`))
  }
}

/** More people at once than agents are free, so that somebody waits. */
async function rush(platform: Platform): Promise<void> {
  call(platform, (await callers(platform, 26)).slice(12), '1230')
}

async function editor(page: Page): Promise<void> {
  await page.goto('/editor/')
  await page.locator('[id="menu"]').waitFor()
  // The tour of the first visit.
  await page.keyboard.press('Escape')
}

/** An agent for taxes whose robot is not in a call: it would hang up first before it leaves the desk to us. */
async function freeAgent(platform: Platform): Promise<string> {
  const people = await platform.db
    .knex('users')
    .whereIn('username', ['agente01', 'agente02', 'agente08', 'agente11', 'agente06', 'agente10'])
    .orderBy('id')
    .select('id', 'username')
  const free = platform.telephony.routing
    .now()
    .agents.filter(({ state }) => state === 'available' || state === 'offline')
    .map(({ id }) => id)
  return (people.find(({ id }) => free.includes(id)) ?? people[0]).username
}

/** Signs in through the page, as people do. */
async function session(browser: Browser, base: string, picture: Picture, agent: string): Promise<Page> {
  const viewport = { width: picture.width ?? 1366, height: picture.height ?? 768 }
  const context = await browser.newContext({ baseURL: base, viewport, locale: 'es-AR', reducedMotion: 'reduce' })
  context.setDefaultTimeout(15_000)
  const page = await context.newPage()
  page.on('pageerror', (error) => console.error(`${picture.name}: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error') console.error(`${picture.name}: ${message.text()}`)
  })
  if (!picture.user) return page
  await page.goto('/login')
  await page
    .locator('input[name=username]')
    .first()
    .fill(picture.user === 'agent' ? agent : picture.user)
  await page.locator('input[name=password]').first().fill('vera')
  await page.getByRole('button', { name: 'Ingresar', exact: true }).click()
  await page.waitForURL((url) => url.pathname !== '/login')
  return page
}

function browserPath(): string {
  const found = [
    process.env.CHROMIUM_BIN,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  ].find((path) => path && existsSync(path))
  if (!found) throw new Error('No Chromium: install one or set CHROMIUM_BIN')
  return found
}

const wanted = process.argv.slice(2)
const chosen = pictures.filter(({ name }) => wanted.length === 0 || wanted.includes(name))
const home = mkdtempSync(join(tmpdir(), 'vera-pictures-'))
mkdirSync(folder, { recursive: true })
const platform = await createPlatform({
  ...readConfig({ PORT: '3640', CALL_LISTEN: '127.0.0.1:8640', LOG_LEVEL: 'error', DEMO: 'on' }),
  home,
  databaseUrl: `sqlite:${home}/vera.sqlite`,
  recordingsDir: join(home, 'recordings'),
  cdrDir: join(home, 'cdr'),
})
let browser: Browser | undefined
try {
  const base = await platform.start()
  console.log(`${base}: lives for ${livesMs / 1000} s before the pictures`)
  await pause(livesMs)
  browser = await chromium.launch({
    executablePath: browserPath(),
    args: ['--no-sandbox', '--lang=es-AR'],
  })
  const agent = await freeAgent(platform)
  for (const picture of chosen) {
    const page = await session(browser, base, picture, agent)
    try {
      await picture.show(page, platform)
      // Live figures, charts and fonts settle.
      await pause(1_500)
      const path = join(folder, `${picture.name}.png`)
      await page.screenshot({ path })
      if (picture.cover) await page.screenshot({ path: cover })
      console.log(`${picture.name}.png ${Math.round(statSync(path).size / 1000)} kB`)
    } catch (error) {
      process.exitCode = 1
      console.error(`${picture.name}: ${(error as Error).message}`)
      await page.screenshot({ path: join(tmpdir(), `vera-failed-${picture.name}.png`) }).catch(() => {})
    }
    await page.context().close()
  }
} finally {
  await browser?.close()
  await platform.stop()
  rmSync(home, { recursive: true, force: true })
}
process.exit()
