// One picture of the guide: whose page, how it is brought to what is to be seen, and how it is kept.
import { existsSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import type { Platform } from '../../server/platform.ts'

export type Picture = {
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

export const folder = join(import.meta.dirname, '../../docs/guia/imagenes')
const cover = join(import.meta.dirname, '../../docs/vera.png')
/** What a picture may weigh at most: the guide is read over slow lines too. */
export const mostBytes = 250_000

export const open = (path: string, ready: string) => async (page: Page) => {
  await page.goto(path)
  await page.locator(ready).first().waitFor()
}

export function browserPath(): string {
  const found = [
    process.env.CHROMIUM_BIN,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  ].find((path) => path && existsSync(path))
  if (!found) throw new Error('No Chromium: install one or set CHROMIUM_BIN')
  return found
}

/** A window of its own for one person, in the guide's size. */
export async function newWindow(
  browser: Browser,
  base: string,
  { name, width = 1366, height = 768 }: Pick<Picture, 'name' | 'width' | 'height'>,
): Promise<BrowserContext> {
  const context = await browser.newContext({
    baseURL: base,
    viewport: { width, height },
    locale: 'es-AR',
    reducedMotion: 'reduce',
    permissions: ['microphone'],
  })
  context.setDefaultTimeout(15_000)
  context.on('page', (page) => {
    page.on('pageerror', (error) => console.error(`${name}: ${error.message}`))
    page.on('console', (message) => {
      if (message.type() === 'error') console.error(`${name}: ${message.text()}`)
    })
  })
  return context
}

/** Signs in through the page, as people do. */
export async function signIn(context: BrowserContext, username: string, password: string): Promise<Page> {
  const page = await context.newPage()
  await page.goto('/login')
  await page.locator('input[name=username]').first().fill(username)
  await page.locator('input[name=password]').first().fill(password)
  await page.getByRole('button', { name: 'Ingresar', exact: true }).click()
  await page.waitForURL((url) => url.pathname !== '/login')
  return page
}

/** Keeps the page as it stands. */
export async function keep(page: Page, { name, cover: asCover }: Pick<Picture, 'name' | 'cover'>): Promise<void> {
  // Live figures, charts and fonts settle.
  await pause(1_500)
  const path = join(folder, `${name}.png`)
  await page.screenshot({ path, scale: 'css' })
  if (asCover) await page.screenshot({ path: cover, scale: 'css' })
  const { size } = statSync(path)
  console.log(`${name}.png ${Math.round(size / 1000)} kB${size > mostBytes ? ': TOO LARGE' : ''}`)
}

/** Says what went wrong and leaves a picture of it in the temporary folder. */
export async function failed(page: Page | undefined, name: string, error: unknown): Promise<void> {
  process.exitCode = 1
  console.error(`${name}: ${(error as Error).message}`)
  await page?.screenshot({ path: join(tmpdir(), `vera-failed-${name}.png`) }).catch(() => {})
}
