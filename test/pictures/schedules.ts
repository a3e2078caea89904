// The page of schedules with some on it, what they mail, and a roster from a file.
import type { Page } from 'playwright-core'
import { makeBundle } from '../../reports/bundle/index.ts'
import { letterHtml } from '../../reports/deliver.ts'
import { localDay } from '../../reports/index.ts'
import { createSimulations, type Question } from '../../reports/staffing/simulations/index.ts'
import { scopeOf } from '../../server/database/index.ts'
import type { Platform } from '../../server/platform.ts'

const timeZone = 'America/Argentina/Buenos_Aires'

export async function schedules(page: Page, { db }: Platform): Promise<void> {
  await page.goto('/reports/schedules')
  const plans = [
    {
      name: 'El día, a la mañana',
      report: 'day',
      period: 'yesterday',
      days: '* * 1-5|habiles',
      time: '07:00',
      format: 'pdf',
    },
    { name: 'Semana por cola', report: 'queues', period: 'last_week', days: '* * 1', time: '08:30', format: 'both' },
  ]
  for (const plan of plans)
    await page.request.post('/api/reports/schedules', {
      data: { ...plan, interval: '1h', groups: ['role:supervisor'], recipients: 'intendencia@ejemplo.gob.ar' },
      headers: { origin: new URL(page.url()).origin },
    })
  const { id, agency_id } = await db.knex('schedules').where({ name: 'Semana por cola' }).first()
  const at = Date.now() - 6 * 86_400_000
  const [run_id] = (await db.knex('schedule_runs').insert({
    ...{ agency_id, schedule_id: id, due_at: at, started_at: at, sending_at: at, ended_at: at, state: 'sent' },
    receipt: '250 2.0.0 Ok: queued as 4C1',
  })) as [number]
  await db.knex('schedule_bounces').insert({
    ...{ agency_id, run_id, recipient: 'intendencia@ejemplo.gob.ar', state: 'failed', status: '5.2.2' },
    ...{ diagnostic: '552 5.2.2 Mailbox full', noticed_at: at + 600_000, told_at: at + 600_000 },
  })
  await page.reload()
  await page.locator('main .report-schedules').waitFor()
}

export async function reportMail(page: Page, { db }: Platform): Promise<void> {
  const now = Date.now()
  const weekday = (new Date(`${localDay(now, timeZone)}T00:00Z`).getUTCDay() + 6) % 7
  const query = {
    interval: '1h',
    from: localDay(now, timeZone, -weekday - 7),
    to: localDay(now, timeZone, -weekday - 1),
  }
  const bundle = await makeBundle(db, scopeOf(1), { report: 'queues', query, format: 'xlsx', now })
  const html = letterHtml({
    ...bundle,
    ...{ name: 'Semana por cola', owner: 'Celeste Aguirre', screen: 'https://vera.ejemplo.gob.ar/reports/queues' },
    late: 'Este envío sale con demora: estaba programado para el 30/11/2026 08:30.',
    files: { names: bundle.files.map(({ name }) => name).join(', ') },
  })
  const picture = (id: string) => bundle.pictures.find((one) => one.id === id)!.bytes
  await page.setContent(
    html.replace(
      /cid:([^@"]+)@vera/g,
      (_, id) => `data:image/png;base64,${Buffer.from(picture(id)).toString('base64')}`,
    ),
  )
}

/** A finished simulation, whatever is expected at the hour of the pictures. */
export async function simulated({ db }: Platform): Promise<void> {
  const scope = scopeOf(1)
  const queues = await db.knex('queues').where({ agency_id: 1 }).whereNotNull('skill_id').orderBy('name').limit(4)
  const agents = Array.from({ length: 12 }, (_, at) => ({
    id: at + 1,
    skills: Object.fromEntries(
      queues.flatMap(({ skill_id }, index) => (index === at % queues.length || at % 3 === 0 ? [[skill_id, 3]] : [])),
    ),
  }))
  const question: Question = {
    agents,
    queues: queues.map((queue, at) => ({
      name: queue.name,
      settings: { id: queue.id, skillId: queue.skill_id, levels: [], priority: 5, targetSeconds: queue.target_seconds },
      ...{ callsPerHour: 22 + 9 * at, ahtSeconds: 240, patienceSeconds: 265 },
    })),
  }
  const user = await db.knex('users').where({ username: 'supervisora' }).first('id')
  const server = 'pictures'
  const simulations = createSimulations({ db, server, now: Date.now, log: console.error, ask: async () => question })
  await simulations.ask(scope, user.id)
  await simulations.idle()
}

export async function rosterFile(page: Page): Promise<void> {
  const rows = [
    'Agente;Lunes 30/11;Martes;Miércoles;Jueves;Viernes;Sábado',
    'Abril Quinteros;08:00-14:00;08:00-14:00;8 a 14;8 a 14;8 a 14;franco',
    'Benicio Leiva;8 a 12 / 16 a 20;8 a 14;licencia;8 a 14;8 a 14;9 a 13',
    'Total;2;2;1;2;2;1',
  ]
  await page.goto('/reports/staffing/roster')
  const file = { name: 'semana del 30-11.csv', mimeType: 'text/csv', buffer: Buffer.from(rows.join('\n')) }
  await page.setInputFiles('#roster-file', file)
  await page.locator('[data-workbook-form] [type=submit]').click()
  await page.waitForURL(/staffing\/uploads\//)
}
