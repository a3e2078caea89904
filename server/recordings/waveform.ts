// Peaks of a recording, computed once and kept in a folder of their own.
import { createReadStream } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Opus } from './opus.ts'
import { NotAudio, PeakMeter, type Peaks } from './peaks.ts'

export const BUCKETS = 1_600

export type Waveforms = ReturnType<typeof createWaveforms>

export function createWaveforms({ folder, opus }: { folder: string; opus: Opus }) {
  const running = new Map<string, Promise<Peaks>>()
  const safe = (text: string) => text.replace(/[^A-Za-z0-9-]/g, '_')
  const nameOf = (id: string, sha256: string | undefined) => `${safe(id)}.${safe((sha256 ?? 'open').slice(0, 16))}.json`

  async function compute(file: string): Promise<Peaks> {
    if (/\.(opus|ogg)$/i.test(file)) return opus.peaks(file, BUCKETS)
    const meter = new PeakMeter()
    for await (const chunk of createReadStream(file, { highWaterMark: 262_144 })) meter.push(chunk as Buffer)
    return meter.finish(BUCKETS)
  }

  return {
    /** `file` is below RECORDINGS_DIR already. @throws NotAudio */
    async of(id: string, sha256: string | undefined, file: string): Promise<Peaks> {
      const name = nameOf(id, sha256)
      try {
        return JSON.parse(await readFile(join(folder, name), 'utf8'))
      } catch {
        // Not computed yet, or half-written by a crash.
      }
      let work = running.get(name)
      if (!work) {
        work = compute(file).finally(() => running.delete(name))
        running.set(name, work)
        work
          .then(async (peaks) => {
            await mkdir(folder, { recursive: true })
            const part = join(folder, `${name}.part`)
            await writeFile(part, JSON.stringify(peaks))
            await rename(part, join(folder, name))
          })
          // Without the copy it is computed again next time.
          .catch(() => undefined)
      }
      return work
    },
    async forget(id: string): Promise<void> {
      const names = await readdir(folder).catch(() => [])
      for (const name of names) if (name.startsWith(`${safe(id)}.`)) await rm(join(folder, name), { force: true })
    },
  }
}

export { NotAudio }
