import { Worker } from 'node:worker_threads'
import type { Bundle, Wanted } from './bundle.ts'

export type BundleJob = { databaseUrl: string; agencyId: number; wanted: Wanted }
export type BundleSaid = { bundle: Bundle } | { fault: string }
const patience = 8 * 60_000

/** `makeBundle` in a thread of its own with its own connection, so that calls never wait for a drawing. */
export function bundleInThread(job: BundleJob): Promise<Bundle> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: job,
      resourceLimits: { maxOldGenerationSizeMb: 320, maxYoungGenerationSizeMb: 16 },
    })
    const timer = setTimeout(() => {
      void worker.terminate()
      reject(new Error('el informe tardó demasiado: achicá el período'))
    }, patience)
    worker.on('message', (said: BundleSaid) =>
      'bundle' in said ? resolve(said.bundle) : reject(new Error(said.fault)),
    )
    worker.on('error', reject)
    worker.on('exit', () => {
      clearTimeout(timer)
      reject(new Error('el informe no se pudo preparar'))
    })
  })
}
