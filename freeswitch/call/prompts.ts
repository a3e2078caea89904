import { filePath, SwitchError, toneStream } from '../esl/index.ts'
import { type Leg, whileAlive } from './leg.ts'
import type { Prompt } from './types.ts'

/** Prompts as one thing that the switch plays from first to last; '' for none. Throws `switch.unsafe`. */
export function promptList(prompts: readonly Prompt[]): string {
  const streams = prompts.map(stream)
  if (streams.length === 0) return ''
  return streams.length === 1 ? (streams[0] as string) : `file_string://${streams.join('!')}`
}

/**
 * Whether the switch sees each file of a list. It would skip a missing one without a word; of a single prompt it says so
 * itself, so nothing is asked for that.
 */
export async function allThere(leg: Leg, prompts: readonly Prompt[]): Promise<boolean> {
  if (prompts.length < 2) return true
  const paths = new Set(prompts.flatMap((prompt) => ('file' in prompt ? [filePath(prompt.file)] : [])))
  const found = await Promise.all(
    [...paths].map((path) => whileAlive(leg, () => leg.session.api(`file_exists ${path}`))),
  )
  return found.every((answer) => answer === 'true')
}

function stream(prompt: Prompt): string {
  if ('file' in prompt) return filePath(prompt.file)
  if ('tone' in prompt) return toneStream(prompt.tone)
  if (!Number.isFinite(prompt.silenceMs) || prompt.silenceMs < 0) {
    throw new SwitchError('switch.unsafe', 'silence: a time in ms')
  }
  return `silence_stream://${Math.max(1, Math.round(prompt.silenceMs))}`
}
