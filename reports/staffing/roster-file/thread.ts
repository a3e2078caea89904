import { Worker } from 'node:worker_threads'
import { AppError } from '../../../server/http/types.ts'
import { WorkbookRefused } from '../../own-workbook/refused.ts'
import type { Reading } from './reading.ts'

export type ThreadJob = { bytes: Uint8Array; now: number }
export type Said =
  | { reading: Reading }
  | { refused: { code: string; values: Record<string, string | number> } }
  | { fault: string }

const patience = 20_000
let queue: Promise<unknown> = Promise.resolve()
/** Of an agency so many are read or wait at once: nobody else waits long for one that sends many. */
const mostAtOnce = 2
const waiting = new Map<number, number>()

/**
 * What a file says, read in a thread of its own, one after the other.
 * @throws WorkbookRefused also for what takes too long or too much; AppError `roster_file.busy`
 */
export async function readInThread(bytes: Buffer, now: number, agencyId: number): Promise<Reading> {
  const others = waiting.get(agencyId) ?? 0
  if (others >= mostAtOnce) throw new AppError('roster_file.busy', 429)
  waiting.set(agencyId, others + 1)
  const mine = queue.then(() => run({ bytes, now }))
  queue = mine.catch(() => {})
  try {
    return await mine
  } finally {
    const left = (waiting.get(agencyId) ?? 1) - 1
    if (left === 0) waiting.delete(agencyId)
    else waiting.set(agencyId, left)
  }
}

function run(job: ThreadJob): Promise<Reading> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: job,
      resourceLimits: { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 16 },
    })
    const tooMuch = () => reject(new WorkbookRefused('workbook.too_much'))
    const timer = setTimeout(() => {
      tooMuch()
      void worker.terminate()
    }, patience)
    worker.on('message', (said: Said) => {
      if ('reading' in said) resolve(said.reading)
      else if ('refused' in said) reject(new WorkbookRefused(said.refused.code, said.refused.values))
      else reject(new Error(said.fault))
    })
    worker.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooMuch() : reject(error),
    )
    worker.on('exit', () => {
      clearTimeout(timer)
      reject(new Error('the thread ended before its roster'))
    })
  })
}
