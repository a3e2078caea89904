// What a board shows, worked out the same on the server and in the browser.
import type { Level, NowModel, QueueRow } from '../../supervision/index.ts'

/** Of the whole centre only what a wall may show: no names, no numbers of people. */
export type BoardModel = Pick<
  NowModel,
  'figures' | 'total' | 'waiting' | 'oldest' | 'target' | 'counts' | 'health' | 'example'
> & {
  queues: QueueRow[]
  agency: string
  /** Another one than before: the page loads itself anew. */
  version: string
}
export type BoardView = {
  title: string
  agency: string
  figures: boolean
  down: 'switch' | 'database' | undefined
  /** Its queue was deleted: other figures in its place would mislead. */
  gone: boolean
  example: boolean
  waiting: number
  oldest: number | null
  level: Level
  serviceLevel: number | null
  recent: number | null
  target: { seconds: number; percent: number } | null
  answered: number
  abandoned: number
  abandonRate: number | null
  asaMs: number | null
  linesBusy: number
  counts: NowModel['counts']
  /** Whose phone rings counts as on a call: nobody else can have that agent. */
  talking: number
  queues: (QueueRow & { bar: number; targetMark: number })[]
}

/** `queueId`: a board of one queue; its figures then stand in the big tiles. */
export function boardView(model: BoardModel, board: { title: string; queueId?: number }): BoardView {
  const own = model.queues.find(({ id }) => id === board.queueId)
  const figures = own ?? model.total
  const queues = own ? [own] : model.queues
  const counted = figures.answered + figures.abandoned
  return {
    title: board.title,
    agency: model.agency,
    figures: model.figures,
    down: !model.health.switch ? 'switch' : !model.health.database ? 'database' : undefined,
    example: model.example,
    gone: board.queueId !== undefined && model.figures && !own,
    waiting: own ? own.waiting : model.waiting,
    oldest: own ? own.oldest : model.oldest,
    level: figures.level,
    serviceLevel: figures.serviceLevel,
    recent: figures.serviceLevelRecent,
    target: own ? { seconds: own.targetSeconds, percent: own.targetPercent } : model.target,
    answered: figures.answered,
    abandoned: figures.abandoned,
    abandonRate: counted > 0 ? figures.abandoned / counted : null,
    asaMs: figures.asaMs,
    linesBusy: model.total.linesBusy,
    counts: model.counts,
    talking: model.counts.talking + model.counts.offered,
    queues: queues.slice(0, 8).map((queue) => ({
      ...queue,
      bar: Math.round((queue.serviceLevel ?? 0) * 100),
      targetMark: queue.targetPercent,
    })),
  }
}
