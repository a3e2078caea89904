import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Files for voice mails below RECORDINGS_DIR: `voicemail/<agency>/<year-month>/<id>.wav`. */
export function createVoicemailFiles(recordingsDir: string, now = () => Date.now()) {
  return {
    async open(agencyId: number, _interactionId: string) {
      const id = randomUUID()
      const folder = join('voicemail', String(agencyId), new Date(now()).toISOString().slice(0, 7))
      await mkdir(join(recordingsDir, folder), { recursive: true })
      const relative = join(folder, `${id}.wav`)
      return { id, path: join(recordingsDir, relative), relative }
    },
    /** Undefined when there is no file or nothing in it. */
    async measure(path: string): Promise<{ bytes: number; sha256: string } | undefined> {
      const found = await stat(path).catch(() => undefined)
      // A WAV header alone is 44 bytes.
      if (!found?.isFile() || found.size <= 44) return undefined
      const hash = createHash('sha256')
      for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
      return { bytes: found.size, sha256: hash.digest('hex') }
    },
  }
}
