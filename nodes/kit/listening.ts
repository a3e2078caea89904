// Asking the caller to speak, with keys as the way out at any time: shared by «sí o no» and «diga una opción».
import type { Speech } from './definition.ts'
import type { SpeechPort } from './platform.ts'
import { PromptMissing, type Step } from './step.ts'

export type Spoken = { key: string; label: string; phrases: string[] }
type Question = {
  say: Speech
  options: Spoken[]
  /** How long to wait for the voice to begin. */
  seconds: number
  /** 0 to 1: what is understood less surely counts as not understood. */
  confidence: number
  bargeIn: boolean
  /** Said before asking again. */
  noMatch: Speech
  /** Said when only keys are left. */
  withKeys: Speech
}
export type Answered = { ended: 'ok'; key: string } | { ended: 'not_understood' } | { ended: 'gone' }
/** What one time of listening brought. */
type Turn = { key: string } | { heard: Spoken } | 'gone' | 'unclear' | 'deaf'

/** Times that the caller is asked to speak before only keys are left. */
const SPOKEN_ROUNDS = 2
const KEY_ROUNDS = 2
const ALL_KEYS = '0123456789*#'
/** An answer is short; silence of a second ends it. */
const MAX_UTTERANCE_SECONDS = 10
const SILENCE_SECONDS = 1

/** `sí, claro; dale` as its phrases. */
export function phrasesOf(list: string): string[] {
  return list
    .split(/[,;\n]/)
    .map((phrase) => phrase.trim())
    .filter((phrase) => phrase !== '')
}

/** Asks until an option is said or pressed; `msg.choice` and `msg.heard` tell which. @throws PromptMissing */
export async function listen(step: Step<unknown>, question: Question): Promise<Answered> {
  delete step.message.heard
  const chosen = (option: Spoken): Answered => {
    step.message.choice = { key: option.key, label: option.label }
    return { ended: 'ok', key: option.key }
  }
  const optionOf = (key: string) => question.options.find((option) => option.key === key)
  const { speech } = step.platform
  let sorry: Speech | undefined
  for (let round = 0; round < SPOKEN_ROUNDS; round++) {
    if (!speech || !(await speech.available())) break
    const turn = await askAloud(step, speech, question, sorry)
    if (turn === 'gone') return { ended: 'gone' }
    if (turn === 'deaf') break
    if (turn !== 'unclear') {
      if ('heard' in turn) return chosen(turn.heard)
      const option = optionOf(turn.key)
      noteKey(step, turn.key, option)
      if (option) return chosen(option)
    }
    sorry = question.noMatch
  }
  for (let round = 0; round < KEY_ROUNDS; round++) {
    // Who has not heard the question yet hears it now.
    const first = round === 0 && !sorry
    const prompts = await step.prompts(...(first ? [question.say] : []), question.withKeys)
    const keys = { min: 1, max: 1, timeoutMs: question.seconds * 1_000, betweenMs: 1_000, terminators: '' }
    const { ended, digits } = await step.live.gather({ ...keys, prompts, bargeIn: question.bargeIn })
    if (ended === 'hangup') return { ended: 'gone' }
    if (ended === 'missing') throw new PromptMissing('a question')
    const option = optionOf(digits)
    noteKey(step, digits, option)
    if (option) return chosen(option)
  }
  return { ended: 'not_understood' }
}

/** Said or pressed, an option counts as the same one. */
const optionText = ({ key, label }: Spoken) => `${key} ${label}`.trim()

/** A key, or none, and the option that it is. */
function noteKey(step: Step<unknown>, key: string, option: Spoken | undefined): void {
  if (option) step.note(optionText(option), optionText(option))
  else if (key) step.note(`no válido: ${key}`, 'no válido')
  else step.note('sin respuesta', 'sin respuesta')
}

/** The question, then the caller's voice or a key. */
async function askAloud(
  step: Step<unknown>,
  speech: SpeechPort,
  question: Question,
  sorry: Speech | undefined,
): Promise<Turn> {
  const prompts = await step.prompts(...(sorry ? [sorry] : []), question.say)
  // Gathering, not playing: a key that interrupts the question is its answer.
  const keys = { min: 1, max: 1, timeoutMs: 1, betweenMs: 1, terminators: '' }
  const asked = await step.live.gather({ ...keys, prompts, bargeIn: question.bargeIn })
  if (asked.ended === 'hangup') return 'gone'
  if (asked.ended === 'missing') throw new PromptMissing('a question')
  if (asked.digits !== '') return { key: asked.digits }
  // A recording ends after a second of silence, also one at its beginning: then the wait goes on in the next one.
  for (let waited = 0; waited < question.seconds; waited += SILENCE_SECONDS) {
    const turn = await hear(step, speech, question)
    if (turn !== 'silence') return turn
  }
  noteKey(step, '', undefined)
  return 'unclear'
}

/** One utterance; the file is gone when this is back. */
async function hear(step: Step<unknown>, speech: SpeechPort, question: Question): Promise<Turn | 'silence'> {
  const { language, agencyId } = step.call.data
  const path = await speech.open().catch(() => undefined)
  if (!path) return 'deaf'
  try {
    const { ended } = await step.live.record({
      path,
      maxSeconds: MAX_UTTERANCE_SECONDS,
      silenceSeconds: SILENCE_SECONDS,
      terminators: ALL_KEYS,
      beep: false,
    })
    if (ended === 'hangup') return 'gone'
    if (ended === 'failed') return 'deaf'
    if (ended === 'key') {
      const key = await step.live.getVariable('playback_terminator_used')
      return key ? { key } : 'unclear'
    }
    const grammar = { options: question.options.map(({ key, phrases }) => ({ value: key, phrases })) }
    const { value, text, confidence, failed, silent } = await speech.recognise(path, { language, grammar })
    if (failed) {
      step.note(`sin reconocimiento de voz: ${failed}`, 'sin reconocimiento de voz')
      return 'deaf'
    }
    if (silent) return 'silence'
    step.message.heard = { text, confidence }
    const option = confidence >= question.confidence ? question.options.find(({ key }) => key === value) : undefined
    const sure = `«${text}» (${Math.round(confidence * 100)} %)`
    if (option) step.note(`${option.label || option.key}: dijo ${sure}`, optionText(option))
    else step.note(`no se entendió: ${text ? sure : 'nada claro'}`, 'no se entendió')
    return option ? { heard: option } : 'unclear'
  } finally {
    await speech.close(path, agencyId)
  }
}
