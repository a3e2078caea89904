import { SwitchError } from '../esl/index.ts'
import { isGone, type Leg, setAll, whileAlive } from './leg.ts'
import { folderExists, recordingPath } from './record.ts'

/** Records the whole leg in stereo (caller left, the other side right) until it ends or `stopRecording`. */
export async function startRecording(leg: Leg, path: string): Promise<void> {
  const file = recordingPath(path)
  if (!(await folderExists(leg, file))) {
    if (isGone(leg)) return
    throw new SwitchError('switch.refused', 'recording: the switch does not see the folder')
  }
  await setAll(leg, { RECORD_STEREO: 'true', recording_follow_transfer: 'true' })
  await whileAlive(leg, () => leg.session.api(`uuid_record ${leg.session.uuid} start ${file}`))
}

/** Ends what `startRecording` began; the file is complete at the RECORD_STOP event. */
export async function stopRecording(leg: Leg, path: string): Promise<void> {
  const file = recordingPath(path)
  await whileAlive(leg, () => leg.session.api(`uuid_record ${leg.session.uuid} stop ${file}`))
}
