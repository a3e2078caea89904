import { Worker } from 'node:worker_threads'
import type { Question, Result } from './question.ts'

export type Said = { done: number } | { result: Result }
export type Playing = { result: Promise<Result>; done(): number; end(): void }

/** Longer than any centre takes: a thousand agents need seconds. */
const patience = 10 * 60_000

/** Plays it in a thread of its own, so that calls never feel it. */
export function playInThread(question: Question, calls: number): Playing {
  let done = 0
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: { question, calls },
    resourceLimits: { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 16 },
  })
  const result = new Promise<Result>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error('tardó demasiado'))
      void worker.terminate()
    }, patience)
    worker.on('message', (said: Said) => {
      if ('done' in said) done = said.done
      else resolve(said.result)
    })
    worker.on('error', reject)
    worker.on('exit', () => {
      clearTimeout(timer)
      reject(new Error('se cortó'))
    })
  })
  return { result, done: () => done, end: () => void worker.terminate() }
}
