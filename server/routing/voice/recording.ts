import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { filePath, legId } from '../../../freeswitch/esl/index.ts'
import type { Hand } from './hand.ts'
import type { Recording, Talk } from './types.ts'

/** How long the switch may take to say that a recording is closed before the file is taken as it is. */
const STOP_WAIT_MS = 5_000

/**
 * The recording of a talk, on the agent's leg. Its id is that leg's (the talk's own, but for a leg that replaced a lost one) and its path follows from it, so that it is found again after a restart;
 * by agency and day, so that no folder grows without end.
 */
export function recordingOf(
  recordingsDir: string,
  { agentLeg, agencyId, since }: Pick<Talk, 'agentLeg' | 'agencyId' | 'since'>,
): Recording {
  let onStop = () => {}
  const stopped = new Promise<void>((resolve) => {
    onStop = resolve
  })
  const day = new Date(since ?? 0).toISOString().slice(0, 10)
  const path = join(recordingsDir, String(agencyId), day, `${agentLeg}.wav`)
  return { recordingId: agentLeg, path, stopped, onStop }
}

/** Starts the stereo recording of a talk on the agent's leg, which ends with it. A failure is a fact, never an error. */
export async function startRecording(hand: Hand, talk: Talk): Promise<void> {
  const { agencyId, interactionId, agentId, queueId, agentLeg } = talk
  const recording = recordingOf(hand.options.recordingsDir, talk)
  talk.recording = recording
  const { recordingId, path } = recording
  hand.recordings.set(path, recording)
  hand.fact(agencyId, interactionId, {
    kind: 'recording.expected',
    recordingId,
    recordingKind: 'call',
    path,
    agentId,
    queueId,
  })
  try {
    await mkdir(dirname(path), { recursive: true })
    await hand.client.api(`uuid_record ${legId(agentLeg)} start ${filePath(path)}`)
    if (talk.masked) await maskFromTheStart(hand, talk, path)
  } catch (error) {
    hand.log(`recording of leg ${agentLeg} did not start: ${(error as Error).message}`)
    recording.onStop()
  }
}

/** A recording that goes on after the agent's phone was lost, as hidden as the one before; else there is none. */
async function maskFromTheStart(hand: Hand, talk: Talk, path: string): Promise<void> {
  const leg = legId(talk.agentLeg)
  try {
    await hand.setVariable(talk.agentLeg, 'vera_masked', 'true')
    await hand.client.api(`uuid_record ${leg} mask ${filePath(path)}`)
    bookMask(hand, talk, true)
  } catch (error) {
    await hand.client.api(`uuid_record ${leg} stop ${filePath(path)}`)
    throw error
  }
}

/** Books the recording as it lies on disk, once the switch has closed it. */
export async function closeRecording(hand: Hand, talk: Talk): Promise<void> {
  const { recording } = talk
  if (!recording) return
  talk.recording = undefined
  const { recordingId, path } = recording
  let stopWaiting = () => {}
  const late = new Promise<void>((resolve) => {
    stopWaiting = hand.clock.after(STOP_WAIT_MS, resolve)
  })
  await Promise.race([recording.stopped, late])
  stopWaiting()
  hand.recordings.delete(path)
  const body = (await measure(path).catch(() => undefined)) ?? { state: 'missing' as const }
  hand.fact(talk.agencyId, talk.interactionId, { kind: 'recording.closed', recordingId, ...body })
}

export function bookMask(hand: Hand, talk: Talk, masked: boolean): void {
  const { agencyId, interactionId, agentId, recording } = talk
  talk.masked = masked
  if (recording)
    hand.fact(agencyId, interactionId, {
      kind: 'recording.masked',
      recordingId: recording.recordingId,
      masked,
      agentId,
    })
}

/** The mask ends with the recording. */
export function closeMask(hand: Hand, talk: Talk): void {
  if (talk.masked) bookMask(hand, talk, false)
}

/** Duration, size and hash of a WAV; undefined when there is no audio in it. A header left open by a crash does not matter. */
export async function measure(path: string) {
  const { size } = await stat(path)
  const file = await open(path)
  const header = Buffer.alloc(64)
  try {
    await file.read(header, 0, 64, 0)
  } finally {
    await file.close()
  }
  const bytesPerSecond = header.toString('latin1', 0, 4) === 'RIFF' ? header.readUInt32LE(28) : 0
  const audio = size - 44
  if (audio <= 0 || bytesPerSecond === 0) return undefined
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return {
    state: 'present' as const,
    durationMs: Math.round((audio / bytesPerSecond) * 1000),
    bytes: size,
    sha256: hash.digest('hex'),
  }
}
