// The phone in the agent's browser on a real FreeSWITCH: registers through our own port, rings, talks with RTP counted on
// both sides, holds, mutes, loses its microphone and its network, and is found again after the page is loaded anew.
// SOFTPHONE_PICTURES names a folder for a picture of each state.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { findFreeswitch, type RunningSwitch, startFreeswitch } from '../freeswitch/conf/process.ts'
import * as conf from '../freeswitch/conf/site.ts'
import { type Call, placeCall } from '../freeswitch/place-call.ts'
import { type Config, readConfig } from '../server/config.ts'
import { hashPassword } from '../server/http/index.ts'
import { createPlatform, type Platform } from '../server/platform.ts'

const binary = findFreeswitch(process.env.FREESWITCH_BIN, '')
const program = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
)
const skip = !binary ? 'FREESWITCH_BIN is not set' : !program ? 'no Chromium on this machine' : false
const pictures = process.env.SOFTPHONE_PICTURES
const password = 'softphone-1234'
const switchSecret = 'a-secret-of-this-test-only'

describe('the softphone on FreeSWITCH', { skip }, () => {
  let folder: string
  let running: RunningSwitch
  let platform: Platform
  let address: string
  let browser: Browser
  let context: BrowserContext
  let page: Page
  let agentId: number
  let colleagueId: number
  const faults: string[] = []

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vera-softphone-'))
    const [eslPort, agentsPort, agentsWsPort, trunkPort, callPort, httpPort] = (await freePorts(6)) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ]
    const callListen = `127.0.0.1:${callPort}`
    const site = {
      ...conf.defaultSite(join(folder, 'switch')),
      ...('noLimits' in conf ? { limits: conf.noLimits } : {}),
      ...{ eslPort, agentsPort, agentsWsPort, trunkPort, callListen, rtpFirst: 28_500, rtpLast: 28_900 },
      recordingsDir: join(folder, 'recordings'),
      cdrDir: join(folder, 'cdr'),
      // The switch asks the platform for its phones.
      servers: [`http://127.0.0.1:${httpPort}`],
      switchSecret,
    }
    running = await startFreeswitch(binary as string, site)
    const url = `esl://:${encodeURIComponent(running.password)}@127.0.0.1:${eslPort}?agents=${agentsPort}&ws=${agentsWsPort}&trunk=${trunkPort}`
    const config: Config = {
      ...readConfig({
        PORT: String(httpPort),
        SWITCH_SECRET: switchSecret,
        CALL_LISTEN: callListen,
        LOG_LEVEL: 'silent',
        FREESWITCH_URL: url,
        DEMO: 'off',
      }),
      home: join(folder, 'var'),
      databaseUrl: 'sqlite::memory:',
      recordingsDir: site.recordingsDir,
      cdrDir: site.cdrDir,
    }
    platform = await createPlatform(config, { say: () => {} })
    await platform.db.migrate()
    const { knex } = platform.db
    const [agencyId] = await knex('agencies').insert({ code: 'a', name: 'Organismo', kind: 'province', created_at: 0 })
    const rows = { agency_id: agencyId, active: true }
    for (const code of ['impuestos', 'salud', 'tramites', 'general'])
      await knex('queues').insert({ ...rows, code, name: code, channel: 'voice', levels: '[]', messages: '[]' })
    await knex('break_reasons').insert({ ...rows, name: 'Almuerzo' })
    const hash = { password_hash: await hashPassword(password), language: 'es', role: 'agent', created_at: 0 }
    const user = async (username: string, name: string, extension: string) =>
      (await knex('users').insert({ ...rows, ...hash, username, name, extension }))[0] as number
    agentId = await user('agente', 'Ana Agente', '1001')
    colleagueId = await user('colega', 'Beto Colega', '1002')
    address = (await platform.start()).replace('127.0.0.1', 'localhost')
    const { client } = platform.telephony
    if (client.state !== 'up') await new Promise<void>((up) => client.on('up', () => up()))
    browser = await chromium.launch({
      executablePath: program as string,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-dev-shm-usage',
        '--disable-background-networking',
        '--use-fake-device-for-media-stream',
        '--use-fake-ui-for-media-stream',
        '--allow-loopback-in-peer-connection',
        '--autoplay-policy=no-user-gesture-required',
      ],
    })
    context = await newContext()
    page = await signIn(context, 'agente')
  })
  async function newContext(): Promise<BrowserContext> {
    const made = await browser.newContext({
      locale: 'es-AR',
      viewport: { width: 1366, height: 768 },
      permissions: ['microphone'],
    })
    made.setDefaultTimeout(45_000)
    await made.addInitScript(() => {
      // The tests read what the connection counts, and pull the microphone out.
      const known: RTCPeerConnection[] = []
      const tracks: MediaStreamTrack[] = []
      const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
      navigator.mediaDevices.getUserMedia = async (wanted) => {
        if ('unplugged' in window) throw new DOMException('none', 'NotFoundError')
        const stream = await ask(wanted)
        tracks.push(...stream.getTracks())
        return stream
      }
      const Real = RTCPeerConnection
      Object.assign(window, {
        connections: known,
        tracks,
        RTCPeerConnection: class extends Real {
          constructor(configuration?: RTCConfiguration) {
            super(configuration)
            known.push(this)
          }
        },
      })
    })
    return made
  }
  after(async () => {
    // Callers still on the line would hold the test until they tire.
    await platform?.telephony.client.api('hupall').catch(() => {})
    await browser?.close()
    await platform?.stop()
    await running?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  async function signIn(where: BrowserContext, username: string): Promise<Page> {
    const opened = await where.newPage()
    opened.on('pageerror', (error) => faults.push(error.message))
    await opened.goto(`${address}/login`)
    await opened.getByLabel('Usuario').fill(username)
    await opened.getByLabel('Clave').fill(password)
    await opened.getByRole('button', { name: 'Ingresar' }).click()
    await opened.waitForURL((url) => url.pathname !== '/login')
    return opened
  }
  /** Why routing offers the agent nothing; `true`: it does. */
  const reach = () => platform.telephony.routing.agents.work(agentId)?.now.unreachable ?? 'true'
  const phone = () => page.locator('#desk-phone')
  async function picture(name: string): Promise<void> {
    if (!pictures) return
    await page.screenshot({ path: join(pictures, `${name}-1366.png`) })
    await page.setViewportSize({ width: 390, height: 844 })
    await page.screenshot({ path: join(pictures, `${name}-390.png`) })
    await page.setViewportSize({ width: 1366, height: 768 })
  }
  /** Packets of the page's last connection: sent, received, and how much sound came in (energy). */
  const counts = (where = page) =>
    where.evaluate(async () => {
      const all = (window as unknown as { connections: RTCPeerConnection[] }).connections
      const stats = { sent: 0, received: 0, energy: 0, level: 0 }
      for (const one of (await all.at(-1)?.getStats())?.values() ?? []) {
        if (one.type === 'outbound-rtp') stats.sent += one.packetsSent
        if (one.type === 'inbound-rtp') {
          stats.received += one.packetsReceived
          stats.energy += one.totalAudioEnergy ?? 0
        }
        if (one.type === 'media-source') stats.level = one.audioLevel ?? 0
      }
      return stats
    })
  /** What the switch counted on the agent's leg. */
  async function onSwitch(): Promise<{ received: number; sent: number }> {
    const { client } = platform.telephony
    const { rows = [] } = JSON.parse(await client.api('show channels as json')) as {
      rows?: { uuid: string; name: string; created_epoch: string }[]
    }
    const legs = rows.filter(({ name }) => name.startsWith('sofia/agents/'))
    const leg = legs.sort((a, b) => Number(a.created_epoch) - Number(b.created_epoch)).at(-1)?.uuid
    await client.api(`uuid_set_media_stats ${leg}`)
    const [received, sent] = await Promise.all(
      ['in', 'out'].map((way) => client.api(`uuid_getvar ${leg} rtp_audio_${way}_packet_count`)),
    )
    return { received: Number(received), sent: Number(sent) }
  }
  /** Both sides count on in both directions. */
  async function voiceFlows(where = page): Promise<void> {
    const [here, there] = [await counts(where), await onSwitch()]
    await until('RTP in both directions on both sides', async () => {
      const [now, then] = [await counts(where), await onSwitch()]
      return (
        now.sent > here.sent + 20 &&
        now.received > here.received + 20 &&
        then.received > there.received + 20 &&
        then.sent > there.sent + 20
      )
    })
  }
  const call = (): Promise<Call> =>
    placeCall(platform.telephony.client, {
      from: '3424111222',
      to: '08000000147',
      keys: 'wwpppp28755398w1',
      hangUpAfterMs: 90_000,
    })

  it('registers through our own port and may be rung', async () => {
    await page.goto(`${address}/agent`)
    await phone().getByText('Listo').waitFor()
    await until('the server heard of it', async () => reach() === 'true')
    const { client } = platform.telephony
    await until('the switch has it', async () =>
      /transport=ws/.test(await client.api('sofia status profile agents reg')),
    )
    await page.getByRole('button', { name: 'Empezar a atender' }).first().click()
    await page.getByRole('heading', { name: 'Listo para atender' }).waitFor()
    await picture('ready')
  })

  it('takes a call, with voice in both directions, holds it, mutes it and hangs up', async () => {
    const placed = call()
    await page.getByRole('button', { name: 'Contestar' }).waitFor({ timeout: 40_000 })
    await picture('ringing')
    await page.keyboard.press('Alt+a')
    await page.getByRole('button', { name: 'Cortar' }).waitFor()
    await voiceFlows()
    await picture('talking')
    const mute = page.getByRole('button', { name: 'Silenciar' })
    await mute.click()
    await page.getByRole('button', { name: 'Activar micrófono' }).waitFor()
    await until('the microphone is silent', async () => (await counts()).level === 0)
    await page.keyboard.press('Alt+m')
    await mute.waitFor()
    await page.getByRole('button', { name: 'Retener' }).click()
    await page.getByRole('button', { name: 'Retomar' }).waitFor()
    await picture('held')
    await page.getByRole('button', { name: 'Retomar' }).click()
    await page.getByRole('button', { name: 'Retener' }).waitFor()
    await voiceFlows()
    await page.getByRole('button', { name: 'Teclado' }).click()
    await page.keyboard.press('5')
    await picture('keypad')
    await page.keyboard.press('Escape')
    await page.keyboard.press('Alt+c')
    await page
      .getByRole('button', { name: /^Terminar Alt/ })
      .first()
      .waitFor()
    assert.equal((await placed).answered, true)
    await page.keyboard.press('Alt+f')
    await page.getByRole('heading', { name: 'Listo para atender' }).waitFor()
    assert.deepEqual(faults, [])
  })

  it('finds the running call again when the page is loaded anew', async () => {
    void call()
    await page.getByRole('button', { name: 'Contestar' }).click({ timeout: 40_000 })
    await page.getByRole('button', { name: 'Cortar' }).waitFor()
    await voiceFlows()
    const { agents } = platform.telephony.routing
    const before = agents.work(agentId)?.connected?.talkId
    await page.reload()
    await until('the same talk goes on', async () => agents.work(agentId)?.connected?.heldSince === undefined)
    await page.getByRole('button', { name: 'Silenciar' }).waitFor()
    await voiceFlows()
    assert.equal(agents.work(agentId)?.connected?.talkId, before)
  })

  it('moves, call and all, to another window that asks for it', async () => {
    const second = await context.newPage()
    await second.goto(`${address}/agent`)
    await second.getByText('Tu teléfono está abierto en otra ventana').waitFor()
    if (pictures) await second.screenshot({ path: join(pictures, 'elsewhere-1366.png') })
    await second.getByRole('button', { name: 'Usar acá' }).click()
    await page.getByText('Tu teléfono está abierto en otra ventana').waitFor()
    await second.getByRole('button', { name: 'Silenciar' }).waitFor()
    await voiceFlows(second)
    // And back, when that window closes.
    await second.close()
    await page.getByRole('button', { name: 'Silenciar' }).waitFor()
    await voiceFlows()
  })

  it('goes on talking while the way to the switch is cut, says so, and comes back', async () => {
    cut()
    await page.getByRole('alert').getByText('Tu teléfono no tiene conexión').waitFor()
    await until('routing was told', async () => reach() === 'network')
    await picture('network')
    await phone().getByText('Listo').waitFor()
    await until('routing was told', async () => reach() === 'true')
    await voiceFlows()
    // The switch's goodbye reaches the page by its new way.
    platform.telephony.routing.agents.hangUp(agentId)
    await page
      .getByRole('button', { name: /^Terminar Alt/ })
      .first()
      .waitFor()
    await until('the connection is closed', async () =>
      page.evaluate(
        () =>
          (window as unknown as { connections: RTCPeerConnection[] }).connections.at(-1)?.signalingState === 'closed',
      ),
    )
    await page.keyboard.press('Alt+f')
    await page.getByRole('heading', { name: 'Listo para atender' }).waitFor()
  })

  it('says big and clear that the microphone is gone, and is not rung until it is back', async () => {
    await page.evaluate(() => {
      const all = window as unknown as { tracks: MediaStreamTrack[]; unplugged?: boolean }
      all.unplugged = true
      for (const track of all.tracks) track.dispatchEvent(new Event('ended'))
    })
    await page.getByRole('alert').getByText('No tenés micrófono').waitFor()
    await until('routing was told', async () => reach() === 'microphone')
    await picture('microphone')
    await page.evaluate(() => {
      delete (window as unknown as { unplugged?: boolean }).unplugged
    })
    await page.getByRole('button', { name: 'Reintentar' }).click()
    await phone().getByText('Listo').waitFor()
    await until('routing was told', async () => reach() === 'true')
  })

  it('masks the recording, consults a colleague, holds a conference and hands the citizen over', async () => {
    const other = await newContext()
    const colleague = await signIn(other, 'colega')
    await colleague.goto(`${address}/agent`)
    await colleague.locator('#desk-phone').getByText('Listo').waitFor()
    void call()
    await page.getByRole('button', { name: 'Contestar' }).click({ timeout: 40_000 })
    await page.getByRole('button', { name: 'Pausar grabación' }).click()
    await page.getByRole('status').getByText('Grabación en pausa').waitFor()
    await picture('masked')
    await page.getByRole('button', { name: 'Reanudar grabación' }).click()
    await page.getByRole('button', { name: 'Pausar grabación' }).waitFor()
    await colleague.getByRole('button', { name: 'Empezar a atender' }).first().click()
    await colleague.getByRole('heading', { name: 'Listo para atender' }).waitFor()
    await page.keyboard.press('Alt+p')
    await page.getByRole('button', { name: 'Consultar: Beto Colega' }).waitFor()
    await picture('targets')
    await page.getByRole('button', { name: 'Consultar: Beto Colega' }).click()
    await page.getByRole('group', { name: 'Consulta' }).getByText('Llamando').waitFor()
    await colleague.getByText('Consulta · Ana Agente').waitFor()
    if (pictures) await colleague.screenshot({ path: join(pictures, 'consulted-1366.png') })
    await colleague.getByRole('button', { name: 'Contestar' }).click()
    await page.getByRole('button', { name: 'Hablar los tres' }).waitFor()
    await picture('consult')
    await voiceFlows()
    await page.getByRole('button', { name: 'Hablar los tres' }).click()
    await page.getByText('Conferencia: hablan los tres').waitFor()
    await picture('conference')
    await voiceFlows()
    await page.getByRole('button', { name: 'Dejarlos hablando' }).click()
    await page
      .getByRole('button', { name: /^Terminar Alt/ })
      .first()
      .waitFor()
    await until(
      'the colleague has the citizen',
      async () => platform.telephony.routing.agents.work(colleagueId)?.connected !== undefined,
    )
    await voiceFlows(colleague)
    if (pictures) await colleague.screenshot({ path: join(pictures, 'handed-1366.png') })
    await colleague.keyboard.press('Alt+c')
    await colleague
      .getByRole('button', { name: /^Terminar Alt/ })
      .first()
      .waitFor()
    await page.keyboard.press('Alt+f')
    await other.close()
    assert.deepEqual(faults, [])
  })

  it('hears itself in the echo test', async () => {
    await page.getByRole('button', { name: 'Ajustes del teléfono' }).click()
    await picture('settings')
    await page.getByRole('button', { name: 'Probar eco' }).click()
    await page.getByRole('status').getByText('Prueba de eco').waitFor()
    await until('sound comes back', async () => (await counts()).energy > 0.001)
    await picture('echo')
    await page.keyboard.press('Alt+c')
    await page.getByText('Prueba de eco').waitFor({ state: 'detached' })
    assert.deepEqual(faults, [])
  })

  it('answers by itself for who wants that, and leaves the ringing to a phone on the desk', async () => {
    const settings = page.getByRole('button', { name: 'Ajustes del teléfono' })
    const close = page.getByRole('dialog').getByRole('button', { name: 'Cerrar' })
    await settings.click()
    await page.getByLabel('Atender solo').check()
    await close.click()
    void call()
    await page.getByRole('button', { name: 'Cortar' }).waitFor({ timeout: 40_000 })
    await voiceFlows()
    await page.keyboard.press('Alt+c')
    await page
      .getByRole('button', { name: /^Terminar Alt/ })
      .first()
      .waitFor()
    await page.keyboard.press('Alt+f')
    await settings.click()
    await page.getByLabel('En un teléfono de escritorio').check()
    await close.click()
    await phone().getByText('Teléfono de escritorio').waitFor()
    const { client } = platform.telephony
    await until('the browser is registered no longer', async () =>
      /items returned: 0/.test(await client.api('sofia status profile agents reg')),
    )
    // No phone on the desk is registered: nothing is offered.
    await until('routing was told', async () => reach() === 'phone')
    await settings.click()
    await page.getByLabel('En el navegador').check()
    await close.click()
    await phone().getByText('Listo').waitFor()
    assert.deepEqual(faults, [])
  })

  it('says that the switch is away', async () => {
    await running.stop()
    await page.getByRole('alert').getByText('El conmutador no responde').waitFor()
    await until('routing was told', async () => reach() === 'network')
    await picture('switch')
  })

  /** Every websocket of the server dies without a goodbye. */
  const cut = () => {
    for (const client of platform.http.app.websocketServer.clients) client.terminate()
  }
})

/** Waits for a condition that no event tells of: the browser's and the switch's counters. */
async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 45_000; Date.now() < end; ) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  assert.fail(`never seen: ${what}`)
}

/** Ports that nobody has now. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  await Promise.all(servers.map((server) => new Promise<void>((open) => server.listen(0, '127.0.0.1', open))))
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))))
  return ports
}
