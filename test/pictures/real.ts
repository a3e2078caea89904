// Pictures that only a real FreeSWITCH gives: the phone in the browser, phones, lines, and a recording with two voices.
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { type RunningSwitch, startFreeswitch } from '../../freeswitch/conf/process.ts'
import { defaultSite, noLimits } from '../../freeswitch/conf/site.ts'
import { placeCall } from '../../freeswitch/place-call.ts'
import { readConfig } from '../../server/config.ts'
import { createPlatform, type Platform } from '../../server/platform.ts'
import { browserPath, failed, keep, newWindow, open, signIn } from './picture.ts'

/** In the order in which they are taken: each leads to the next. */
export const realNames = [
  'telefono-listo',
  'telefono-ajustes',
  'telefono-suena',
  'telefono-en-llamada',
  'supervision-telefono',
  'telefono-transferir',
  'telefono-consulta',
  'telefono-conferencia',
  'telefono-grabacion-en-pausa',
  'telefono-sin-microfono',
  'telefonos',
  'telefono-clave',
  'lineas',
  'linea',
  'grabacion',
] as const

const password = 'vera-de-ejemplo'
const number = '08000000147'

type Stage = {
  running: RunningSwitch
  platform: Platform
  base: string
  browser: Browser
  trunkPort: number
  voice: string
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  await Promise.all(servers.map((server) => new Promise<void>((up) => server.listen(0, '127.0.0.1', up))))
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))))
  return ports
}

/** Two people talk, so that the recording has something to show; without espeak-ng they are silent. */
function speech(folder: string, name: string, voice: string, text: string): string {
  const path = join(folder, `${name}.wav`)
  spawnSync('espeak-ng', ['-v', voice, '-s', '135', '-w', path, text], { stdio: 'ignore', timeout: 20_000 })
  return path
}

async function begin(binary: string, home: string): Promise<Stage> {
  mkdirSync(home, { recursive: true })
  const ports = await freePorts(6)
  const [eslPort = 0, agentsPort = 0, agentsWsPort = 0, trunkPort = 0, callPort = 0, port = 0] = ports
  const callListen = `127.0.0.1:${callPort}`
  const switchSecret = 'only-for-these-pictures'
  const site = {
    ...defaultSite(join(home, 'switch')),
    ...{ eslPort, agentsPort, agentsWsPort, trunkPort, callListen, switchSecret, rtpFirst: 29_000, rtpLast: 29_400 },
    limits: noLimits,
    recordingsDir: join(home, 'recordings'),
    cdrDir: join(home, 'cdr'),
    servers: [`http://127.0.0.1:${port}`],
  }
  const running = await startFreeswitch(binary, site)
  const secret = encodeURIComponent(running.password)
  const platform = await createPlatform({
    ...readConfig({
      PORT: String(port),
      SWITCH_SECRET: switchSecret,
      CALL_LISTEN: callListen,
      LOG_LEVEL: 'error',
      FREESWITCH_URL: `esl://fs1:${secret}@127.0.0.1:${eslPort}?agents=${agentsPort}&ws=${agentsWsPort}&trunk=${trunkPort}`,
      DEMO: 'on',
      DEMO_PASSWORD: password,
    }),
    home: join(home, 'var'),
    databaseUrl: `sqlite:${home}/vera.sqlite`,
    recordingsDir: site.recordingsDir,
    cdrDir: site.cdrDir,
  })
  const base = (await platform.start()).replace('127.0.0.1', 'localhost')
  const agentVoice = speech(
    home,
    'agent',
    'es-419+f3',
    'Buenos días, le habla Ana. ¿En qué lo puedo ayudar? . . . . Sí, un momento, por favor, que lo consulto. . . . . . . Ya está: le mandamos la boleta por correo. . . . . . . .',
  )
  const voice = speech(
    home,
    'citizen',
    'es-419+m3',
    '. . . . Hola, buen día. Quería pedir la boleta del impuesto. . . . . . . Perfecto, muchas gracias. . . . . . . Sí, claro.',
  )
  const browser = await chromium.launch({
    executablePath: browserPath(),
    args: [
      '--no-sandbox',
      '--lang=es-AR',
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      `--use-file-for-fake-audio-capture=${agentVoice}`,
      '--allow-loopback-in-peer-connection',
      '--autoplay-policy=no-user-gesture-required',
    ],
  })
  return { running, platform, base, browser, trunkPort, voice }
}

