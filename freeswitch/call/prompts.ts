import { filePath, SwitchError, toneStream } from '../esl/index.ts'
import type { Prompt } from './types.ts'

/** Prompts as one thing that the switch plays from first to last; '' for none. Throws `switch.unsafe`. */
export function promptList(prompts: readonly Prompt[]): string {
  const streams = prompts.map(stream)
  if (streams.length === 0) return ''
  return streams.length === 1 ? (streams[0] as string) : `file_string://${streams.join('!')}`
}

function stream(prompt: Prompt): string {
  if ('file' in prompt) return filePath(prompt.file)
  if ('tone' in prompt) return toneStream(prompt.tone)
  if (!Number.isFinite(prompt.silenceMs) || prompt.silenceMs < 0) {
    throw new SwitchError('switch.unsafe', 'silence: a time in ms')
  }
  return `silence_stream://${Math.max(1, Math.round(prompt.silenceMs))}`
}
