// Pictures of the boards' list, of the designer and of announcements.
import type { Page } from 'playwright-core'
import { open, type Picture } from './picture.ts'

/** A board of that template, ready to be drawn on. */
async function made(page: Page, name: string, template: string): Promise<void> {
  await page.goto('/wallboards')
  const there = page.locator('.board-card', { hasText: name }).getByRole('link', { name: /Dibujar/ })
  if (await there.count()) await there.first().click()
  else {
    await page.locator('#name').fill(name)
    await page.locator('.board-template', { hasText: template }).click()
    await page.getByRole('button', { name: 'Crear y dibujar' }).click()
  }
  await page.waitForURL(/\/edit$/)
  await page.locator('.designer-tile .wb-number').first().waitFor()
}

/** A television that a supervisor approved. */
async function paired(page: Page, name: string): Promise<void> {
  const wall = await page
    .context()
    .browser()
    ?.newContext({ baseURL: new URL(page.url()).origin })
  const screen = await wall?.newPage()
  await screen?.goto('/screen')
  const code = ((await screen?.locator('#screen-code').textContent()) ?? '').replace(/\s/g, '')
  await page.goto(`/wallboards/approve?code=${code}`)
  await page.locator('input[name=name]').fill(name)
  await page.getByRole('button', { name: 'Aprobar' }).click()
  await screen?.waitForURL(/\/wallboards\//)
}

export const boardPictures: Picture[] = [
  {
    name: 'panel-dibujar',
    user: 'supervisora',
    async show(page) {
      await made(page, 'Gerencia', 'Conducción')
      await page.locator('#sheet-rate').click()
      await page.locator('#designer-panel').getByText('▼ en rojo').waitFor()
    },
  },
  {
    name: 'panel-lista',
    user: 'supervisora',
    height: 1000,
    async show(page) {
      await made(page, 'Fondo de sala', 'De lejos')
      await paired(page, 'Televisor de la entrada')
      await page.goto('/wallboards')
    },
  },
  {
    name: 'panel-plantillas',
    user: 'supervisora',
    height: 560,
    async show(page) {
      await page.goto('/wallboards')
      await page.locator('#new-board').scrollIntoViewIfNeeded()
      await page.locator('#name').fill('Recepción')
    },
  },
  {
    name: 'anuncios',
    user: 'supervisora',
    async show(page) {
      await open('/wallboards/announcements', 'main form')(page)
      await page.getByLabel('Texto').fill('Desde las 14 la línea de Salud deriva a Hospitales')
      await page.getByRole('button', { name: 'Publicar' }).click()
      await page.getByText('✓ Se ve ahora').waitFor()
      await page.getByLabel('Texto').fill('Se cayó el sistema de turnos: tomar datos y avisar que llamamos')
      await page.getByLabel('Urgente').check()
      await page.getByRole('button', { name: 'Publicar' }).click()
      await page.locator('[id^=announcement-]').nth(1).waitFor()
    },
  },
  {
    name: 'panel-urgente',
    user: 'panel',
    width: 1920,
    height: 1080,
    show: open('/wallboards/mine', '.wb-urgent'),
  },
]
