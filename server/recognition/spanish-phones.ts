// Spanish as the phones of American English (ARPAbet), so that the en-us acoustic model that Debian ships can hear it. After the
// spelling rules of the Real Academia (Ortografía, 2010): Spanish is read as it is written. Seseo and yeísmo, as in America.

const numerals = (
  'cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete ' +
  'dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete ' +
  'veintiocho veintinueve'
).split(' ')
const tens = ['', '', '', 'treinta', 'cuarenta', 'cincuenta', 'sesenta', 'setenta', 'ochenta', 'noventa']

/** A number up to 99 as words; a longer one digit by digit. */
function numberWords(digits: string): string[] {
  const number = Number(digits)
  if (digits.length > 2) return [...digits].map((digit) => numerals[Number(digit)] as string)
  if (number < 30) return [numerals[number] as string]
  const ten = tens[Math.floor(number / 10)] as string
  return number % 10 === 0 ? [ten] : [ten, 'y', numerals[number % 10] as string]
}

/** The words of a phrase, in small letters: 12 at most. What is no letter separates them. */
export function wordsOf(phrase: string): string[] {
  return phrase
    .normalize('NFC')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .flatMap((word) => (/^\d+$/.test(word) ? numberWords(word.slice(0, 12)) : [word.replace(/[^\p{L}]/gu, '')]))
    .filter((word) => word !== '')
    .slice(0, 12)
}

/**
 * Three ways to say a word. Vowels tense and lax: the model's speakers have both, and a Spanish vowel lies between; the tap
 * of «claro» is English d or r; ll of the River Plate and of others; the d at a word's end may be silent.
 */
const tense = { a: 'AA', e: 'EY', i: 'IY', o: 'OW', u: 'UW', ll: 'Y', tap: 'D', d: 'DH' }
const lax = { a: 'AH', e: 'EH', i: 'IH', o: 'AO', u: 'UH', ll: 'SH', tap: 'R', d: '' }
const middle = { a: 'AA', e: 'EH', i: 'IY', o: 'AO', u: 'UW', ll: 'JH', tap: 'R', d: 'D' }
type Manner = typeof tense

/** The first that fits at a place is taken. */
const rules: [RegExp, (v: Manner) => string][] = [
  [/^h?ie/y, (v) => `Y ${v.e}`],
  [/^h?ue/y, (v) => `W ${v.e}`],
  [/^h?ua/y, (v) => `W ${v.a}`],
  [/^ps/y, () => 'S'],
  [/^x/y, () => 'S'],
  [/h/y, () => ''],
  [/ch/y, () => 'CH'],
  [/ll/y, (v) => v.ll],
  [/rr/y, () => 'R'],
  [/(?<=[aeiouáéíóú])r(?=[aeiouáéíóú])/y, (v) => v.tap],
  [/r/y, () => 'R'],
  [/qu(?=[eiéí])/y, () => 'K'],
  [/gu(?=[eiéí])/y, () => 'G'],
  [/gü/y, () => 'G W'],
  [/g(?=[eiéí])|j/y, () => 'HH'],
  [/cc(?=[eiéí])/y, () => 'K S'],
  [/sc(?=[eiéí])|c(?=[eiéí])|ç|z|ss|s/y, () => 'S'],
  [/c|k|q/y, () => 'K'],
  [/x/y, () => 'K S'],
  [/ñ/y, () => 'N Y'],
  [/[bv]/y, () => 'B'],
  [/(?<=[aeiouáéíóú])d(?=[aeiouáéíóú])/y, () => 'DH'],
  [/(?<=[aeiouáéíóú])d$/y, (v) => v.d],
  [/d/y, () => 'D'],
  [/g/y, () => 'G'],
  [/f|ph/y, () => 'F'],
  [/w/y, () => 'W'],
  [/[aá][iy](?![aeiouáéíóú])/y, () => 'AY'],
  [/[eé][iy](?![aeiouáéíóú])/y, () => 'EY'],
  [/[oó][iy](?![aeiouáéíóú])/y, () => 'OY'],
  [/[aá]u/y, () => 'AW'],
  [/[eé]u/y, (v) => `${v.e} ${v.u}`],
  [/i(?=[aeouáéóú])/y, () => 'Y'],
  [/[uü](?=[aeioáéíó])/y, () => 'W'],
  [/y(?=[aeiouáéíóú])/y, (v) => v.ll],
  [/[aáàâäã]/y, (v) => v.a],
  [/[eéèêë]/y, (v) => v.e],
  [/[iíìîïy]/y, (v) => v.i],
  [/[oóòôöõ]/y, (v) => v.o],
  [/[uúùûü]/y, (v) => v.u],
]
const plain: Record<string, string> = { l: 'L', m: 'M', n: 'N', p: 'P', t: 'T' }

function read(word: string, manner: Manner): string {
  const phones: string[] = []
  for (let at = 0; at < word.length; ) {
    const letter = word[at] as string
    let length = 1
    let sound = plain[letter] ?? ''
    for (const [rule, say] of rules) {
      rule.lastIndex = at
      const found = rule.exec(word)
      if (!found) continue
      length = found[0].length
      sound = say(manner)
      break
    }
    if (sound) phones.push(sound)
    at += length
  }
  return phones.join(' ')
}

/** How a word may sound, without repeats; none when no letter of it has a sound. */
export function spanishPhones(word: string): string[] {
  const readings = [middle, tense, lax].map((manner) => read(word, manner))
  return [...new Set(readings)].filter((reading) => reading !== '')
}
