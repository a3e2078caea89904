// Pictures of evaluations: the form's editor, a call being judged, the agent's side, a draw, the report.
import { setTimeout as pause } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import type { Platform } from '../../server/platform.ts'
import type { Picture } from './picture.ts'

/** A recording of the simulation that can be heard; the first call takes some minutes to end. */
async function recording(platform: Platform): Promise<string> {
  for (let tries = 0; tries < 300; tries++) {
    const found = await platform.db
      .knex('recordings')
      .where({ state: 'present', kind: 'call' })
      .whereNotNull('agent_id')
      .where('duration_ms', '>', 30_000)
      .orderBy('duration_ms', 'desc')
      .first('id')
    if (found) return found.id
    await pause(1_000)
  }
  throw new Error('no call has been recorded')
}

/** The example's history was never on a switch: some of its talks are said to have been recorded, of one agent only one. */
async function recorded({ db }: Platform): Promise<void> {
  const talks = await db
    .knex('talk_segments')
    .where('answered_at', '>', Date.now() - 20 * 86_400_000)
    .orderBy('id')
  const taken = new Map<number, number>()
  for (const talk of talks) {
    const ms = Number(talk.ended_at) - Number(talk.answered_at)
    const before = taken.get(talk.agent_id) ?? 0
    if (ms < 60_000 || before >= (talk.agent_id % 15 === 0 ? 1 : 4)) continue
    taken.set(talk.agent_id, before + 1)
    const { id, agency_id, interaction_id, agent_id, queue_id, answered_at } = talk
    await db
      .knex('recordings')
      .insert({
        ...{ id, agency_id, interaction_id, agent_id, queue_id, kind: 'call', path: `${id}.wav`, state: 'present' },
        ...{ started_at: answered_at, duration_ms: ms },
      })
      .onConflict('id')
      .ignore()
  }
}

const answer = async (page: Page, id: string, value: string) =>
  page.locator(`input[name="${id}"][value="${value}"]`).check()

async function judge(page: Page, platform: Platform): Promise<void> {
  await page.goto(`/evaluations/new?recording=${await recording(platform)}`)
  await page.getByRole('button', { name: 'Empezar a evaluar' }).click()
  await page.locator('#evaluation[data-ready]').waitFor()
  for (const [id, value] of Object.entries({ saludo: 'yes', tono: '4', escucha: '5', pedido: 'yes' }))
    await answer(page, id, value)
}

export const quality: Picture[] = [
  {
    name: 'calidad-formulario',
    user: 'supervisora',
    height: 900,
    async show(page) {
      await page.goto('/evaluations/forms')
      await page.getByRole('link', { name: /Atención telefónica/ }).click()
      await page.getByRole('button', { name: 'Preparar otra versión' }).click()
      await page.locator('#form-editor[data-ready]').waitFor()
      const { y } = (await page.locator('.quality-section').nth(1).boundingBox()) as { y: number }
      await page.evaluate((top) => scrollTo(0, top), y - 130)
    },
  },
  {
    name: 'calidad-evaluar',
    user: 'supervisora',
    height: 900,
    async show(page, platform) {
      await judge(page, platform)
      const wave = page.getByRole('slider', { name: 'Posición' })
      for (let press = 0; press < 2; press++) await wave.press('ArrowRight')
      const tone = page.locator('#answer-tono')
      await tone.locator('[data-mark]').click()
      await tone.locator('[data-note]').fill('Claro; apurado al explicar los requisitos.')
      await page.locator('[data-saved][data-state=saved]').waitFor()
      await page.evaluate(() => scrollTo(0, 0))
    },
  },
  {
    name: 'calidad-agente',
    user: 'agente01',
    height: 900,
    async show(page, platform) {
      const { id } = await platform.db
        .knex('evaluations')
        .join('users', 'users.id', 'evaluations.agent_id')
        .where('users.username', 'agente01')
        .whereNot('evaluations.state', 'draft')
        .orderByRaw('case when evaluations.dispute is null then 1 else 0 end')
        .orderBy('evaluations.published_at', 'desc')
        .first('evaluations.id')
      await page.goto(`/evaluations/${id}`)
      await page.locator('main h1').waitFor()
    },
  },
  {
    name: 'calidad-tarea',
    user: 'supervisora',
    height: 1000,
    async show(page, platform) {
      await recorded(platform)
      await page.goto('/evaluations/tasks/new')
      await page.getByLabel('Nombre').fill('Dos llamadas por agente, cada mes')
      await page.getByLabel('Llamadas por agente').fill('2')
      await page.getByLabel('Que duren al menos (segundos)').fill('20')
      await page.getByLabel('Repetir cada mes').check()
      await page.getByRole('button', { name: 'Sortear y crear' }).click()
      await page.getByRole('heading', { name: 'Llamadas sorteadas', exact: true }).waitFor()
      await page.locator('.toast').waitFor({ state: 'detached' })
    },
  },
  {
    name: 'calidad-informe',
    user: 'supervisora',
    height: 1000,
    async show(page) {
      await page.goto('/reports/evaluations')
      await page.getByRole('link', { name: 'Últimos 28 días' }).click()
      await page.locator('canvas').nth(3).waitFor()
      // The seal looks at every call of the period.
      await page.getByText('Comprobando los datos').waitFor({ state: 'detached', timeout: 60_000 })
    },
  },
]
