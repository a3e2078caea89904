// What makes a citizen the same citizen: documents and a name to search by.

/** Digits of a DNI (`30.123.456` -> `30123456`); undefined when it is not 7 or 8 digits. */
export function readDni(text: string): string | undefined {
  const digits = text.replace(/[\s.-]/g, '')
  return /^[1-9]\d{6,7}$/.test(digits) ? digits : undefined
}

const weights = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]

/** The last digit of a CUIT from its first ten (modulo 11, AFIP); undefined for those that nobody can have. */
export function cuitCheckDigit(ten: string): number | undefined {
  const rest = weights.reduce((sum, weight, place) => sum + weight * Number(ten[place]), 0) % 11
  const check = rest === 0 ? 0 : 11 - rest
  return check === 10 ? undefined : check
}

/** The eleven digits of a CUIT or CUIL (`20-12345678-6`); undefined when malformed or its check digit is wrong. */
export function readCuit(text: string): string | undefined {
  const digits = text.replace(/[\s.-]/g, '')
  return /^\d{11}$/.test(digits) && cuitCheckDigit(digits) === Number(digits[10]) ? digits : undefined
}

/** Lower case without accents (`Ñandú` -> `nandu`): SQLite's LIKE folds ASCII only. */
export const plain = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()

/** The column `search`: everything a person is looked for by but phones; fits its 400 characters. */
export function searchText(card: {
  name: string
  dni?: string | undefined
  cuit?: string | undefined
  email?: string | undefined
  locality?: string | undefined
}): string {
  const text = plain(
    [card.name, card.dni, card.cuit, card.locality, card.email].filter(Boolean).join(' ').toWellFormed(),
  )
  return [...text.replace(/\s+/g, ' ').trim()].slice(0, 400).join('')
}

/** What is asked in the search box, split into what each part can match. */
export type Wanted = { words: string[]; digits: string }

/** Words for the column `search` (at most 6) and, when there are only digits and signs, the digits. */
export function readSearch(text: string): Wanted {
  const cleaned = plain(text.toWellFormed()).trim().slice(0, 100)
  const digits = /^[\d\s().+-]+$/.test(cleaned) ? cleaned.replace(/\D/g, '') : ''
  const words = cleaned
    .split(/[\s,;]+/)
    .filter(Boolean)
    .slice(0, 6)
  return { words, digits }
}
