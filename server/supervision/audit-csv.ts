import type { LogRow } from './log.ts'

/** A cell that no spreadsheet takes for a formula. */
function cell(value: string | number | null | undefined): string {
  const text = value === null || value === undefined ? '' : String(value)
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[";\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** For Excel in Spanish: UTF-8 with mark, `;` between. Instants in the agency's time, lengths in seconds. */
export function auditCsv(rows: LogRow[], timeZone: string): string {
  const clock = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
  const lines = rows.map(({ at, lastedMs, user, action, agent, queue, interactionId, detail }) =>
    [
      clock.format(at),
      user,
      action,
      agent,
      queue,
      lastedMs === null ? '' : Math.round(lastedMs / 1000),
      interactionId,
      Object.entries(detail)
        .map(([name, value]) => `${name}=${value}`)
        .join(' '),
    ]
      .map(cell)
      .join(';'),
  )
  return `\uFEFFfecha;supervisor;accion;agente;cola;segundos;interaccion;detalle\r\n${lines.map((line) => `${line}\r\n`).join('')}`
}
