// A recording's state in words, with the reason: it never is just "not found". Pure.
import type { RecordingRow } from './store.ts'

/** `recordings.states.<code>` is the text; `tone` colours it. */
export type SaidState = {
  code: string
  tone: 'good' | 'info' | 'warn' | 'bad' | 'plain'
  node?: string
  at?: number
  days?: number
}

/** How long after the call a recording may take to be closed before something is wrong. */
const CLOSING_MS = 120_000
/** No talk is longer than this. */
const LONGEST_MS = 12 * 3_600_000

export function saidState(row: RecordingRow, now: number): SaidState {
  const node = row.node === undefined ? {} : { node: row.node }
  switch (row.state) {
    case 'expected': {
      const over = row.interactionEndedAt !== undefined && now - row.interactionEndedAt > CLOSING_MS
      if (over || now - row.startedAt > LONGEST_MS) return { code: 'unclosed', tone: 'bad', ...node }
      return { code: 'recording', tone: 'info' }
    }
    case 'expiring':
    case 'expired':
      return {
        code: row.state,
        tone: 'plain',
        ...(row.expiredAt === undefined ? {} : { at: row.expiredAt }),
        ...(row.expiredDays === undefined ? {} : { days: row.expiredDays }),
      }
    case 'missing':
      if (row.fetchState === 'waiting')
        return {
          code: row.fetchFault ? `fetch_${row.fetchFault}` : 'fetching',
          tone: 'warn',
          ...node,
          ...(row.fetchNextAt === undefined ? {} : { at: row.fetchNextAt }),
        }
      if (row.fetchState === 'failed') return { code: `lost_${row.fetchFault ?? 'not_there'}`, tone: 'bad', ...node }
      return { code: row.kind === 'voicemail' ? 'no_message' : 'no_audio', tone: 'bad', ...node }
    default:
      if (row.verifiedState === 'changed' || row.verifiedState === 'missing' || row.verifiedState === 'unreadable')
        return {
          code: `verified_${row.verifiedState}`,
          tone: 'bad',
          ...(row.verifiedAt === undefined ? {} : { at: row.verifiedAt }),
        }
      if (isCut(row)) return { code: 'cut', tone: 'warn' }
      return { code: row.verifiedState === 'ok' ? 'verified' : 'present', tone: 'good' }
  }
}

/** A full disk or a dead switch leaves a file that is shorter than its talk: holds may, masks do not. */
function isCut({ durationMs, talkEndedAt, startedAt, heldMs = 0 }: RecordingRow): boolean {
  if (durationMs === undefined || talkEndedAt === undefined) return false
  const talked = talkEndedAt - startedAt
  return talked - heldMs - durationMs > Math.max(3_000, talked / 50)
}

/** Why a recording that should be there cannot be heard just now. */
export const absenceCodes = {
  folder: 'recording.folder_away',
  missing: 'recording.missing',
  outside: 'recording.missing',
  unreadable: 'recording.unreadable',
} as const
