export type Language = 'es' | 'en-US'

/** What the caller may say: each option by any of its phrases (plain words, any case and accents). */
export type Grammar = { options: readonly { value: string; phrases: readonly string[] }[] }

/**
 * What was understood. `silent`: nobody spoke. `value` is one of the grammar's; absent: nothing that fits. `confidence` from 0 to 1. `failed`: the
 * recogniser could not do its work (one line for the log); then `value` is absent, `text` is '' and `confidence` is 0.
 */
export type Heard = { value?: string; text: string; confidence: number; silent?: true; failed?: string }

export type Recogniser = {
  /** How it is called in the log: never with an address's password. */
  readonly name: string
  /** Whether there is any sense in asking somebody to speak. Cheap: asked before each question. */
  available(): Promise<boolean>
  /** Understands one utterance (WAV of 16-bit PCM, any rate; an absolute path). Never rejects. */
  recognise(wav: string, about: { language: Language; grammar: Grammar }): Promise<Heard>
}

export const failure = (why: string): Heard => ({
  text: '',
  confidence: 0,
  failed: why.replace(/\s+/g, ' ').slice(0, 200),
})
