// What the pages of schedules say, in Spanish; english.ts has the same in English.
import type { BundleFormat } from './bundle/index.ts'
import type { groups } from './schedule-check.ts'
import type { administratorsGroup } from './schedule-platform.ts'
import type { Period, Schedule } from './schedule-store.ts'

/** Days of a pattern, the time is chosen beside them. `|habiles`: on working days only. */
export const whens = [
  { days: '* * 1-5|habiles', name: 'Los días hábiles' },
  { days: '* * *', name: 'Todos los días' },
  { days: '* * 1-5', name: 'De lunes a viernes' },
  { days: '* * 1', name: 'Los lunes' },
  { days: '1 * *', name: 'El primer día de cada mes' },
]
/** A pattern in words; one that came by the API and is none of ours stays what it is. */
export function whenText({ cron, parameters }: Schedule): string {
  const [, minute = '', hour = '', days = ''] = /^(\d{1,2}) (\d{1,2}) (.+)$/.exec(cron) ?? []
  const when = whens.find((one) => one.days === `${days}${parameters.workingDays ? '|habiles' : ''}`)
  return when ? `${when.name} a las ${Number(hour)}:${minute.padStart(2, '0')}` : cron
}
export const periodNames: Record<Period, string> = {
  yesterday: 'El día anterior',
  today: 'El mismo día',
  last_week: 'La semana anterior (lunes a domingo)',
  last_month: 'El mes anterior',
}
export const stateNames = { running: 'Enviando', retry: 'Se reintenta', sent: 'Enviado', failed: 'Falló' }
export const formatNames: Record<BundleFormat, string> = { both: 'Excel y PDF', xlsx: 'Excel', pdf: 'PDF', csv: 'CSV' }
export const groupNames: Record<(typeof groups)[number] | typeof administratorsGroup, string> = {
  'role:supervisor': 'Supervisores',
  'role:agency_administrator': 'Administradores del organismo',
  'role:back_office': 'Back-office',
  'role:administrator': 'Administración general (solo para «Organismos»)',
}
export const kindNames = { due: 'Programado', now: 'A mano', sample: 'Muestra' }
