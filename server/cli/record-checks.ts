// The doctor's look at the switch's call records: the folder they come through, and how they agree with the facts.
import { constants, existsSync } from 'node:fs'
import { access } from 'node:fs/promises'
import { brokenFiles, reconcile, waitingState } from '../call-records/index.ts'
import type { Config } from '../config.ts'
import { type Database, openDatabase, scopeOf } from '../database/index.ts'
import { dayStart } from '../interactions/index.ts'
import type { Finding } from './finding.ts'

/** A file is imported within seconds of its call. */
const OLD_MS = 300_000

export async function recordFiles(config: Config, now: number): Promise<Finding[]> {
  const { cdrDir } = config
  try {
    await access(cdrDir, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      return [
        {
          state: 'warning',
          text: `Registros: todavía no existe ${cdrDir}; el conmutador lo crea con su primera llamada`,
        },
      ]
    return [
      { state: 'bad', text: `Registros: no se puede leer y escribir ${cdrDir}; revisá a quién pertenece (CDR_DIR)` },
    ]
  }
  const [{ waiting, oldestAt }, broken] = await Promise.all([waitingState(cdrDir), brokenFiles(cdrDir)])
  const found: Finding[] = []
  const age = oldestAt === undefined ? 0 : now - oldestAt
  if (waiting === 0) found.push({ state: 'good', text: `Registros: ninguno espera en ${cdrDir}` })
  else if (age < OLD_MS) found.push({ state: 'good', text: `Registros: ${waiting} en espera` })
  else
    found.push({
      state: 'warning',
      text: `Registros: ${waiting} en espera, el más viejo hace ${Math.round(age / 60_000)} min; ¿está Vera en marcha y la base encendida?`,
    })
  if (broken.length > 0) {
    const names = broken.slice(0, 3).map(({ name, reason }) => `${name} (${reason})`)
    const text = `Registros: ${broken.length} apartados sin poder leerse: ${names.join(', ')}; se ven en /admin/call-records`
    found.push({ state: 'warning', text })
  }
  return found
}

/** Yesterday and today of each agency, by its own clock. Nothing where the tables are not there yet. */
export async function reconciliation(config: Config, now: number): Promise<Finding[]> {
  // A file of SQLite is made by opening it; the check of the database has said already that there is none.
  const path = config.databaseUrl.startsWith('sqlite:') ? config.databaseUrl.slice('sqlite:'.length) : undefined
  if (path !== undefined && !existsSync(path)) return []
  const db = openDatabase(config.databaseUrl)
  try {
    if (!(await db.knex.schema.hasTable('call_records').catch(() => false))) return []
    const agencies = await db.knex('agencies').where({ active: true }).orderBy('id').select('id', 'name', 'time_zone')
    const found: Finding[] = []
    for (const agency of agencies) {
      const zone = String(agency.time_zone ?? config.timeZone)
      const today = new Intl.DateTimeFormat('en-CA', { timeZone: zone }).format(now)
      for (const [name, back] of [
        ['ayer', -1],
        ['hoy', 0],
      ] as const) {
        const range = { from: dayStart(today, zone, back), to: dayStart(today, zone, back + 1) }
        const finding = await dayOf(db, agency.id, range, now)
        if (finding) found.push({ ...finding, text: `Conciliación de ${name} (${agency.name}): ${finding.text}` })
      }
    }
    return found
  } finally {
    await db.close()
  }
}

async function dayOf(
  db: Database,
  agencyId: number,
  range: { from: number; to: number },
  now: number,
): Promise<Finding | undefined> {
  const day = await reconcile(db.knex, scopeOf(agencyId), range, now)
  if (day.records + day.facts + day.recordings.expected === 0) return undefined
  const { recordings } = day
  const kept = `grabaciones ${recordings.present} de ${recordings.expected}`
  if (!day.compared)
    return { state: 'good', text: `${day.facts} llamadas en Vera, sin registros del conmutador; ${kept}` }
  const apart = day.onlyRecords + day.onlyFacts - day.pending
  const extra = [
    apart > 0 ? `${apart} solo de un lado` : '',
    day.pending > 0 ? `${day.pending} en curso` : '',
    day.filled > 0 ? `${day.filled} completadas con los registros` : '',
    day.refused > 0 ? `${day.refused} rechazadas por el conmutador` : '',
    recordings.missing > 0 ? `faltan ${recordings.missing} grabaciones` : '',
  ].filter(Boolean)
  const text = [`${day.records} en el conmutador, ${day.facts} en Vera, ${day.both} en ambos`, ...extra, kept].join(
    '; ',
  )
  return { state: apart > 0 || recordings.missing > 0 ? 'warning' : 'good', text }
}
