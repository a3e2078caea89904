import { AppError } from '../../server/http/types.ts'

/** 0: the whole agency. Throws `AppError` for a queue that is not the agency's. */
export function queueOf(text: string | undefined, queues: readonly { id: number }[]): number {
  if (!text) return 0
  const queue = queues.find(({ id }) => String(id) === text)
  if (!queue) throw new AppError('report.bad_parameters', 400, {}, { queue: 'reports.invalid.queue' })
  return queue.id
}
