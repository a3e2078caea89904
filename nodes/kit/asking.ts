// Asking the caller for keys and trying again: shared by menu, data and survey.
import type { GatherOptions } from '../../freeswitch/call/types.ts'
import type { Speech } from './definition.ts'
import { PromptMissing, type Step } from './step.ts'

type Question = {
  say: (Speech | string)[]
  /** Said before asking again. */
  noInput: Speech
  noMatch: Speech
  /** Times to ask again. */
  retries: number
  keys: Pick<GatherOptions, 'min' | 'max' | 'timeoutMs' | 'betweenMs' | 'terminators' | 'bargeIn'>
  /** Undefined: not an answer, ask again. */
  accept(digits: string): Promise<string | undefined> | string | undefined
}
export type Answer = { ended: 'ok'; digits: string } | { ended: 'no_input' | 'no_match' | 'gone' }

/** Asks until there is an answer or no retry is left; the last failure says how it ended. */
export async function ask(step: Step<unknown>, question: Question): Promise<Answer> {
  const asked = await step.prompts(...question.say)
  let failed: 'no_input' | 'no_match' = 'no_input'
  for (let round = 0; round <= question.retries; round++) {
    const sorry = round === 0 ? [] : await step.prompts(failed === 'no_input' ? question.noInput : question.noMatch)
    const { ended, digits, terminator } = await step.live.gather({ ...question.keys, prompts: [...sorry, ...asked] })
    if (ended === 'hangup') return { ended: 'gone' }
    if (ended === 'missing') throw new PromptMissing('a question')
    if (ended === 'timeout' || digits === '') {
      failed = 'no_input'
      step.note('sin respuesta', 'sin respuesta')
      continue
    }
    const answer = await question.accept(digits)
    if (answer !== undefined) {
      if (!terminator && digits.length === question.keys.max) await swallowEnd(step, question.keys.terminators)
      return { ended: 'ok', digits: answer }
    }
    failed = 'no_match'
    step.note(`no válido: ${shown(digits)}`, 'no válido')
  }
  return { ended: failed }
}

/** Whoever was told to end with `#` presses it behind the last digit too: it must not answer the next question. */
async function swallowEnd(step: Step<unknown>, terminators: string): Promise<void> {
  if (terminators === '') return
  await step.live.gather({ prompts: [{ silenceMs: 1 }], min: 1, max: 1, timeoutMs: 1_000, betweenMs: 500, terminators })
}

/** Digits as they may stand in a history: long ones (documents, amounts) without their middle. */
export function shown(digits: string): string {
  return digits.length < 6 ? digits : `${digits.slice(0, 1)}${'•'.repeat(digits.length - 4)}${digits.slice(-3)}`
}
