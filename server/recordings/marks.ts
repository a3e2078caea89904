// What happened while it was being recorded, for the waveform. Pure: facts in, marks out.

export type MarkKind =
  | 'queue'
  | 'offer'
  | 'answer'
  | 'hold'
  | 'transfer'
  | 'mask'
  | 'conference'
  | 'supervision'
  | 'end'
/**
 * Milliseconds from the beginning of the recording: negative before it. `toMs` where it lasted. `agentId`, `queueId`, `text`
 * say who and where to; `code` is a way (blind, listen ...).
 */
export type Mark = {
  kind: MarkKind
  fromMs: number
  toMs?: number
  agentId?: number
  queueId?: number
  supervisorId?: number
  code?: string
  text?: string
  /** How long it lasted, where the recording has less of it: FreeSWITCH does not write while the agent's leg is held. */
  lastedMs?: number
}
/** A row of the table `facts`, its body read. */
export type PastFact = { kind: string; at: number; body: Record<string, unknown> }

/**
 * @param recording its id is the talk's; `startedAt` UTC ms; a mask that never ended closes with it
 * @param facts of the whole interaction, oldest first
 */
export function marksOf(
  recording: { id: string; startedAt: number; durationMs: number },
  facts: readonly PastFact[],
): Mark[] {
  const marks: Mark[] = []
  const open = new Map<string, Mark>()
  const end = recording.durationMs
  const clamp = (ms: number) => Math.max(0, Math.min(end, ms))
  const placed = withoutHolds(recording, facts)
  const begin = (key: string, mark: Mark) => {
    if (open.has(key)) return
    open.set(key, mark)
    marks.push(mark)
  }
  const close = (key: string, ms: number) => {
    const mark = open.get(key)
    if (mark) mark.toMs = Math.max(mark.fromMs, ms)
    open.delete(key)
  }
  for (const { kind, at, body } of [...facts].sort((a, b) => a.at - b.at)) {
    const ms = placed(at - recording.startedAt)
    const number = (name: string) => (typeof body[name] === 'number' ? { [name]: body[name] as number } : {})
    const text = (value: unknown) => (word(value) === '' ? {} : { text: word(value).slice(0, 120) })
    const ofTalk = body.talkId === undefined || body.talkId === recording.id
    if (kind === 'stay.began') begin(`stay ${word(body.stayId)}`, { kind: 'queue', fromMs: ms, ...number('queueId') })
    else if (kind === 'stay.left') close(`stay ${word(body.stayId)}`, ms)
    else if (kind === 'offer.made')
      begin(`offer ${word(body.offerId)}`, { kind: 'offer', fromMs: ms, ...number('agentId') })
    else if (kind === 'offer.ended') close(`offer ${word(body.offerId)}`, ms)
    else if (kind === 'talk.began') marks.push({ kind: 'answer', fromMs: ms, ...number('agentId') })
    else if (kind === 'talk.hold' && ofTalk) {
      const held = heldMs(body)
      if (held === undefined) continue
      const [fromMs, toMs] = [clamp(placed(at - recording.startedAt - held)), clamp(ms)]
      marks.push({ kind: 'hold', fromMs, toMs, ...(toMs - fromMs < held ? { lastedMs: held } : {}) })
    } else if (kind === 'talk.transferred' && ofTalk)
      marks.push({ kind: 'transfer', fromMs: ms, code: word(body.how), ...number('agentId'), ...text(body.target) })
    else if (kind === 'talk.joined' && ofTalk)
      marks.push({ kind: 'conference', fromMs: ms, ...number('agentId'), ...text(body.with) })
    else if (kind === 'recording.masked' && body.recordingId === recording.id) {
      if (body.masked === true) begin('mask', { kind: 'mask', fromMs: clamp(ms), ...number('agentId') })
      else close('mask', clamp(ms))
    } else if (kind === 'supervision.began' && ofTalk)
      begin(`supervision ${word(body.supervisionId)}`, {
        kind: 'supervision',
        fromMs: ms,
        code: word(body.mode),
        ...number('supervisorId'),
      })
    else if (kind === 'supervision.ended') close(`supervision ${word(body.supervisionId)}`, ms)
    else if (kind === 'talk.ended' && ofTalk) marks.push({ kind: 'end', fromMs: ms })
  }
  for (const [key, mark] of open)
    if (key === 'mask' || key.startsWith('supervision')) mark.toMs = Math.max(mark.fromMs, end)
  return marks.filter((mark) => mark.fromMs <= end + 5_000).sort((a, b) => a.fromMs - b.fromMs)
}

/** A fact's body may come from anywhere: only what is a word or a number is read as one. */
const word = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? String(value) : '')
const heldMs = ({ holdMs }: PastFact['body']) =>
  typeof holdMs === 'number' && Number.isFinite(holdMs) && holdMs >= 0 ? holdMs : undefined

/**
 * Where in the recording something is that happened so many ms after its beginning. Whether a hold is in it depends on the
 * switch and the phone; what the recording is shorter than its talk tells.
 */
function withoutHolds(
  { id, startedAt, durationMs }: { id: string; startedAt: number; durationMs: number },
  facts: readonly PastFact[],
): (ms: number) => number {
  const mine = facts.filter(({ body }) => body.talkId === id)
  const over = mine.find(({ kind }) => kind === 'talk.ended')
  const holds = mine
    .filter(({ kind }) => kind === 'talk.hold')
    .map(({ at, body }) => ({ at, ms: heldMs(body) ?? 0 }))
    .map(({ at, ms }) => ({ from: at - startedAt - ms, ms }))
  const held = holds.reduce((sum, { ms }) => sum + ms, 0)
  if (!over || held === 0) return (ms) => ms
  const lost = Math.max(0, Math.min(1, (over.at - startedAt - durationMs) / held))
  return (ms) => ms - lost * holds.reduce((sum, hold) => sum + Math.max(0, Math.min(hold.ms, ms - hold.from)), 0)
}

/** Milliseconds in silence on purpose. */
export const maskedMs = (marks: readonly Mark[]) =>
  marks.reduce((sum, mark) => sum + (mark.kind === 'mask' ? (mark.toMs ?? mark.fromMs) - mark.fromMs : 0), 0)
