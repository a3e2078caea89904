// Quality from end to end in a real browser: a form is drawn, a call judged while it is heard, published; the agent sees it and
// disputes; it is answered and closed; the report counts it. QUALITY_PICTURES names a folder for pictures.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, describe, it } from 'node:test'
import { pino } from 'pino'
import { type Browser, chromium, type Page } from 'playwright-core'
import { readConfig } from '../server/config.ts'
import { insertId, type Scope } from '../server/database/index.ts'
import { person, recordedCall } from '../server/evaluations/testing.ts'
import { createPlatform, type Platform } from '../server/platform.ts'
import { talkOf } from '../server/recordings/testing.ts'
import { makeAgency } from '../server/testing/database.ts'
import { chromiumPath } from './browser/chromium.ts'

const axeSource = readFileSync(join(import.meta.dirname, '../node_modules/axe-core/axe.min.js'), 'utf8')
const pictures = process.env.QUALITY_PICTURES

describe('evaluations in Chromium', { skip: chromiumPath ? false : 'no Chromium on this machine' }, () => {
  let home: string
  let platform: Platform
  let browser: Browser
  let address: string
  let scope: Scope
  let recording: string
  const pages: Partial<Record<'sofia' | 'ana', Page>> = {}
  const faults: string[] = []

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'vera-quality-'))
    const env = { DATABASE_URL: 'sqlite::memory:', FREESWITCH_URL: 'esl://:x@127.0.0.1:1', PORT: '0', DEMO: 'off' }
    const folders = { home, recordingsDir: join(home, 'rec'), cdrDir: join(home, 'cdr') }
    platform = await createPlatform(
      { ...readConfig(env), ...folders },
      { log: pino({ level: 'silent' }), say: () => {} },
    )
    const { db, http } = platform
    await db.migrate()
    scope = await makeAgency(db, 'calidad')
    const ana = await person(db, scope, 'agent', 'Ana Benítez')
    const sofia = await person(db, scope, 'supervisor', 'Sofía Ledesma')
    const queue = { agency_id: scope.agencyId, code: 'tramites', name: 'Trámites' }
    const queueId = await insertId(db.knex('queues').insert(queue))
    await mkdir(folders.recordingsDir, { recursive: true })
    await writeFile(join(folders.recordingsDir, 'talk.wav'), talkOf(30))
    const call = { agentId: ana, queueId, at: Date.now() - 3_600_000, ms: 30_000, path: 'talk.wav' }
    recording = await recordedCall(db, scope, call)
    // For the draw.
    for (const hours of [2, 3, 4])
      await recordedCall(db, scope, { ...call, at: Date.now() - hours * 3_600_000, ms: 90_000 })
    address = await http.app.listen({ host: '127.0.0.1', port: 0 })
    browser = await chromium.launch({
      executablePath: chromiumPath as string,
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--autoplay-policy=no-user-gesture-required'],
    })
    for (const [who, userId] of Object.entries({ sofia, ana })) {
      const { token } = await http.sessions.issue(scope, { userId })
      const context = await browser.newContext({
        baseURL: address,
        viewport: { width: 1366, height: 768 },
        locale: 'es-AR',
        reducedMotion: 'reduce',
      })
      context.setDefaultTimeout(Number(process.env.QUICK ?? 30_000))
      await context.addCookies([{ name: 'vera_session', value: token, url: address }])
      const page = await context.newPage()
      page.on('pageerror', (error) => pictures && console.log(error))
      page.on('pageerror', (error) => faults.push(`${page.url()}: ${error.message}`))
      if (pictures) page.on('console', (message) => console.log(message.type(), message.text()))
      pages[who as 'ana'] = page
    }
  })
  after(async () => {
    await browser?.close()
    await platform?.stop()
    await rm(home, { recursive: true, force: true })
  })

  afterEach(async (test) => {
    if (pictures && (test as { error?: unknown }).error)
      for (const [who, page] of Object.entries(pages))
        await page?.screenshot({ path: join(pictures, `failed-${who}.png`) })
  })

  const of = (who: 'sofia' | 'ana') => pages[who] as Page
  /** Looks at the page as it stands: faults of access, and whether a telephone shows it all. */
  async function look(page: Page, name: string): Promise<void> {
    await page.evaluate(axeSource)
    const serious = await page.evaluate(async () => {
      const { axe } = window as unknown as {
        axe: { run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> }
      }
      return (await axe.run()).violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(', ')}`)
    })
    if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true })
    await page.setViewportSize({ width: 390, height: 844 })
    const fits = page.waitForFunction(() => document.documentElement.scrollWidth <= window.innerWidth)
    const wide = await fits.then(
      () => [],
      () => ['wider than a telephone'],
    )
    if (pictures) await page.screenshot({ path: join(pictures, `${name}-390.png`), fullPage: true })
    await page.setViewportSize({ width: 1366, height: 768 })
    assert.deepEqual([...serious, ...wide], [], name)
    assert.deepEqual(faults, [])
  }
  const saved = (page: Page) => page.locator('[data-saved][data-state=saved]').waitFor()

  it('a supervisor draws a form, is told what it lacks, and publishes it', async () => {
    const page = of('sofia')
    await page.goto('/evaluations/forms/new')
    await page.getByLabel('Nombre').fill('Atención telefónica')
    await page.getByRole('button', { name: 'Crear' }).click()
    await page.waitForURL('**/edit?done=created')
    await page.locator('#form-editor[data-ready]').waitFor()
    const add = page.getByRole('button', { name: '+ Agregar sección' })
    await add.click()
    await page.keyboard.type('Trato')
    const section = page.locator('.quality-section').first()
    await section.getByLabel('Pregunta', { exact: true }).fill('¿Saludó y dijo su nombre?')
    await section.getByRole('button', { name: '+ Agregar pregunta' }).click()
    await page.keyboard.type('Tono y claridad')
    const tone = section.locator('.quality-question').nth(1)
    await tone.getByLabel('Se responde con').selectOption('scale')
    await add.click()
    await page.keyboard.type('Solución')
    const second = page.locator('.quality-section').nth(1)
    await second.getByLabel('Peso').first().fill('30')
    await second.getByLabel('Pregunta', { exact: true }).fill('¿Resolvió lo que pedía?')
    await second.getByLabel('Se responde con').selectOption('choice')
    await second.getByPlaceholder('Opción').first().fill('Del todo')
    await page.getByRole('button', { name: 'Publicar' }).click()
    await page.getByText('Agregá al menos dos opciones, todas con texto.').waitFor()
    await second.getByPlaceholder('Opción').nth(1).fill('En parte')
    await second.getByLabel('Puntos de', { exact: false }).nth(1).fill('4')
    await second.getByRole('button', { name: '+ Agregar pregunta' }).click()
    await page.keyboard.type('¿Cuidó los datos personales?')
    await second.locator('.quality-question').nth(1).getByLabel('Crítica', { exact: false }).check()
    // Moved up and down again: the focus stays on the button, so that it can be pressed again.
    await second
      .locator('.quality-question')
      .nth(1)
      .getByRole('button', { name: /^Subir/ })
      .click()
    await second
      .locator('.quality-question')
      .first()
      .getByRole('button', { name: /^Bajar/ })
      .click()
    await saved(page)
    await look(page, 'form-editor')
    await page.getByRole('button', { name: 'Publicar' }).click()
    await page.waitForURL('**/evaluations/forms/*?version=1**')
    await page.getByRole('heading', { name: 'Solución' }).waitFor()
    await look(page, 'form')
    await page.goto('/evaluations/forms')
    await page.getByText('Versión 1').waitFor()
    await look(page, 'forms')
  })

  const answer = (page: Page, question: string) => page.getByRole('group', { name: question })
  /** The player stands at a second; what it plays is real sound. */
  async function listenTo(page: Page, second: number): Promise<void> {
    const wave = page.getByRole('slider', { name: 'Posición' })
    await page.getByRole('button', { name: '▶ Escuchar' }).click()
    await page.waitForFunction(() => (document.querySelector('audio') as HTMLAudioElement).currentTime > 0.3)
    await page.getByRole('button', { name: '❚❚ Pausa' }).click()
    await wave.press('Home')
    for (let at = 0; at < second; at += 5) await wave.press('ArrowRight')
    assert.equal(await wave.getAttribute('aria-valuenow'), String(second))
  }

  it('judges a call while it is heard; nothing is lost by a reload or a cut', async () => {
    const page = of('sofia')
    await page.goto(`/recordings/${recording}`)
    await page.getByRole('link', { name: 'Evaluar' }).click()
    await look(page, 'new')
    await page.getByRole('button', { name: 'Empezar a evaluar' }).click()
    const ready = page.locator('#evaluation[data-ready]')
    await ready.waitFor()
    await answer(page, '¿Saludó').getByLabel('Sí').check()
    await answer(page, 'Tono').getByLabel('4').check()
    await listenTo(page, 10)
    await answer(page, 'Tono').getByRole('button', { name: 'Marcar segundo' }).click()
    await answer(page, 'Tono').getByPlaceholder('Comentario').fill('Habló claro; la despedida, apurada.')
    await saved(page)
    await page.reload()
    await ready.waitFor()
    assert.equal(
      await answer(page, 'Tono').getByPlaceholder('Comentario').inputValue(),
      'Habló claro; la despedida, apurada.',
    )
    await answer(page, 'Tono').getByText('0:10').waitFor()
    // The server cannot be reached: what was typed waits on this machine.
    await page.route('**/api/evaluations/**', (route) => route.abort())
    await page.getByLabel('Comentario general').fill('Buena llamada.')
    await page.locator('[data-saved][data-state=unsaved]').waitFor()
    page.once('dialog', (dialog) => void dialog.accept())
    await page.reload()
    await page.getByText('se recuperaron de este equipo').waitFor()
    assert.equal(await page.getByLabel('Comentario general').inputValue(), 'Buena llamada.')
    await page.unroute('**/api/evaluations/**')
    // The server takes it, and its answer is lost on the way: it is sent again over what is there.
    await page.route(
      '**/api/evaluations/**',
      async (route) => {
        await route.fetch()
        await route.abort()
      },
      { times: 1 },
    )
    await answer(page, '¿Resolvió').getByLabel('En parte').check()
    await page.locator('[data-saved][data-state=unsaved]').waitFor()
    await saved(page)
    await page.getByRole('button', { name: 'Publicar' }).click()
    await page.getByText('Respuestas que faltan: 1.').waitFor()
    await answer(page, '¿Cuidó').getByText('Falta responder.').waitFor()
    await answer(page, '¿Cuidó').getByLabel('No', { exact: true }).check()
    await page.locator('[data-score][data-fatal=true]').waitFor()
    await answer(page, '¿Cuidó').getByLabel('Sí').check()
    await saved(page)
    await look(page, 'evaluate')
    await page.getByRole('button', { name: 'Publicar' }).click()
    await page.waitForURL('**/evaluations/*?done=saved')
    // Section 1: (1 + 0.75) / 2; section 2: (0.4 + 1) / 2; (0.875 + 3 × 0.7) / 4.
    await page.getByText('74,4').first().waitFor()
    await look(page, 'published')
  })

  it('the agent sees it, hears what was marked, and disputes', async () => {
    const page = of('ana')
    await page.goto('/agent')
    await page.getByRole('link', { name: 'Evaluaciones de tus llamadas que todavía no viste: 1.' }).click()
    await page.getByText('Nueva').waitFor()
    await look(page, 'agent-list')
    await page.locator('tbody a').first().click()
    await page.getByRole('button', { name: 'Escuchar lo marcado' }).click()
    assert.equal(await page.getByRole('slider', { name: 'Posición' }).getAttribute('aria-valuenow'), '10')
    await listenTo(page, 15)
    await page.getByText('No estoy de acuerdo').click()
    await page.getByLabel('¿Con qué no estás de acuerdo?').fill('Resolví todo: el turno quedó tomado.')
    await look(page, 'agent-evaluation')
    await page.getByRole('button', { name: 'Enviar desacuerdo' }).click()
    await page.getByText('El desacuerdo espera respuesta').waitFor()
    // What is the agent's: nothing of others, no forms.
    assert.equal((await page.goto('/evaluations/forms'))?.status(), 403)
  })

  it('the supervisor corrects and closes; the agent reads why', async () => {
    const page = of('sofia')
    await page.goto('/evaluations')
    await page.getByText('En desacuerdo, esperan respuesta: 1.').waitFor()
    await look(page, 'list')
    await page.getByRole('link', { name: 'Verlas' }).click()
    await page.locator('tbody a').first().click()
    await look(page, 'disputed')
    await page.getByRole('link', { name: 'Corregir respuestas' }).click()
    await page.locator('#evaluation[data-ready]').waitFor()
    await answer(page, '¿Resolvió').getByLabel('Del todo').check()
    await page.getByRole('button', { name: 'Corregir y cerrar' }).click()
    await page.getByText('Escribí la respuesta al agente.').waitFor()
    await page.getByLabel('Respuesta al agente').fill('Tenés razón, lo escuché de nuevo.')
    await page.reload()
    await page.getByText('se recuperaron de este equipo').waitFor()
    await look(page, 'correct')
    await page.getByRole('button', { name: 'Corregir y cerrar' }).click()
    await page.waitForURL('**/evaluations/*?done=saved')
    await page.getByText('96,9').first().waitFor()
    const agent = of('ana')
    await agent.goto('/evaluations')
    await agent.locator('.badge', { hasText: 'Cerrada' }).waitFor()
    await agent.locator('tbody a').first().click()
    await agent.getByText('Tenés razón, lo escuché de nuevo.').waitFor()
    await look(agent, 'closed')
  })

  it('calls are drawn for somebody to evaluate; it says where there are not enough; the report counts what was published', async () => {
    const page = of('sofia')
    await page.goto('/evaluations/tasks/new')
    await page.getByLabel('Nombre').fill('Dos por agente, este mes')
    await page.getByLabel('Llamadas por agente').fill('2')
    const day = (ago: number) =>
      new Intl.DateTimeFormat('en-CA', { timeZone: 'America/Argentina/Buenos_Aires' }).format(
        Date.now() - ago * 86_400_000,
      )
    const today = day(0)
    await page.getByLabel('Llamadas desde').fill(day(2))
    await page.getByLabel('Llamadas hasta').fill(today)
    await page.getByLabel('Repetir cada mes').check()
    await page.getByRole('button', { name: 'Sortear y crear' }).click()
    await page.getByText('Para repetirla cada mes').waitFor()
    await look(page, 'new-task')
    await page.getByLabel('Repetir cada mes').uncheck()
    await page.getByRole('button', { name: 'Sortear y crear' }).click()
    await page.waitForURL('**/evaluations/tasks/*?done=created')
    await page.getByRole('heading', { name: 'Llamadas sorteadas' }).waitFor()
    await look(page, 'task')
    await page.goto('/evaluations')
    await page.getByText(/^Te toca evaluar: \d/).waitFor()
    await look(page, 'list-due')
    await page.getByRole('button', { name: 'Evaluar' }).first().click()
    await page.locator('#evaluation[data-ready]').waitFor()
    await page.goto('/evaluations/tasks')
    await page.getByText('Dos por agente, este mes').waitFor()
    await look(page, 'tasks')

    await page.goto(`/reports/evaluations?from=${day(1)}&to=${today}&interval=day`)
    const row = page.getByRole('row', { name: /Ana Benítez/ })
    await row.getByText('96,88').first().waitFor()
    await look(page, 'report')
    await row.getByRole('link', { name: 'Ana Benítez' }).click()
    await page.waitForURL('**/evaluations?**')
    assert.equal(await page.locator('tbody tr').count(), 1)
    await page.goBack()
    await row.getByRole('link', { name: '96,88' }).first().click()
    await page.locator('main', { hasText: /V-[0-9A-F]{10}/ }).waitFor()
    await page
      .getByRole('link', { name: /\d\d:\d\d/ })
      .first()
      .click()
    await page.getByText('Tenés razón, lo escuché de nuevo.').waitFor()
  })
})
