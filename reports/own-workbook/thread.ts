import { Worker } from 'node:worker_threads'
import { AppError } from '../../server/http/types.ts'
import type { Filled, FillJob } from './own-workbook.ts'
import { WorkbookRefused } from './refused.ts'

export type ThreadJob = FillJob & { databaseUrl: string; agencyId: number }
export type Said =
  | { filled: Filled }
  | { refused: { code: string; values: Record<string, string | number> } }
  | {
      wrong: { code: string; status: number; values: Record<string, string | number>; fields?: Record<string, string> }
    }
  | { fault: string }

const patience = 120_000
/** One at a time: a workbook may unpack to much, and the machine answers calls. */
let queue: Promise<unknown> = Promise.resolve()

/**
 * `fillFor` in a thread of its own with its own memory, one after the other. @throws WorkbookRefused also for what takes too long or
 * too much memory
 */
export function fillInThread(job: ThreadJob): Promise<Filled> {
  const mine = queue.then(() => run(job))
  queue = mine.catch(() => {})
  return mine
}

function run(job: ThreadJob): Promise<Filled> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: job,
      resourceLimits: { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 32 },
    })
    const tooMuch = () => reject(new WorkbookRefused('workbook.too_much'))
    const timer = setTimeout(() => {
      tooMuch()
      void worker.terminate()
    }, patience)
    worker.on('message', (said: Said) => {
      if ('filled' in said) resolve(said.filled)
      else if ('refused' in said) reject(new WorkbookRefused(said.refused.code, said.refused.values))
      else if ('wrong' in said) {
        const { code, status, values, fields } = said.wrong
        reject(new AppError(code, status, values, fields))
      } else reject(new Error(said.fault))
    })
    worker.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooMuch() : reject(error),
    )
    worker.on('exit', () => {
      clearTimeout(timer)
      reject(new Error('the thread ended before its workbook'))
    })
  })
}
