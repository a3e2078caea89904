// Pictures of a centre that lives on the embedded switch, with simulated citizens and agents.
import { setTimeout as pause } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import type { Platform } from '../../server/platform.ts'
import { boardPictures } from './boards.ts'
import { open, type Picture } from './picture.ts'
import { quality } from './quality.ts'
import { reportMail, rosterFile, schedules, simulated } from './schedules.ts'

const number = '08000000147'

/** A report of the last day from Monday to Friday that is over: of a Sunday there is little to see. */
const ofWorkday = (path: string) => async (page: Page) => {
  const day = new Date(Date.now() - 86_400_000)
  while (day.getUTCDay() % 6 === 0) day.setUTCDate(day.getUTCDate() - 1)
  const date = day.toISOString().slice(0, 10)
  await open(`${path}?from=${date}&to=${date}`, 'canvas, main table')(page)
}

export const embeddedPictures: Picture[] = [
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
      await page.locator('#now-seal').waitFor({ timeout: 40_000 })
      await page.locator('#now-calls tbody tr').nth(1).waitFor({ timeout: 40_000 })
    },
  },
  {
    name: 'tablero-sin-conexion',
    user: 'supervisora',
    async show(page) {
      await page.goto('/supervisor')
      await page.locator('#now-seal').waitFor({ timeout: 40_000 })
      // The server is there; this page's network is not.
      await page.context().setOffline(true)
      await page.locator('.stale').waitFor({ timeout: 40_000 })
    },
  },
  { name: 'tablero-telefono', user: 'supervisora', width: 390, height: 844, show: open('/supervisor', 'main table') },
  { name: 'panel', user: 'panel', width: 1920, height: 1080, show: open('/wallboards/mine', '#tile-waiting') },
  ...boardPictures,
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
      await open(`/interactions/${recording?.interaction_id}`, '[data-recording-small]')(page)
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
  {
    name: 'salud-de-los-datos',
    user: 'supervisora',
    height: 620,
    async show(page) {
      await page.goto('/reports/queues')
      await page.locator('#report-health .badge-good, #report-health .badge-warn, #report-health .badge-bad').waitFor()
      await page.locator('#report-health summary').click()
    },
  },
  { name: 'informe-dia', user: 'supervisora', height: 1150, show: ofWorkday('/reports/day') },
  {
    name: 'numero-explicado',
    user: 'supervisora',
    async show(page) {
      await page.goto('/reports/queues')
      await page.locator('.tile a.figure').nth(2).click()
      await page.waitForSelector('main h1')
    },
  },
  {
    name: 'descargas',
    user: 'supervisora',
    async show(page) {
      await page.goto('/reports/downloads')
      await page.evaluate(async () => {
        const body = JSON.stringify({
          report: 'calls',
          format: 'xlsx',
          parameters: { from: '2026-01-01', to: '2026-12-31' },
        })
        await fetch('/api/exports', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
      })
      await page.goto('/reports/downloads')
      await page.getByText('Listo').waitFor()
    },
  },
  {
    name: 'planilla-propia',
    user: 'supervisora',
    height: 1150,
    async show(page) {
      await page.goto('/reports/workbooks')
      const sample = await page.request.get('/reports/workbooks/sample')
      const file = { name: 'Mi resumen diario.xlsx', mimeType: 'application/zip', buffer: await sample.body() }
      await page.setInputFiles('#workbook-file', file)
      await page.locator('[data-workbook-form] [type=submit]').click()
      await page.locator('#workbook-check').waitFor()
    },
  },
  { name: 'dotacion', user: 'supervisora', height: 1150, show: ofWorkday('/reports/staffing') },
  { name: 'dotacion-archivo', user: 'supervisora', height: 900, show: rosterFile },
  {
    name: 'dotacion-simulada',
    user: 'supervisora',
    height: 700,
    async show(page, platform) {
      await simulated(platform)
      await open('/reports/staffing/simulations', 'main table')(page)
    },
  },
  { name: 'informes-programados', user: 'supervisora', show: schedules },
  { name: 'correo-del-informe', width: 700, height: 1180, show: reportMail },
  ...quality,
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
    name: 'informe-organismos',
    user: 'admin',
    height: 1150,
    async show(page) {
      await page.goto('/reports/agencies')
      await page.getByRole('link', { name: 'Últimos 28 días' }).click()
      await page.locator('canvas').first().waitFor()
      await page.locator('#report-health .badge-good, #report-health .badge-warn, #report-health .badge-bad').waitFor()
    },
  },
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
  {
    name: 'supervision-escucha',
    user: 'supervisora',
    async show(page, platform) {
      // Who listens needs a phone: one of an agent who is not working, which answers by itself.
      const away = platform.telephony.routing.now().agents.filter(({ state }) => state === 'offline')
      const users = () => platform.db.knex('users')
      const { id, extension } = await users()
        .whereIn(
          'id',
          away.map(({ id }) => id),
        )
        .first('id', 'extension')
      await users().where({ id }).update({ extension: null })
      await users().where({ username: 'supervisora' }).update({ extension })
      platform.telephony.embedded?.phones.set(extension, 'robot')
      await page.goto('/supervisor')
      await page.locator('[data-listen]').first().click()
      await page.locator('[data-mode=whisper]').first().click()
      await page.locator('[data-mode=whisper][aria-pressed=true]').waitFor()
      await page.getByText('Cambiado').waitFor({ state: 'hidden' })
    },
  },
  {
    name: 'supervision-mover',
    user: 'supervisora',
    async show(page, platform) {
      await rush(platform)
      await page.goto('/supervisor')
      await page.locator('[data-move]').first().click({ timeout: 60_000 })
      await page.locator('#move-dialog[open]').waitFor()
    },
  },
  {
    name: 'auditoria',
    user: 'supervisora',
    height: 560,
    async show(page) {
      await page.goto('/supervisor')
      const door = page.locator('[data-door]').first()
      const shut = page.locator('#door-dialog button[value=close]')
      await door.click()
      await shut.click()
      await page.locator('#now-queues .badge-bad').first().waitFor()
      await page.locator('#door-dialog').waitFor({ state: 'hidden' })
      await door.click()
      await page.locator('#door-dialog button[value=settings]').click()
      await page.locator('#now-queues .badge-bad').first().waitFor({ state: 'detached' })
      // What still goes on is ended, so that its length is told.
      const end = page.locator('[data-end]:visible')
      if (await end.count()) await end.first().click()
      await pause(2_500)
      await open('/supervisor/audit', 'main tbody tr')(page)
    },
  },
  { name: 'grabaciones', user: 'supervisora', show: open('/recordings', 'main tbody tr') },
  {
    name: 'verificacion',
    user: 'organismo',
    height: 640,
    async show(page) {
      await page.goto('/recordings/verification')
      await page.getByRole('button', { name: 'Verificar ahora' }).click()
      await pause(3_000)
      await open('/recordings/verification', 'main tbody tr')(page)
    },
  },
  {
    name: 'grabaciones-reglas',
    user: 'admin',
    height: 1000,
    async show(page) {
      await page.goto('/admin/recordings')
      await page.locator('[name=retentionDays]').fill('365')
      await page.locator('[name=compressAfterDays]').fill('30')
      await page.getByRole('button', { name: 'Guardar' }).first().click()
      await page.locator('main tbody tr').first().waitFor()
    },
  },
  { name: 'locuciones', user: 'admin', show: locutions },
  {
    name: 'locucion',
    user: 'admin',
    height: 1000,
    async show(page) {
      await open('/admin/prompts', 'main tbody tr')(page)
      await page.locator('main tbody a').first().click()
      await page.waitForURL(/prompts\/\d+/)
    },
  },
  { name: 'conciliacion', user: 'admin', show: open('/admin/call-records', 'main table') },
  { name: 'conmutadores', user: 'admin', height: 560, show: open('/admin/nodes', 'main table') },
  {
    name: 'flujo-diga-una-opcion',
    user: 'flujos',
    async show(page) {
      await editor(page)
      // Put there by the editor's own means, so that the picture does not hang on where a mouse drops it.
      await page.evaluate((node) => {
        const { RED } = window as unknown as {
          RED: {
            workspaces: { active(): string }
            nodes: { import(nodes: object[]): void; node(id: string): object }
            editor: { edit(node: object): void }
          }
        }
        RED.nodes.import([{ ...node, z: RED.workspaces.active() }])
        RED.editor.edit(RED.nodes.node(node.id))
      }, spokenMenu)
      await page.locator('.red-ui-tray-body form, .red-ui-tray .dialog-form').first().waitFor()
    },
  },
]

