// Minutes of sound take seconds of computing: in a thread of its own, since in ours calls would wait for it.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { type Shaped, shapeForTelephone } from './loudness.ts'
import { UploadRefused } from './refused.ts'
import { readWav } from './wav.ts'

type Work = { wav: Uint8Array; minSeconds: number; maxSeconds: number }
type Said = { shaped: Shaped } | { refused: string; why: string }

let before: Promise<unknown> = Promise.resolve()

/** A WAV of so many seconds at telephone level; one at a time, as ten minutes take some 200 MB. @throws UploadRefused */
export async function shapeAside(wav: Buffer, minSeconds: number, maxSeconds: number): Promise<Shaped> {
  const mine = before.then(() => inThread({ wav, minSeconds, maxSeconds }))
  before = mine.catch(() => undefined)
  const said = await mine
  if ('refused' in said) throw new UploadRefused(said.refused, said.why)
  return said.shaped
}

function inThread(work: Work): Promise<Said> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: work })
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', (code) => reject(new Error(`the sound could not be shaped (${code})`)))
  })
}

function shape({ wav, minSeconds, maxSeconds }: Work): Said {
  try {
    const sound = readWav(Buffer.from(wav.buffer, wav.byteOffset, wav.byteLength))
    const seconds = sound.samples.length / sound.rate
    if (seconds > maxSeconds) return { refused: 'prompts.too_long', why: 'the recording is too long' }
    if (seconds < minSeconds) return { refused: 'prompts.too_short', why: 'the recording is too short' }
    const shaped = shapeForTelephone(sound)
    return shaped ? { shaped } : { refused: 'prompts.silent', why: 'there is nothing to hear in it' }
  } catch (error) {
    return { refused: 'prompts.not_wav', why: (error as Error).message }
  }
}

if (!isMainThread && (workerData as Partial<Work> | null)?.maxSeconds !== undefined)
  parentPort?.postMessage(shape(workerData as Work))
