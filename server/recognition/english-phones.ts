import { readFile } from 'node:fs/promises'
import { MODEL_FOLDER } from './model.ts'

let dictionary: Promise<string> | undefined

/** English words as the model's own list has them; a word that it lacks is not in the answer. */
export async function englishPhones(words: readonly string[]): Promise<Map<string, string[]>> {
  dictionary ??= readFile(`${MODEL_FOLDER}/cmudict-en-us.dict`, 'utf8').then((text) => `\n${text}`)
  const text = await dictionary.catch(() => '')
  const found = new Map<string, string[]>()
  for (const word of new Set(words)) {
    if (!/^[a-z]{1,40}$/.test(word)) continue
    const sounds = [...text.matchAll(new RegExp(`\\n${word}(?:\\(\\d\\))? ([A-Z ]+)`, 'g'))].map(
      ([, one]) => one as string,
    )
    if (sounds.length > 0) found.set(word, sounds)
  }
  return found
}
