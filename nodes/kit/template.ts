/**
 * Fills `{{msg.citizen.name}}` (or `{{citizen.name}}`) with plain data of the message. Only own properties are followed and
 * only strings, numbers and booleans come out, without control characters and cut at 200: what a citizen or a CRM wrote is
 * read aloud or stored as it is and can never become a template, a path or an order.
 */
export function fill(template: string, message: Readonly<Record<string, unknown>>): string {
  return template.replace(/\{\{\s*([a-zA-Z0-9_.]{1,120})\s*\}\}/g, (_, path: string) => textAt(message, path))
}

/** The text at `citizen.name` or `msg.citizen.name`; '' when there is none. */
export function textAt(message: Readonly<Record<string, unknown>>, path: string): string {
  let value: unknown = message
  for (const name of path.replace(/^msg\./, '').split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return ''
    value = (value as Record<string, unknown>)[name]
  }
  if (!['string', 'number', 'boolean'].includes(typeof value)) return ''
  return String(value)
    .replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .trim()
    .slice(0, 200)
}
