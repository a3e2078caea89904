import { filePath, phoneKeys, SwitchError } from '../esl/index.ts'
import { collecting, endedByHangUp, isGone, type Leg, setAll, variableOf, whileAlive } from './leg.ts'
import { play } from './play.ts'
import type { RecordOptions, RecordResult } from './types.ts'

/** Energy under which the switch takes a frame for silence. */
const SILENCE_LEVEL = 200
const BEEP = '%(400,50,800)'

/** The caller's voice into a file; see LiveCall.record. */
export async function record(leg: Leg, options: RecordOptions): Promise<RecordResult> {
  const path = recordingPath(options.path)
  const keys = phoneKeys(options.terminators, 'terminators')
  const result = (ended: RecordResult['ended'], durationMs = 0): RecordResult => ({ ended, durationMs, path })
  for (const seconds of [options.maxSeconds, options.silenceSeconds]) {
    if (!Number.isInteger(seconds) || seconds < 0) throw new SwitchError('switch.unsafe', 'record: whole seconds')
  }
  if (isGone(leg)) return result('hangup')
  // The switch hangs up on a path that it cannot open: look first whether the folder is there.
  if (!(await folderExists(leg, path))) return result(isGone(leg) ? 'hangup' : 'failed')
  if (options.beep) {
    const beep = await play(leg, [{ tone: BEEP }])
    if (beep.ended === 'hangup') return result('hangup')
  }
  return collecting(leg, async () => {
    await setAll(leg, {
      playback_terminators: keys || 'none',
      playback_terminator_used: '',
      silence_hits_exhausted: '',
      record_ms: '',
    })
    const silence = options.silenceSeconds > 0 ? ` ${SILENCE_LEVEL} ${options.silenceSeconds}` : ''
    const run = await leg.session.execute('record', `${path} ${options.maxSeconds}${silence}`)
    const last = run?.end ?? leg.session.hungUp
    const durationMs = Number(variableOf(last, 'record_ms') ?? 0) || 0
    if (endedByHangUp(leg, run)) {
      return result(last?.headers['Hangup-Cause'] === 'DESTINATION_OUT_OF_ORDER' ? 'failed' : 'hangup', durationMs)
    }
    const key = variableOf(run.end, 'playback_terminator_used')
    if (key) return { ...result('key', durationMs), key }
    if (variableOf(run.end, 'silence_hits_exhausted') === 'true') return result('silence', durationMs)
    return result('maximum', durationMs)
  })
}

/** A path that a recording may have: one of `filePath` that ends in .wav or .mp3. */
export function recordingPath(path: string): string {
  if (!/\.(wav|mp3)$/.test(path)) throw new SwitchError('switch.unsafe', 'recording: a .wav or .mp3')
  return filePath(path)
}

/** Whether the switch sees the folder of this file. */
export async function folderExists(leg: Leg, path: string): Promise<boolean> {
  const folder = path.slice(0, path.lastIndexOf('/')) || '/'
  return (await whileAlive(leg, () => leg.session.api(`file_exists ${folder}`))) === 'true'
}
