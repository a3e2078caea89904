// Two browsers with voices of their own on a real FreeSWITCH: an agent talks with a citizen, holds and hands over, and a
// supervisor listens, whispers and joins. Each party hums a tone, so that it can be measured who is heard where: in the
// browsers, on the citizen's phone and in the stereo recording. SUPERVISION_PICTURES names a folder for pictures.
import assert from 'node:assert/strict'
import { join, resolve } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { findFreeswitch } from '../freeswitch/conf/process.ts'
import { type Centre, type Citizen, startCentre } from './browser/centre.ts'
import { chromiumPath, heardIn, launchWithVoice, newContext, packetsOf } from './browser/chromium.ts'
import { type Loudness, loudness, secondsOf, tones, writeTone } from './browser/voices.ts'

const binary = findFreeswitch(process.env.FREESWITCH_BIN, '')
const skip = !binary ? 'FREESWITCH_BIN is not set' : !chromiumPath ? 'no Chromium on this machine' : false
const pictures = process.env.SUPERVISION_PICTURES
/** Of 32767; the voices are 8000 at their source. */
const loud = 1_500
const quiet = 150

describe('supervision in the browser on FreeSWITCH', { skip }, () => {
  let centre: Centre
  const browsers: Browser[] = []
  let agent: Page
  let supervisor: Page
  let colleague: Page
  let citizen: Citizen
  const faults: string[] = []
  /** From when to when each mode was on for certain, UTC ms. */
  const spans: Record<string, { from: number; to: number }> = {}

  before(async () => {
    centre = await startCentre(binary as string, 29_000, [
      { username: 'agente', name: 'Ana Agente', role: 'agent', extension: '1001' },
      { username: 'colega', name: 'Beto Colega', role: 'agent', extension: '1002' },
      { username: 'supervisora', name: 'Celia Supervisora', role: 'supervisor', extension: '1900' },
    ])
    const open = async (who: 'agent' | 'supervisor') => {
      const voice = join(centre.folder, `${who}.wav`)
      writeTone(voice, tones[who])
      const browser = await launchWithVoice(voice)
      browsers.push(browser)
      return browser
    }
    const [first, second] = [await open('agent'), await open('supervisor')]
    const signIn = async (browser: Browser, username: string) => {
      const page = await centre.signIn(await newContext(browser), username)
      page.on('pageerror', (error) => faults.push(`${username}: ${error.message}`))
      return page
    }
    agent = await signIn(first, 'agente')
    supervisor = await signIn(second, 'supervisora')
    colleague = await signIn(second, 'colega')
  })
  after(async () => {
    for (const browser of browsers) await browser.close()
    await centre?.stop()
  })

  const to = (page: Page, path: string) => page.goto(new URL(path, page.url()).href)
  const press = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).first().click()
  const bar = () => supervisor.locator('#supervisor-phone')
  const mine = () => supervisor.locator('#now-supervisions')
  async function picture(name: string, page = supervisor): Promise<void> {
    if (!pictures) return
    await page.screenshot({ path: join(pictures, `${name}-1366.png`) })
    await page.setViewportSize({ width: 390, height: 844 })
    await page.screenshot({ path: join(pictures, `${name}-390.png`) })
    await page.setViewportSize({ width: 1366, height: 768 })
  }
  /** Who is heard by whom, once it is as `expected`: of the named voices a true one is loud and a false one silent. */
  async function hears(
    where: Page | Citizen,
    expected: Partial<Record<keyof Loudness | 'all', boolean>>,
    what: string,
  ): Promise<Loudness> {
    let last: (Loudness & { all: number }) | undefined
    for (const end = Date.now() + 45_000; Date.now() < end; ) {
      last = 'leg' in where ? await centre.heardBy(where) : { ...(await heardIn(where)), all: 0 }
      const now = last
      const entries = Object.entries(expected) as [keyof typeof now, boolean][]
      // A citizen on hold hears music, of whatever level.
      if (entries.every(([who, on]) => (on ? now[who] > (who === 'all' ? 200 : loud) : now[who] < quiet))) {
        console.log(`# ${what}: ${JSON.stringify(last)}`)
        return last
      }
    }
    assert.fail(`${what}: heard ${JSON.stringify(last)}, expected ${JSON.stringify(expected)}`)
  }
  /** The leg of the phone that was rung last. */
  async function agentLeg(): Promise<string> {
    const { rows = [] } = JSON.parse(await centre.platform.telephony.client.api('show channels as json')) as {
      rows?: { uuid: string; name: string; created_epoch: string }[]
    }
    const legs = rows.filter(({ name }) => name.startsWith('sofia/agents/'))
    return legs.sort((a, b) => Number(b.created_epoch) - Number(a.created_epoch))[0]?.uuid ?? ''
  }
  async function answer(page: Page): Promise<void> {
    await page.getByRole('button', { name: 'Contestar' }).click({ timeout: 40_000 })
    await page.getByRole('button', { name: 'Retener' }).waitFor()
  }
  /** The supervisor's page orders a mode of the call it is on, and `heard` proves it. */
  async function during(mode: string, heard: () => Promise<unknown>): Promise<void> {
    const from = Date.now() + 300
    await heard()
    spans[mode] = { from, to: Date.now() }
  }

  it('each has a phone in the browser, also the supervisor', async () => {
    await to(agent, '/agent')
    await agent.locator('#desk-phone').getByText('Listo').waitFor()
    await press(agent, 'Empezar a atender')
    await agent.getByRole('heading', { name: 'Listo para atender' }).waitFor()
    await to(supervisor, '/supervisor/audit')
    await supervisor.getByLabel('Los agentes ven cuando alguien los escucha').check()
    await supervisor.getByText('Guardado').waitFor()
    await to(supervisor, '/supervisor')
    await bar().getByText('Tu teléfono 1900: listo').waitFor()
    await picture('ready')
  })

  it('agent and citizen hear each other: RTP is counted both ways, on both sides', async () => {
    citizen = await centre.call()
    await answer(agent)
    await hears(agent, { citizen: true, supervisor: false }, 'the agent hears')
    await hears(citizen, { agent: true, supervisor: false }, 'the citizen hears')
    const leg = await agentLeg()
    const [page, line] = [await packetsOf(agent), await centre.packets(leg)]
    for (const end = Date.now() + 45_000; ; ) {
      const [nowPage, nowLine] = [await packetsOf(agent), await centre.packets(leg)]
      const more = [
        nowPage.sent - page.sent,
        nowPage.received - page.received,
        nowLine.sent - line.sent,
        nowLine.received - line.received,
      ]
      if (more.every((count) => count > 50)) {
        console.log(`# RTP packets more: page sent, received, switch sent, received: ${more}`)
        break
      }
      assert.ok(Date.now() < end, `RTP stands still: ${more}`)
    }
  })

  it('on hold the citizen hears music and not the agent, then the agent again', async () => {
    await press(agent, 'Retener')
    await agent.getByRole('button', { name: 'Retomar' }).waitFor()
    await hears(citizen, { agent: false, all: true }, 'the citizen on hold hears')
    await hears(agent, { citizen: false }, 'the agent of a citizen on hold hears')
    await press(agent, 'Retomar')
    await agent.getByRole('button', { name: 'Retener' }).waitFor()
    await hears(citizen, { agent: true }, 'the citizen taken back hears')
  })

  it('a supervisor who listens hears both and is heard by nobody', async () => {
    await press(supervisor, 'Escuchar')
    await mine().getByText('escucha a').waitFor()
    await bar().getByText('En llamada').waitFor()
    await during('listen', async () => {
      await hears(supervisor, { agent: true, citizen: true }, 'the supervisor who listens hears')
      await hears(agent, { citizen: true, supervisor: false }, 'the agent listened to hears')
      await hears(citizen, { agent: true, supervisor: false }, 'the citizen listened to hears')
    })
    await picture('listening')
    await agent.getByText('Supervisión te está escuchando').waitFor()
    await picture('listened-to', agent)
  })

  it('a whisper is heard by the agent alone', async () => {
    await mine().getByRole('button', { name: 'Susurrar' }).click()
    await mine().getByText('le susurra a').waitFor()
    await during('whisper', async () => {
      await hears(agent, { citizen: true, supervisor: true }, 'the agent whispered to hears')
      await hears(citizen, { agent: true, supervisor: false }, 'the citizen during the whisper hears')
      await hears(agent, { citizen: true, supervisor: true }, 'the agent still hears')
    })
    await picture('whispering')
  })

  it('muted in the bar the supervisor is not heard by the agent', async () => {
    await bar().getByRole('button', { name: 'Silenciar' }).click()
    await hears(agent, { supervisor: false, citizen: true }, 'the agent hears of a muted supervisor')
    await picture('muted')
    await bar().getByRole('button', { name: 'Activar micrófono' }).click()
    await hears(agent, { supervisor: true }, 'the agent hears the supervisor again')
  })

  it('a supervisor who joins is heard by both', async () => {
    await mine().getByRole('button', { name: 'Intervenir' }).click()
    await mine().getByText('interviene en la llamada de').waitFor()
    await during('join', async () => {
      await hears(citizen, { agent: true, supervisor: true }, 'the citizen of three hears')
      await hears(agent, { citizen: true, supervisor: true }, 'the agent of three hears')
      await hears(citizen, { agent: true, supervisor: true }, 'the citizen of three still hears')
    })
    await picture('joined')
    await mine().getByRole('button', { name: 'Cortar' }).click()
    await mine().waitFor({ state: 'detached' })
    await bar().getByText('listo').waitFor()
    await hears(citizen, { agent: true, supervisor: false }, 'the citizen hears after the supervisor left')
    await agent.getByText('Supervisión te está escuchando').waitFor({ state: 'detached' })
  })

  it('each of it is in the audit: who, whom, when, how long', async () => {
    const rows = await centre.platform.db.knex('supervision_log').orderBy('at')
    assert.deepEqual(
      rows.map(({ action, user_id, agent_id }) => [action, user_id, agent_id]),
      ['listen', 'whisper', 'join'].map((action) => [action, centre.ids[2], centre.ids[0]]),
    )
    for (const row of rows) {
      const span = spans[row.action] as { from: number; to: number }
      assert.ok(Number(row.at) <= span.from && Number(row.ended_at) >= span.to, `${row.action} lasts all its time`)
      assert.ok(row.interaction_id, 'the call can be found')
    }
    await to(supervisor, '/supervisor/audit')
    for (const action of ['Escuchó', 'Susurró', 'Intervino'])
      await supervisor.getByRole('row', { name: new RegExp(`Celia Supervisora ${action} Ana Agente`) }).waitFor()
    await picture('audit')
    await to(supervisor, '/supervisor')
  })

  it('transferred, the citizen hears the colleague and the agent no longer', async () => {
    await to(colleague, '/agent')
    await colleague.locator('#desk-phone').getByText('Listo').waitFor()
    await press(colleague, 'Empezar a atender')
    await colleague.getByRole('heading', { name: 'Listo para atender' }).waitFor()
    await agent.keyboard.press('Alt+p')
    await press(agent, 'Transferir: Beto Colega')
    await answer(colleague)
    // The colleague's browser is the supervisor's, and hums like it.
    await hears(citizen, { supervisor: true, agent: false }, 'the citizen handed over hears')
    await hears(colleague, { citizen: true, agent: false }, 'the colleague hears')
    await colleague.keyboard.press('Alt+c')
    await citizen.over
    assert.deepEqual(faults, [])
  })

  it('a supervisor who takes the call over talks in the agent’s place', async () => {
    await colleague.keyboard.press('Alt+f')
    await press(colleague, 'Terminar la jornada')
    await agent.keyboard.press('Alt+f')
    await agent.getByRole('heading', { name: 'Listo para atender' }).waitFor()
    citizen = await centre.call()
    await answer(agent)
    await press(supervisor, 'Escuchar')
    await mine().getByRole('button', { name: 'Tomar la llamada' }).click()
    await hears(citizen, { supervisor: true, agent: false }, 'the citizen taken over hears')
    await hears(supervisor, { citizen: true, agent: false }, 'the supervisor in the agent’s place hears')
    await bar().getByText('En llamada').waitFor()
    await picture('taken')
    await bar().getByRole('button', { name: 'Cortar' }).click()
    await citizen.over
    await bar().getByText('listo').waitFor()
    const last = await centre.platform.db.knex('supervision_log').orderBy('at', 'desc').first()
    assert.deepEqual([last.action, last.user_id, last.agent_id], ['take_over', centre.ids[2], centre.ids[0]])
    assert.deepEqual(faults, [])
  })

  it('a second window says that the phone is in the first, and takes it when asked', async () => {
    const second = await supervisor.context().newPage()
    await second.goto(supervisor.url())
    await second.getByText('Tu teléfono 1900: abierto en otra ventana').waitFor()
    await picture('elsewhere', second)
    await second.getByRole('button', { name: 'Usar acá' }).click()
    await second.getByText('Tu teléfono 1900: listo').waitFor()
    await bar().getByText('abierto en otra ventana').waitFor()
    await second.close()
    await bar().getByText('listo').waitFor()
  })

  it('in the stereo recording the citizen’s side has the citizen alone; joined voices are on the other', async () => {
    const rows = await centre.platform.db.knex('recordings').where({ kind: 'call' }).orderBy('started_at')
    const [first] = rows
    const path = resolve(centre.folder, 'recordings', first.path)
    // While the browser is on hold it sends nothing and nothing is written: counted from the end, after the only hold.
    const startedAt = Number(first.closed_at) - secondsOf(path) * 1000
    const at = (mode: string, channel: 0 | 1) => {
      const { from, to: until } = spans[mode] as { from: number; to: number }
      return loudness(path, channel, (from - startedAt) / 1000 + 0.5, (until - startedAt) / 1000 - 0.5)
    }
    console.log(`# ${rows.length} recordings, the first of ${secondsOf(path).toFixed(1)} s`)
    for (const mode of Object.keys(spans)) {
      // Recorded on the agent's leg: what comes from it is left, what it is given of the call right.
      const [citizenSide, otherSide] = [at(mode, 1), at(mode, 0)]
      console.log(`# ${mode}: citizen's side ${JSON.stringify(citizenSide)}, other side ${JSON.stringify(otherSide)}`)
      assert.ok(citizenSide.citizen > loud, `${mode}: the citizen speaks on the own side`)
      assert.ok(
        citizenSide.supervisor < quiet && citizenSide.agent < quiet,
        `${mode}: nobody else on the citizen's side`,
      )
      assert.ok(otherSide.agent > loud && otherSide.citizen < quiet, `${mode}: the agent is on the other`)
      // What was said to the citizen is evidence; what was whispered to the agent is not heard in it.
      assert.equal(otherSide.supervisor > loud, mode === 'join', `${mode}: the supervisor`)
      if (mode !== 'join') assert.ok(otherSide.supervisor < quiet, `${mode}: the supervisor is silent`)
    }
  })
})
