// A grammar as files of pocketsphinx: JSGF and a pronunciation list. Words are numbered, so no outside text is in the files.
import { englishPhones } from './english-phones.ts'
import { spanishPhones, wordsOf } from './spanish-phones.ts'
import type { Grammar, Language } from './types.ts'

/** All phones of the en-us model: one after another in any order they fit whatever is said that is not in the grammar. */
const phones =
  'AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH'.split(' ')

const MAX_PHRASES = 200

export type Compiled = {
  /** The pronunciation list: `w1 S IY`. */
  dictionary: string
  /** JSGF of the phrases of the options that `keep` lets through; '' when none is left. */
  grammar(keep?: (value: string) => boolean): string
  /** JSGF of any sounds. */
  anything: string
  /** What a hypothesis (`w1 w2`) means. */
  meaning(hypothesis: string): { value: string; text: string } | undefined
}

export async function compile({ options }: Grammar, language: Language): Promise<Compiled> {
  const words = new Map<string, string>()
  const lines: string[] = []
  const phrases: { value: string; text: string; tokens: string }[] = []
  const english =
    language === 'en-US' ? await englishPhones(options.flatMap((option) => option.phrases.flatMap(wordsOf))) : undefined
  for (const { value, phrases: said } of options) {
    for (const phrase of said) {
      const tokens: string[] = []
      for (const word of wordsOf(phrase)) {
        const known = words.get(word)
        if (known) {
          tokens.push(known)
          continue
        }
        const sounds = english?.get(word) ?? spanishPhones(word)
        if (sounds.length === 0) continue
        const token = `w${words.size + 1}`
        words.set(word, token)
        tokens.push(token)
        sounds.forEach((sound, at) => {
          lines.push(`${token}${at === 0 ? '' : `(${at + 1})`} ${sound}`)
        })
      }
      if (tokens.length > 0 && phrases.length < MAX_PHRASES)
        phrases.push({ value, text: wordsOf(phrase).join(' '), tokens: tokens.join(' ') })
    }
  }
  const rule = (alternatives: string[]) =>
    `#JSGF V1.0;\ngrammar vera;\npublic <said> = ${alternatives.map((tokens) => `( ${tokens} )`).join(' | ')};\n`
  return {
    dictionary: `${[...lines, ...phones.map((phone) => `p${phone} ${phone}`)].join('\n')}\n`,
    grammar(keep = () => true) {
      const left = [...new Set(phrases.filter(({ value }) => keep(value)).map(({ tokens }) => tokens))]
      return left.length > 0 ? rule(left) : ''
    },
    anything: `#JSGF V1.0;\ngrammar vera;\npublic <said> = ( ${phones.map((phone) => `p${phone}`).join(' | ')} )+;\n`,
    meaning: (hypothesis) => phrases.find(({ tokens }) => tokens === hypothesis.trim()),
  }
}
