import type { ConfigOf } from '../../kit/definition.ts'
import { GONE, type Step } from '../../kit/step.ts'
import type { definition } from './config.ts'

/**
 * The caller's message into a file; `msg.recording` says where. Who hangs up after the tone has left a message all the same:
 * the flow goes on without anybody on the line. @throws PromptMissing, Error when the switch cannot write the file
 */
export async function recordMessage(step: Step<ConfigOf<typeof definition.fields>>): Promise<string> {
  const { say, maxSeconds, silenceSeconds, minSeconds } = step.config
  if (!(await step.say(say))) return GONE
  const { recordings } = step.platform
  const { id, path, relative } = await recordings.open(step.call.data.agencyId, step.call.data.id)
  step.call.fact({ kind: 'recording.expected', recordingId: id, recordingKind: 'voicemail', path: relative })
  const recorded = await step.live.record({ path, maxSeconds, silenceSeconds, terminators: '#', beep: true })
  const file = await recordings.measure(path)
  const { durationMs } = recorded
  step.call.fact(
    file
      ? { kind: 'recording.closed', recordingId: id, state: 'present', durationMs, ...file }
      : { kind: 'recording.closed', recordingId: id, state: 'missing' },
  )
  const left = file !== undefined && durationMs >= minSeconds * 1_000
  const choice = recorded.ended === 'failed' ? 'falló' : left ? 'dejó un mensaje' : 'sin mensaje'
  step.note(`${Math.round(durationMs / 1_000)} s (${recorded.ended})`, choice)
  if (recorded.ended === 'failed')
    throw new Error('el conmutador no pudo escribir el mensaje: revisá el disco de grabaciones')
  if (!left) return recorded.ended === 'hangup' ? GONE : 'empty'
  step.message.recording = { id, path: relative, durationMs }
  return 'recorded'
}