const spokenMenu = {
  id: 'diga',
  type: 'vera-say-option',
  name: 'Qué necesita',
  say: { as: 'text', value: '¿En qué lo podemos ayudar? Diga impuestos, turnos o reclamos.' },
  options: [
    { key: '1', label: 'Impuestos', phrases: 'la boleta, pagar impuestos' },
    { key: '2', label: 'Turnos', phrases: 'sacar un turno, médico' },
    { key: '3', label: 'Reclamos', phrases: 'hacer un reclamo, una queja' },
  ],
  seconds: 6,
  confidence: 60,
  bargeIn: true,
  noMatch: { as: 'text', value: 'No le entendimos.' },
  keys: { as: 'text', value: '' },
  x: 620,
  y: 60,
  wires: [[], [], [], []],
}

/** The library with prompts of both kinds. */
async function locutions(page: Page): Promise<void> {
  const texts = {
    'Aviso de grabación': 'Para cuidar la calidad de la atención, esta llamada puede ser grabada.',
    Feriado: 'Hoy es feriado. Atendemos de lunes a viernes, de siete a trece.',
  }
  for (const [name, text] of Object.entries(texts)) {
    await page.goto('/admin/prompts')
    const form = page.locator('details.prompt-new')
    if (!(await form.evaluate((element) => (element as HTMLDetailsElement).open))) await form.locator('summary').click()
    await form.locator('[name=name]').fill(name)
    await form.locator('[name=text]').fill(text)
    await form.getByRole('button', { name: 'Guardar', exact: true }).click()
    await page.getByRole('link', { name }).first().waitFor()
  }
  await open('/admin/prompts', 'main tbody tr')(page)
}

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

/** These people call now, listen to welcome and greeting (some six seconds) and press one of the keys. */
function call(platform: Platform, from: string[], keys: string): void {
  for (const [index, phone] of from.entries()) {
    platform.telephony.embedded
      ?.placeCall({ from: phone, to: number, keys: `ppppppp${keys[index % keys.length]}`, hangUpAfterMs: 240_000 })
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
