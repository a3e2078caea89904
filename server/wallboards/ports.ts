// What boards ask of other rooms; server/wall-numbers.ts fills it.
import type { Scope } from '../database/index.ts'
import type { Shown } from './shown.ts'

/**
 * `at`: where each half hour of the local day begins, UTC ms. `today`: as far as it has come; `before`: the same time on the wall a
 * week ago, for the whole day; null: no value.
 */
export type Trend = { at: number[]; today: (number | null)[]; before: (number | null)[] }
export type TopicCount = { id: number; name: string; count: number }

export type WallNumbers = {
  /** Metrics of the catalogue, of some queues together or (none named) of the agency; in the order they are asked. */
  values(
    scope: Scope,
    asked: readonly {
      metric: string
      of: Shown['of']
      span: 'day' | 'recent'
      queueIds: readonly number[]
    }[],
  ): Promise<(number | null)[]>
  /** As it was read last, and read anew behind it: undefined until the first reading is done. */
  trend(scope: Scope, asked: { metric: string; of: Shown['of']; queueIds: readonly number[] }): Trend | undefined
  /** Topics of today by how many called about them, the most first. */
  topics(scope: Scope, queueIds: readonly number[]): TopicCount[] | undefined
  /** Something of it was read anew. */
  onRead(listener: (agencyId: number) => void): () => void
}
