import { statfs as realStatfs } from 'node:fs/promises'

/** `low`: under 10 % or 5 GB, whichever is less; `full`: under 1 %; `away`: the folder does not answer. Bytes, UTC ms. */
export type DiskState = {
  state: 'unknown' | 'ok' | 'low' | 'full' | 'away'
  freeBytes: number
  totalBytes: number
  at: number
}
export type Statfs = (folder: string) => Promise<{ bsize: number; blocks: number; bavail: number }>

const LOW_BYTES = 5 * 1024 ** 3

export function diskStateOf(freeBytes: number, totalBytes: number): DiskState['state'] {
  if (totalBytes <= 0) return 'unknown'
  if (freeBytes < totalBytes / 100) return 'full'
  return freeBytes < Math.min(totalBytes / 10, LOW_BYTES) ? 'low' : 'ok'
}

/** Looks when asked; tells each worsening once, and again after it was well in between. */
export function createDiskWatch(options: {
  folder: string
  statfs?: Statfs
  now: () => number
  alarm(code: 'recordings.disk_low' | 'recordings.disk_full' | 'recordings.folder_away', state: DiskState): void
}) {
  const statfs = options.statfs ?? (realStatfs as Statfs)
  let last: DiskState = { state: 'unknown', freeBytes: 0, totalBytes: 0, at: 0 }
  return {
    state: () => last,
    async look(): Promise<DiskState> {
      const before = last.state
      const at = options.now()
      try {
        const { bsize, blocks, bavail } = await statfs(options.folder)
        const [freeBytes, totalBytes] = [bavail * bsize, blocks * bsize]
        last = { state: diskStateOf(freeBytes, totalBytes), freeBytes, totalBytes, at }
      } catch {
        last = { ...last, state: 'away', at }
      }
      const { state } = last
      if (state !== before) {
        if (state === 'low' && before !== 'full') options.alarm('recordings.disk_low', last)
        if (state === 'full') options.alarm('recordings.disk_full', last)
        if (state === 'away') options.alarm('recordings.folder_away', last)
      }
      return last
    },
  }
}
