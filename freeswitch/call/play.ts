import { phoneKeys } from '../esl/index.ts'
import { collecting, endedByHangUp, isGone, type Leg, setAll, variableOf } from './leg.ts'
import { allThere, promptList } from './prompts.ts'
import type { PlayResult, Prompt } from './types.ts'

/** Plays prompts one after another; see LiveCall.play. Without `terminators` no key stops it. */
export async function play(leg: Leg, prompts: Prompt[], options: { terminators?: string } = {}): Promise<PlayResult> {
  const list = promptList(prompts)
  const keys = phoneKeys(options.terminators ?? '', 'terminators')
  if (isGone(leg)) return { ended: 'hangup', playedMs: 0 }
  if (list === '') return { ended: 'done', playedMs: 0 }
  if (!(await allThere(leg, prompts))) return { ended: isGone(leg) ? 'hangup' : 'missing', playedMs: 0 }
  const act = async (): Promise<PlayResult> => {
    // The switch's own default is `*`. Commands of one connection keep their order: no need to wait for the answer.
    const set = setAll(leg, { playback_terminators: keys || 'none', playback_terminator_used: '' })
    const [run] = await Promise.all([leg.session.execute('playback', list), set])
    if (endedByHangUp(leg, run)) return { ended: 'hangup', playedMs: 0 }
    const { end, ranMs } = run
    if (end.headers['Application-Response'] === 'FILE NOT FOUND') return { ended: 'missing', playedMs: 0 }
    const key = variableOf(end, 'playback_terminator_used')
    return key ? { ended: 'key', key, playedMs: ranMs } : { ended: 'done', playedMs: ranMs }
  }
  return keys ? collecting(leg, act) : act()
}
