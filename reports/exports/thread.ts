// A report's file made in a thread of its own: the thread that answers calls only hands bytes on.
import { Readable } from 'node:stream'
import { Worker } from 'node:worker_threads'
import { AppError } from '../../server/http/types.ts'
import type { File, Format } from '../run.ts'
import type { Language } from '../workbook/index.ts'

export type Job = {
  databaseUrl: string
  agencyId: number
  report: string
  query: Record<string, unknown>
  format: Format
  table?: string | undefined
  publicUrl?: string | undefined
  /** Of whoever asked. */
  language?: Language | undefined
  /** What the clock said when it was asked for, UTC ms. */
  now: number
  /** Where the file is written; without it the bytes come back, each chunk when it is asked for. */
  path?: string
}

/** What the thread says. */
export type Said =
  | { type: 'ready'; name: string; fileType: string; rows: number | null }
  | { type: 'rows'; rows: number }
  | { type: 'chunk'; bytes: Uint8Array }
  | { type: 'end' }
  | {
      type: 'failed'
      message: string
      code: string | undefined
      status: number | undefined
      values: Record<string, string | number>
      fields: Record<string, string> | undefined
    }

/** A reader that asks for nothing for so long holds a thread for nothing, ms. */
const patience = 120_000

function start(job: Job, heard: (said: Said) => void, failed: (error: Error) => void): Worker {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: job,
    // What does not fit here would take the memory of the calls.
    resourceLimits: { maxOldGenerationSizeMb: 320, maxYoungGenerationSizeMb: 16 },
  })
  let over = false
  worker.on('message', (said: Said) => {
    if (said.type === 'failed') {
      over = true
      const { code, status, values, fields, message } = said
      failed(status ? new AppError(code ?? '', status, values, fields) : Object.assign(new Error(message), { code }))
      return
    }
    if (said.type === 'end') over = true
    heard(said)
  })
  worker.on('error', (error) => failed(error as Error))
  worker.on('exit', () => over || failed(new Error('the thread ended before its file')))
  return worker
}

export type Progress = { name: string; type: string; rowsDone: number; rowsTotal: number | null }
export type Run = { done: Promise<Progress>; progress(): Progress | undefined; cancel(): Promise<void> }

/** Makes the file at `job.path`. `cancel` leaves it half written; `done` rejects then too. */
export function runToFile(job: Job & { path: string }): Run {
  let progress: Progress | undefined
  let worker: Worker | undefined
  const done = new Promise<Progress>((resolve, reject) => {
    worker = start(
      job,
      (said) => {
        if (said.type === 'ready')
          progress = { name: said.name, type: said.fileType, rowsDone: 0, rowsTotal: said.rows }
        else if (said.type === 'rows' && progress) progress.rowsDone = said.rows
        else if (said.type === 'end' && progress) resolve(progress)
      },
      reject,
    )
  })
  return { done, progress: () => progress, cancel: async () => void (await worker?.terminate()) }
}

/** The file as a stream at its reader's pace. Rejects with the `AppError` of a wrong parameter before the first byte. */
export function runToStream(job: Job): Promise<File> {
  return new Promise((resolve, reject) => {
    let idle: NodeJS.Timeout | undefined
    const content = new Readable({
      highWaterMark: 262_144,
      read() {
        clearTimeout(idle)
        worker.postMessage('more')
      },
      destroy(error, done) {
        clearTimeout(idle)
        worker.terminate().then(() => done(error), done)
      },
    })
    const worker = start(
      job,
      (said) => {
        if (said.type === 'ready')
          resolve({ name: said.name, type: said.fileType, content, ...(said.rows === null ? {} : { rows: said.rows }) })
        else if (said.type === 'chunk') {
          clearTimeout(idle)
          idle = setTimeout(() => content.destroy(new Error('nobody read the file')), patience)
          content.push(said.bytes)
        } else if (said.type === 'end') {
          clearTimeout(idle)
          content.push(null)
        }
      },
      (error) => {
        reject(error)
        // Whoever only waits for the first byte hears of it by the promise.
        content.on('error', () => {})
        content.destroy(error)
      },
    )
  })
}
