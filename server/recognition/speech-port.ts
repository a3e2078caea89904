import { randomBytes } from 'node:crypto'
import { copyFile, mkdir, readdir, rm, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { Recogniser } from './types.ts'

export type SpeechPortOptions = {
  recogniser: Recogniser
  /** Absolute; utterances lie there for the seconds of a question. The switch writes there. */
  dir: string
  /** Whether an agency wants to keep what callers said (to tune the phrases); nobody does by default. */
  keeps?(agencyId: number): Promise<boolean>
  log(line: string): void
}

const OLD_MS = 3_600_000

/** What the nodes ask to understand a caller (nodes/kit `SpeechPort`). Deletes what a killed process left. */
export function createSpeechPort({ recogniser, keeps, log, ...options }: SpeechPortOptions) {
  const dir = resolve(options.dir)
  const kept = join(dir, 'kept')
  let ready: Promise<void> | undefined
  const prepare = () => {
    ready ??= mkdir(kept, { recursive: true, mode: 0o770 })
      .then(() => sweep(dir))
      .catch((error) => {
        ready = undefined
        throw error
      })
    return ready
  }
  return {
    available: () => recogniser.available(),
    async open(): Promise<string> {
      await prepare()
      return join(dir, `${randomBytes(16).toString('hex')}.wav`)
    },
    recognise: recogniser.recognise,
    async close(path: string, agencyId: number): Promise<void> {
      try {
        if (await keeps?.(agencyId)) await copyFile(path, join(kept, `${agencyId}-${basename(path)}`))
      } catch (error) {
        log(`recognition: an utterance could not be kept: ${(error as Error).message}`)
      }
      await rm(path, { force: true }).catch((error: Error) => {
        log(`recognition: an utterance could not be deleted: ${error.message}`)
      })
    },
  }
}

async function sweep(dir: string): Promise<void> {
  for (const name of await readdir(dir)) {
    const path = join(dir, name)
    const found = name.endsWith('.wav') ? await stat(path).catch(() => undefined) : undefined
    if (found && Date.now() - found.mtimeMs > OLD_MS) await rm(path, { force: true })
  }
}
