import { phoneKeys, SwitchError, type SwitchEvent } from '../esl/index.ts'
import { collecting, endedByHangUp, isGone, type Leg, setAll, variableOf } from './leg.ts'
import { play } from './play.ts'
import { allThere, promptList } from './prompts.ts'
import type { GatherOptions, GatherResult } from './types.ts'

/** Keys of the caller; see LiveCall.gather. Asks once: trying again is the flow's. */
export function gather(leg: Leg, options: GatherOptions): Promise<GatherResult> {
  return collecting(leg, () => gatherNow(leg, options))
}

async function gatherNow(leg: Leg, options: GatherOptions): Promise<GatherResult> {
  const { min, max, timeoutMs, betweenMs } = options
  const spans = [min, max, timeoutMs, betweenMs]
  if (!spans.every((n) => Number.isInteger(n) && n >= 0) || max < 1 || max > 127 || min > max) {
    throw new SwitchError('switch.unsafe', 'gather: whole numbers, 0 <= min <= max, 1 <= max <= 127')
  }
  const terminators = phoneKeys(options.terminators, 'terminators')
  let list = promptList(options.prompts)
  if (isGone(leg)) return { ended: 'hangup', digits: '' }
  if (!(await allThere(leg, options.prompts))) return { ended: isGone(leg) ? 'hangup' : 'missing', digits: '' }
  if (options.bargeIn === false && list) {
    // Keys pressed while it plays are eaten by the switch.
    const played = await play(leg, options.prompts)
    if (played.ended === 'hangup' || played.ended === 'missing') return { ended: played.ended, digits: '' }
    list = ''
  }
  // Nothing that an earlier gather left can be taken for this one's answer: commands of one connection keep their order,
  // so that the answer of this one need not be waited for.
  const answer = 'vera_answer'
  const cleared = setAll(leg, { [answer]: '', read_terminator_used: '' })
  let started = list === ''
  const watch = (event: SwitchEvent) => {
    if (event.name === 'PLAYBACK_START' && event.headers['Playback-File-Path'] === list) started = true
  }
  leg.session.on('event', watch)
  try {
    const nothing = 'silence_stream://1'
    const argument = `${min} ${max} 1 ${Math.max(1, timeoutMs)} ${terminators || 'none'} ${list || nothing} ${nothing} ${answer} .* ${Math.max(1, betweenMs)}`
    const [run] = await Promise.all([leg.session.execute('play_and_get_digits', argument), cleared])
    if (endedByHangUp(leg, run)) return { ended: 'hangup', digits: '' }
    const digits = variableOf(run.end, answer) ?? ''
    const terminator = variableOf(run.end, 'read_terminator_used')
    const keys = { digits, ...(terminator ? { terminator } : {}) }
    if (digits.length >= min && (digits !== '' || terminator)) return { ended: 'digits', ...keys }
    return { ended: started || digits !== '' || terminator ? 'timeout' : 'missing', ...keys }
  } finally {
    leg.session.off('event', watch)
  }
}