/** A window at an agent's desk whose phone is registered. */
async function desk({ browser, base }: Stage, username: string): Promise<{ context: BrowserContext; page: Page }> {
  const context = await newWindow(browser, base, { name: username })
  await context.addInitScript(() => {
    const tracks: MediaStreamTrack[] = []
    // The empty page before ours is not one that has a microphone.
    if (!navigator.mediaDevices) return
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
    navigator.mediaDevices.getUserMedia = async (asked) => {
      if ('unplugged' in window) throw new DOMException('none', 'NotFoundError')
      const stream = await ask(asked)
      tracks.push(...stream.getTracks())
      return stream
    }
    Object.assign(window, { tracks })
  })
  const page = await signIn(context, username, password)
  await page.goto('/agent')
  await page.locator('#desk-phone').getByText('Listo').waitFor()
  await page.getByRole('button', { name: 'Empezar a atender' }).first().click()
  await page.getByRole('heading', { name: 'Listo para atender' }).waitFor()
  return { context, page }
}

/** Takes the pictures named in `wanted` (all when empty); the others are walked through without being kept. */
export async function takeReal(binary: string, home: string, wanted: string[]): Promise<void> {
  const stage = await begin(binary, home)
  const take = async (page: Page, name: (typeof realNames)[number]) => {
    if (wanted.length === 0 || wanted.includes(name)) await keep(page, { name })
  }
  let last: Page | undefined
  try {
    const { platform, browser, base } = stage
    const { page } = await desk(stage, 'agente01')
    last = page
    const other = await desk(stage, 'agente02')
    await take(page, 'telefono-listo')
    await page.getByRole('button', { name: 'Ajustes del teléfono' }).click()
    await take(page, 'telefono-ajustes')
    await page.getByRole('dialog').getByRole('button', { name: 'Cerrar' }).click()

    await other.page.locator('[data-break]').selectOption({ index: 1 })
    await other.page.getByRole('heading', { name: 'Estás en pausa' }).waitFor()
    await platform.db.knex('users').where({ username: 'supervisora' }).update({ extension: '1090' })
    await onCall(stage, page, take, other.page)

    await page.evaluate(() => {
      const all = window as unknown as { tracks: MediaStreamTrack[]; unplugged?: boolean }
      all.unplugged = true
      for (const track of all.tracks) track.dispatchEvent(new Event('ended'))
    })
    await page.getByRole('alert').getByText('No tenés micrófono').waitFor()
    await take(page, 'telefono-sin-microfono')
    await page.evaluate(() => void delete (window as unknown as { unplugged?: boolean }).unplugged)
    await page.getByRole('button', { name: 'Reintentar' }).click()
    await page.locator('#desk-phone').getByText('Listo').waitFor()

    const office = await newWindow(browser, base, { name: 'admin', height: 700 })
    const admin = await signIn(office, 'admin', password)
    last = admin
    await open('/admin/phones', 'main table')(admin)
    await take(admin, 'telefonos')
    await admin.getByRole('button', { name: 'Crear clave' }).first().click()
    await admin.getByText('Clave nueva del teléfono').waitFor()
    await take(admin, 'telefono-clave')
    await lines(stage, admin, take)

    // The longest: the one with the mask and the consultation.
    const closed = platform.db.knex('recordings').whereNotNull('closed_at')
    const recording = await closed.orderBy('duration_ms', 'desc').first('id')
    const listening = await newWindow(browser, base, { name: 'supervisora', height: 900 })
    const supervisor = await signIn(listening, 'supervisora', password)
    last = supervisor
    await open(`/recordings/${recording?.id}`, 'canvas')(supervisor)
    await take(supervisor, 'grabacion')
  } catch (error) {
    await failed(last, 'real', error)
  } finally {
    await stage.platform.telephony.client.api('hupall').catch(() => {})
    await stage.browser.close()
    await stage.platform.stop()
    await stage.running.stop()
  }
}

type Take = (page: Page, name: (typeof realNames)[number]) => Promise<void>

