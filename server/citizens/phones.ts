import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js/max'

/** `number`: E.164. `matchKey`: national digits without the mobile 9 (other countries: with their code), to compare by. */
export type Phone = { number: string; matchKey: string }

const country: CountryCode = 'AR'
const parse = (text: string) => parsePhoneNumberFromString(text, { defaultCountry: country, extract: false })
/** Argentine numbers have ten digits, area code included; a mobile may come with a 9 in front. */
const nationalDigits = /^9?([1-9]\d{9})$/

/**
 * Reads a number in any notation: `0342 15-456-7890`, `+54 9 342 456-7890`, `15 456 7890` (with the agency's area code).
 * A mobile typed without its 15 or 9 reads as a land line, so people are found by `matchKey` and never by `number`.
 * Undefined when it cannot be anybody's number (`107`, an extension, a word).
 */
export function readPhone(text: string, areaCode = ''): Phone | undefined {
  if (text.length > 60 || /\p{L}/u.test(text)) return undefined
  const parsed = parse(text)
  if (parsed?.isValid()) return phoneOf(parsed.number, parsed.countryCallingCode, parsed.nationalNumber)
  const local = inArea(text, areaCode)
  if (local) return local
  if (!parsed?.isPossible()) return undefined
  if (parsed.countryCallingCode === '54' && !nationalDigits.test(parsed.nationalNumber)) return undefined
  return phoneOf(parsed.number, parsed.countryCallingCode, parsed.nationalNumber)
}

function inArea(text: string, areaCode: string): Phone | undefined {
  if (!/^[1-9]\d{1,3}$/.test(areaCode) || text.trim().startsWith('+')) return undefined
  const digits = text.replace(/\D/g, '')
  const length = 10 - areaCode.length
  if (digits.length !== length && !(digits.length === length + 2 && digits.startsWith('15'))) return undefined
  const parsed = parse(`0${areaCode}${digits}`)
  if (parsed?.isValid()) return phoneOf(parsed.number, '54', parsed.nationalNumber)
  const mobile = digits.length > length
  const national = `${mobile ? '9' : ''}${areaCode}${digits.slice(-length)}`
  return phoneOf(`+54${national}`, '54', national)
}

function phoneOf(number: string, callingCode: string, national: string): Phone {
  const matchKey = callingCode === '54' ? national.replace(nationalDigits, '$1') : callingCode + national
  return { number, matchKey }
}

/** As people write it: `0342 15-456-7890`; what cannot be read stays as it is. */
export function phoneText(number: string): string {
  return parse(number)?.formatNational() || number
}
