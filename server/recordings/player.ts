import type { Session } from '../http/index.ts'
import { findFile } from './files.ts'
import { type Mark, marksOf } from './marks.ts'
import type { Recordings } from './recordings.ts'
import { mayListen } from './rights.ts'
import { absenceCodes } from './state.ts'

/** What `{{> recordings/wave player}}` draws on another room's page. */
export type Player = {
  id: string
  durationMs?: number
  /** A call has two voices, a voice mail one. */
  voices: boolean
  marks: Mark[]
  playable: boolean
  /** Why it cannot be heard: the code of an error. */
  why?: string
}

const gone: Record<string, string> = {
  expected: 'recording.still_open',
  missing: 'recording.no_audio',
  expiring: 'recording.expired',
  expired: 'recording.expired',
}

/** Undefined when there is no such recording in the agency of the session. */
export async function playerOf(
  { store, rules, recordingsDir }: Pick<Recordings, 'store' | 'rules' | 'recordingsDir'>,
  session: Session,
  id: string,
): Promise<Player | undefined> {
  const row = await store.byId(session.scope, id)
  if (!row) return undefined
  const player = {
    id,
    ...(row.durationMs === undefined ? {} : { durationMs: row.durationMs }),
    voices: row.kind === 'call',
  }
  const refused = mayListen(session, await rules.settings(session.scope), row) ? gone[row.state] : 'recording.no_right'
  if (refused) return { ...player, marks: [], playable: false, why: refused }
  const found = await findFile(recordingsDir, row.path)
  if (typeof found === 'string') return { ...player, marks: [], playable: false, why: absenceCodes[found] }
  const facts = await store.factsOf(session.scope, row.interactionId)
  const marks = marksOf({ id, startedAt: row.startedAt, durationMs: row.durationMs ?? 0 }, facts)
  return { ...player, marks, playable: true }
}