/** One call: rings, is answered, masked, and a colleague is consulted. */
async function onCall(stage: Stage, page: Page, take: Take, colleague: Page): Promise<void> {
  const { platform, voice } = stage
  const row = await platform.db
    .knex('citizens')
    .join('citizen_phones', 'citizen_phones.citizen_id', 'citizens.id')
    .where('citizens.invented', true)
    .orderBy('citizens.id')
    .first('citizen_phones.number as phone')
  const call = placeCall(platform.telephony.client, {
    from: row.phone,
    to: number,
    keys: 'ppppppp1',
    hangUpAfterMs: 180_000,
    say: voice,
  })
  await page.getByRole('button', { name: 'Contestar' }).waitFor({ timeout: 60_000 })
  await take(page, 'telefono-suena')
  await page.keyboard.press('Alt+a')
  await page.getByRole('button', { name: 'Cortar' }).waitFor()
  await pause(6_000)
  await take(page, 'telefono-en-llamada')
  await supervise(stage, take)
  await page.getByRole('button', { name: 'Pausar grabación' }).click()
  await page.getByRole('status').getByText('Grabación en pausa').waitFor()
  await take(page, 'telefono-grabacion-en-pausa')
  await pause(2_500)
  await page.getByRole('button', { name: 'Reanudar grabación' }).click()
  await page.getByRole('button', { name: 'Pausar grabación' }).waitFor()
  await pause(4_000)
  const back = colleague.getByRole('button', { name: 'Volver a atender' })
  if (await back.count()) await back.first().click()
  await colleague.getByRole('heading', { name: 'Listo para atender' }).waitFor()
  await page.keyboard.press('Alt+p')
  const ask = page.getByRole('button', { name: /^Consultar: / })
  await ask.first().waitFor()
  await take(page, 'telefono-transferir')
  await page.getByRole('button', { name: 'Consultar: Bautista Roldán' }).click()
  await colleague.getByRole('button', { name: 'Contestar' }).click()
  await page.getByRole('button', { name: 'Hablar los tres' }).waitFor()
  await pause(2_000)
  await take(page, 'telefono-consulta')
  await page.getByRole('button', { name: 'Hablar los tres' }).click()
  await page.getByText('Conferencia: hablan los tres').waitFor()
  await pause(3_000)
  await take(page, 'telefono-conferencia')
  await page.getByRole('button', { name: 'Quitar de la conferencia' }).click()
  await pause(3_000)
  await page.keyboard.press('Alt+c')
  await page.locator('#do-finish').waitFor()
  await page.keyboard.press('Alt+f')
  await page.getByRole('heading', { name: 'Listo para atender' }).waitFor()
  await call
}

/** A supervisor whispers from the browser, for a moment. */
async function supervise({ browser, base }: Stage, take: Take): Promise<void> {
  const context = await newWindow(browser, base, { name: 'supervisora' })
  const page = await signIn(context, 'supervisora', password)
  await page.goto('/supervisor')
  await page.locator('#supervisor-phone').getByText('listo').waitFor()
  await page.locator('[data-listen]').first().click()
  await page.locator('[data-mode=whisper]').first().click({ timeout: 20_000 })
  await page.locator('[data-mode=whisper][aria-pressed=true]').waitFor()
  await page.getByText('Cambiado').waitFor({ state: 'hidden' })
  await take(page, 'supervision-telefono')
  await page.locator('[data-end]:visible').first().click()
  await page.locator('#now-supervisions').waitFor({ state: 'detached' })
  await context.close()
}

/** A line that answers: the carrier is this same switch. */
async function lines({ trunkPort }: Stage, admin: Page, take: Take): Promise<void> {
  const fill = async (name: string, position: string) => {
    await admin.goto('/admin/trunks/new')
    await admin.locator('[name=name]').fill(name)
    await admin.locator('[name=host]').fill('127.0.0.1')
    await admin.locator('[name=port]').fill(String(trunkPort))
    await admin.locator('[name=addresses]').fill('203.0.113.10')
    await admin.locator('[name=callerId]').fill('+543424570000')
    await admin.locator('[name=position]').fill(position)
    await admin.locator('[name=maxLines]').fill('30')
    await admin.getByRole('button', { name: 'Guardar' }).click()
    await admin.waitForURL(/trunks\?done/)
  }
  await fill('prestador-a', '1')
  await fill('prestador-b', '2')
  await admin.getByText('Funciona').nth(1).waitFor({ timeout: 60_000 })
  await take(admin, 'lineas')
  await admin.getByRole('link', { name: 'prestador-a' }).first().click()
  await admin.locator('[name=host]').fill('sip.prestador.ejemplo')
  await admin.locator('[name=port]').fill('5060')
  await admin.setViewportSize({ width: 1366, height: 1000 })
  await take(admin, 'linea')
}
