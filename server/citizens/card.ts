// From what was typed to what is stored: every fault is told at once, each beside its field.
import { AppError } from '../http/index.ts'
import { readCuit, readDni } from './identity.ts'
import { type Phone, readPhone } from './phones.ts'
import type { CitizenValues } from './types.ts'

/** Columns of `citizens` that people write; only those that were given. */
export type CardRow = {
  name?: string
  dni?: string | null
  cuit?: string | null
  birth_date?: string | null
  email?: string | null
  address?: string | null
  locality?: string | null
  notes?: string | null
}

const lengths = { name: 160, email: 200, address: 200, locality: 120, notes: 5_000 } as const
const tidy = (text: string) =>
  text
    .toWellFormed()
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '')
    .trim()

/** @throws AppError `citizen.invalid` naming every wrong field */
export function readCard(
  values: Partial<CitizenValues>,
  options: { areaCode: string; now: number },
): { row: CardRow; phones: Phone[] | undefined } {
  const faults: Record<string, string> = {}
  const row: CardRow = {}
  const document = (name: 'dni' | 'cuit', read: (text: string) => string | undefined) => {
    const text = values[name]
    if (text === undefined) return
    row[name] = text.trim() === '' ? null : (read(text) ?? null)
    if (text.trim() !== '' && row[name] === null) faults[name] = `citizen.${name}_invalid`
  }
  for (const name of ['name', 'email', 'address', 'locality', 'notes'] as const) {
    const text = values[name]
    if (text === undefined) continue
    const tidied = name === 'notes' ? tidy(text) : tidy(text).replace(/\s+/g, ' ')
    if ([...tidied].length > lengths[name]) faults[name] = 'citizen.too_long'
    if (name === 'name') {
      row.name = tidied
      if (!/\p{L}/u.test(tidied)) faults.name = 'citizen.name_missing'
    } else row[name] = tidied === '' ? null : tidied
  }
  document('dni', readDni)
  document('cuit', readCuit)
  if (row.email && !/^[^\s@<>"]+@[^\s@<>"]+\.[^\s@<>".]+$/.test(row.email)) faults.email = 'citizen.email_invalid'
  if (values.birthDate !== undefined) {
    row.birth_date = values.birthDate.trim() === '' ? null : values.birthDate.trim()
    if (row.birth_date && !isBirthDate(row.birth_date, options.now)) faults.birthDate = 'citizen.birth_date_invalid'
  }
  const phones = values.phones && readPhones(values.phones, options.areaCode)
  if (phones === 'wrong') faults.phones = 'citizen.phone_invalid'
  if (Object.keys(faults).length > 0) throw new AppError('citizen.invalid', 400, {}, faults)
  return { row, phones: phones === 'wrong' ? undefined : phones }
}

/** One of each number; `wrong` when one of them cannot be read or there are more than ten. */
function readPhones(texts: string[], areaCode: string): Phone[] | 'wrong' {
  const found = new Map<string, Phone>()
  for (const text of texts.map((one) => one.trim()).filter(Boolean)) {
    const phone = readPhone(text, areaCode)
    if (!phone) return 'wrong'
    // The mobile notation says more than the one without its 9.
    const known = found.get(phone.matchKey)
    if (!known || known.number.length < phone.number.length) found.set(phone.matchKey, phone)
  }
  return found.size > 10 ? 'wrong' : [...found.values()]
}

function isBirthDate(text: string, now: number): boolean {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  return new Date(at || 0).toISOString().startsWith(text) && at > Date.UTC(1890, 0, 1) && at <= now
}
