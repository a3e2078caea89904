// Boards as they live: one picture for all who look at the same one, over the live topic `wallboard.board:<id>`.
import type { Database, Scope } from '../database/index.ts'
import type { Role, Session } from '../http/types.ts'
import type { Live, Whom } from '../live/types.ts'
import type { Now, NowPorts } from '../supervision/index.ts'
import { announcementsAt, onBoard } from './announcements.ts'
import { type BoardModel, type ModelPorts, tilesOf } from './model.ts'
import type { WallNumbers } from './ports.ts'
import type { Design } from './schema.ts'
import { boardOfSession } from './screens.ts'
import { boardById } from './store.ts'

export const boardTopic = 'wallboard.board'
/** Boards and what is announced are read at most so often, however many look; whoever changes one says so. */
const goodForMs = 1_000

type Asker = Pick<Session, 'scope' | 'agencyName'>

export type LiveBoards = {
  /** What a board shows to whoever may see it. Null: there is no such board (any more). */
  model(session: Asker, id: string): Promise<BoardModel | null>
  /** A design that need not be kept, with what is behind its tiles now. */
  preview(session: Asker, design: Design, id?: string): Promise<BoardModel>
  /** A board was changed or deleted, or (without a key) something was announced: drawn anew wherever it hangs. */
  changed(whom: { agencyId: number; key?: string }): void
  stop(): void
}

export function liveBoards(options: {
  db: Database
  live: Live
  now: Now
  ports: Pick<NowPorts, 'now' | 'log' | 'lookingAhead'>
  numbers: WallNumbers
  roles: readonly Role[]
  /** Of the product. */
  version: string
}): LiveBoards {
  const { db, live, now, ports, numbers, roles, version } = options
  const clock = ports.now ?? Date.now
  const boards = remembered((scope, id) => boardById(db, scope, id), clock)
  const news = remembered((scope) => announcementsAt(db, scope, clock()), clock)
  const { lookingAhead, log } = ports
  /** `id`: '' for a design that hangs nowhere. */
  const draw = async ({ scope, agencyName }: Asker, design: Design, id: string, name: string, saved: number) => {
    const modelPorts: ModelPorts = {
      now,
      numbers,
      news: async () => onBoard(await news.of(scope, ''), id),
      ...(lookingAhead ? { lookingAhead } : {}),
      ...(log ? { log } : {}),
    }
    return { ...{ name, agency: agencyName, saved, version, design }, ...(await tilesOf(modelPorts, scope, design)) }
  }
  const model: LiveBoards['model'] = async (session, id) => {
    const board = await boards.of(session.scope, id)
    return board ? draw(session, board.design, id, board.name, board.version) : null
  }
  const topic = live.define({
    name: boardTopic,
    roles,
    async admits({ scope, role, id }, key) {
      // A screen has its one board.
      const only = role === 'wallboard' ? await boardOfSession(db, scope, id) : undefined
      return (only === undefined || only === key) && (await boards.of(scope, key)) !== undefined
    },
    snapshot: model,
  })
  const stops = [now.onChange(() => topic.changed()), numbers.onRead((agencyId) => topic.changed({ agencyId }))]
  return {
    model,
    preview: (session, design, id = '') => draw(session, design, id, '', 0),
    changed(whom: Whom & { agencyId: number }) {
      boards.forget(whom.agencyId)
      news.forget(whom.agencyId)
      topic.changed(whom)
    },
    stop() {
      for (const stop of stops) stop()
    },
  }
}

/** Reads at most once in a second; what was read before stands while the database is away. */
function remembered<Read>(read: (scope: Scope, key: string) => Promise<Read>, clock: () => number) {
  const known = new Map<string, { at: number; last?: { read: Read }; answer: Promise<Read> }>()
  return {
    of(scope: Scope, key: string): Promise<Read> {
      const id = `${scope.agencyId} ${key}`
      const before = known.get(id)
      const since = before ? clock() - before.at : Number.POSITIVE_INFINITY
      if (before && since >= 0 && since < goodForMs) return before.answer
      const last = before?.last
      const mine: { at: number; last?: { read: Read }; answer: Promise<Read> } = {
        at: clock(),
        ...(last ? { last } : {}),
        answer: read(scope, key).then(
          (one) => {
            // What does not exist is not kept: anybody may ask for anything.
            if (one === undefined) known.delete(id)
            mine.last = { read: one }
            return one
          },
          (error) => {
            if (!last) throw error
            return last.read
          },
        ),
      }
      known.set(id, mine)
      mine.answer.catch(() => known.delete(id))
      return mine.answer
    },
    /** Read anew at the next look; kept in case that fails. */
    forget(agencyId: number): void {
      for (const [id, one] of known) if (id.startsWith(`${agencyId} `)) one.at = Number.NEGATIVE_INFINITY
    },
  }
}
