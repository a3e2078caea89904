// What a caller may key in, and how it is read back.
import type { Language } from '../../../server/flows/types.ts'

export type Rule = 'digits' | 'dni' | 'cuit' | 'date' | 'amount'

/** How many keys a rule takes. `*` is the decimal comma of an amount. */
export function lengths(rule: Rule, min: number, max: number): { min: number; max: number } {
  switch (rule) {
    case 'dni':
      return { min: 7, max: 8 }
    case 'cuit':
      return { min: 11, max: 11 }
    case 'date':
      return { min: 8, max: 8 }
    case 'amount':
      return { min: 1, max: 12 }
    default:
      return { min: Math.min(min, max), max: Math.max(min, max) }
  }
}

/**
 * The value of the keys pressed; undefined when they are none. DNI, CUIT and digits stay digits, a date (day, month, year:
 * `25121980`) becomes `1980-12-25`, an amount (`1500*50`) `1500.50`.
 */
export function valueFrom(rule: Rule, keys: string): string | undefined {
  switch (rule) {
    case 'digits':
      return /^[0-9]+$/.test(keys) ? keys : undefined
    case 'dni':
      return /^[1-9][0-9]{6,7}$/.test(keys) ? keys : undefined
    case 'cuit':
      return isCuit(keys) ? keys : undefined
    case 'date':
      return dateOf(keys)
    case 'amount': {
      const [, whole, , cents] = /^([0-9]{1,9})(\*([0-9]{0,2}))?$/.exec(keys) ?? []
      return whole === undefined ? undefined : `${Number(whole)}.${(cents ?? '').padEnd(2, '0')}`
    }
  }
}

/** CUIT and CUIL: the last digit is 11 minus the weighted sum modulo 11 (AFIP, RG 10/97); a remainder of 10 is never given. */
export function isCuit(digits: string): boolean {
  if (!/^(20|23|24|25|26|27|30|33|34)[0-9]{9}$/.test(digits)) return false
  const weights = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]
  const sum = weights.reduce((total, weight, at) => total + weight * Number(digits[at]), 0)
  const check = (11 - (sum % 11)) % 11
  return check !== 10 && check === Number(digits[10])
}

function dateOf(keys: string): string | undefined {
  const [, day, month, year] = /^([0-9]{2})([0-9]{2})([0-9]{4})$/.exec(keys) ?? []
  if (!day || Number(year) < 1900 || Number(year) > 2100) return undefined
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)))
  const real = date.getUTCDate() === Number(day) && date.getUTCMonth() === Number(month) - 1
  return real ? `${year}-${month}-${day}` : undefined
}

/** The value as it is read back: documents digit by digit, dates and amounts in words. */
export function spoken(rule: Rule, value: string, language: Language): string {
  if (rule === 'date') {
    return new Intl.DateTimeFormat(language === 'es' ? 'es-AR' : 'en-US', {
      dateStyle: 'long',
      timeZone: 'UTC',
    }).format(new Date(`${value}T00:00:00Z`))
  }
  if (rule === 'amount') {
    const [pesos, cents] = value.split('.')
    const and = language === 'es' ? ['pesos', 'con', 'centavos'] : ['pesos', 'and', 'cents']
    return cents === '00' ? `${pesos} ${and[0]}` : `${pesos} ${and[0]} ${and[1]} ${Number(cents)} ${and[2]}`
  }
  return [...value].join(', ')
}
