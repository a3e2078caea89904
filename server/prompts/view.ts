import type { NamedPrompt, PromptVersion } from './library.ts'
import type { PromptUse } from './used.ts'

/** What the list shows. */
export function listView(prompts: NamedPrompt[], uses: PromptUse[]) {
  return {
    prompts: prompts.map((prompt) => ({
      ...prompt,
      uses: new Set(
        uses.filter(({ name }) => name === prompt.name).map(({ kind, where, at }) => `${kind} ${where} ${at}`),
      ).size,
    })),
  }
}

/** What the page of one prompt shows. */
export function detailView(prompt: NamedPrompt, versions: PromptVersion[], uses: PromptUse[]) {
  const seen = new Set<string>()
  return {
    prompt,
    current: versions[0] && withWave(versions[0]),
    versions: versions.map(withWave),
    uses: uses.filter(({ name, kind, where, at }) => {
      const key = `${kind} ${where} ${at}`
      return name === prompt.name && !seen.has(key) && seen.add(key)
    }),
  }
}

function withWave(version: PromptVersion) {
  return { ...version, wave: version.sound && waveOf(version.sound.shape) }
}

/** The path of a small picture of the voice, 160 by 32. */
export function waveOf(shape: number[]): string {
  const step = 160 / Math.max(1, shape.length)
  return shape
    .map((peak, at) => {
      const half = Math.max(0.5, (Math.min(100, Math.max(0, Number(peak))) / 100) * 15)
      return `M${((at + 0.5) * step).toFixed(1)} ${(16 - half).toFixed(1)}V${(16 + half).toFixed(1)}`
    })
    .join('')
}
