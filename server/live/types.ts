import type { Role, Session } from '../http/types.ts'

export type TopicOptions<Model> = {
  /** e.g. `supervisor.now`; the browser subscribes by it. */
  name: string
  roles: readonly Role[]
  /** What this session sees now: plain JSON, the model of the partial that draws it. `key`: '' but in a topic with keys. */
  snapshot(session: Session, key: string): Model | Promise<Model>
  /** Only in a topic with keys, to which browsers subscribe as `name:key`: whether this session may see that one. */
  admits?(session: Session, key: string): boolean | Promise<boolean>
  /** Sessions with the same key share one snapshot (default: the agency's id). */
  share?(session: Session): string
  /** At most one frame in so many ms (250 at least, and by default); the first change after a pause goes out at once. */
  everyMs?: number
}

/** Whose picture of a topic changed: everybody's, when nothing is named. */
export type Whom = { agencyId?: number; userId?: number; key?: string }

export type Topic = {
  /** Something changed for those sessions: they are sent what differs. */
  changed(whom?: Whom): void
}

/** The way to the browsers of other servers. */
export type LiveAcross = {
  tell(topic: string, whom: Whom): void
  /** `topic` undefined: any may have changed. Returns how to stop. */
  onTold(listener: (topic: string | undefined, whom: Whom) => void): () => void
}

/** The websocket hub behind `/live`. */
export interface Live {
  define<Model>(options: TopicOptions<Model>): Topic
}
