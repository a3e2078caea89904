import { readFile } from 'node:fs/promises'
import { readWav } from '../prompts/index.ts'

/** Mean amplitude of 20 ms under which nobody speaks. */
const VOICE_LEVEL = 150

/** Whether anybody speaks in a WAV: without a voice no recogniser is asked. @throws Error in one line when it is no WAV */
export async function hasVoice(path: string): Promise<boolean> {
  const { rate, samples } = readWav(await readFile(path))
  return loudest(samples, Math.round(rate / 50)) >= VOICE_LEVEL
}

function loudest(samples: Int16Array, frame: number): number {
  let most = 0
  for (let at = 0; at + frame <= samples.length; at += frame) {
    let sum = 0
    for (let i = at; i < at + frame; i++) sum += Math.abs(samples[i] as number)
    most = Math.max(most, sum / frame)
  }
  return most
}
