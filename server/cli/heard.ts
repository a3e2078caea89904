import { basename, join } from 'node:path'
import type { Config } from '../config.ts'
import { spokenText } from '../prompts/index.ts'

/** What a caller heard: the sound as the switch names it, and in words. */
export type Heard = { sound: string; text: string }

/** The sounds of a call in words, in order; silence is left out. */
export async function inWords(sounds: string[], config: Pick<Config, 'home'>): Promise<Heard[]> {
  const parts = sounds.flatMap((sound) => sound.replace(/^file_string:\/\//, '').split('!'))
  const audible = parts.filter((sound) => sound !== '' && !sound.startsWith('silence_stream:'))
  return Promise.all(audible.map(async (sound) => ({ sound, text: await wordsOf(sound, config.home) })))
}

async function wordsOf(sound: string, home: string): Promise<string> {
  if (sound.startsWith('local_stream:')) return '(música)'
  if (sound.startsWith('tone_stream:')) return '(tono)'
  return (await spokenText(join(home, 'prompts'), sound)) ?? `(${basename(sound)})`
}
