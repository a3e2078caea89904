// The folder where the switches leave their records: one subfolder a switch, or all in the folder itself. The folder is the
// queue: what lies in it is to be imported, `done/<day>/` has what was, `broken/` what cannot be, each with its reason.
import { type Dirent, watch } from 'node:fs'
import { mkdir, opendir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { RecordFault } from './record.ts'

/** A file that waits. `node`: the subfolder's name. */
export type WaitingFile = { folder: string; name: string; node?: string }
export type BrokenFile = {
  /** `<subfolder or empty>/<name>`: what `retry` takes. */
  key: string
  name: string
  node?: string
  reason: RecordFault
  detail: string
  bytes: number
  at: number
}

const RECORD = /\.cdr\.json$/
const WHY = '.why.json'
const OURS = new Set(['done', 'broken'])
/** Names that come back from a form must be names, not paths. */
const SAFE_NAME = /^(?!\.)[\w.+@:-]{1,250}$/

/** The folder itself and its subfolders, those of ours left out. A folder that is not there has none. */
async function sources(root: string): Promise<{ folder: string; node?: string }[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch(() => [] as Dirent[])
  const nodes = entries.filter((entry) => entry.isDirectory() && !OURS.has(entry.name) && SAFE_NAME.test(entry.name))
  return [{ folder: root }, ...nodes.map(({ name }) => ({ folder: join(root, name), node: name }))]
}

/** Every file that waits, one at a time: there may be a hundred thousand. */
export async function* waitingFiles(root: string): AsyncGenerator<WaitingFile> {
  for (const source of await sources(root)) {
    const folder = await opendir(source.folder, { bufferSize: 512 }).catch(() => undefined)
    if (!folder) continue
    for await (const entry of folder)
      if (RECORD.test(entry.name) && !entry.isDirectory()) yield { ...source, name: entry.name }
  }
}

/** How many wait, and since when the oldest does (UTC ms, by the files' own times; the first `sample` are looked at). */
export async function waitingState(root: string, sample = 2_000): Promise<{ waiting: number; oldestAt?: number }> {
  let waiting = 0
  let oldestAt: number | undefined
  for await (const file of waitingFiles(root)) {
    if (waiting++ >= sample) continue
    const found = await stat(join(file.folder, file.name)).catch(() => undefined)
    if (found && (oldestAt === undefined || found.mtimeMs < oldestAt)) oldestAt = Math.round(found.mtimeMs)
  }
  return { waiting, ...(oldestAt === undefined ? {} : { oldestAt }) }
}

/** One move on one file system: there is no instant at which the file is in neither place. Gone already is done already. */
async function move(from: string, toFolder: string, name: string): Promise<void> {
  const go = () => rename(from, join(toFolder, name))
  try {
    await go()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    await mkdir(toFolder, { recursive: true })
    await go().catch((again: NodeJS.ErrnoException) => {
      if (again.code !== 'ENOENT') throw again
    })
  }
}

/** Out of the way once the database has it; `keep` false removes it at once. */
export async function setDone(file: WaitingFile, now: number, keep: boolean): Promise<void> {
  const path = join(file.folder, file.name)
  if (!keep) return rm(path, { force: true })
  await move(path, join(file.folder, 'done', new Date(now).toISOString().slice(0, 10)), file.name)
}

/** The reason is written first: a crash in between leaves a note without a file, never a file without a note. */
export async function setBroken(file: WaitingFile, reason: RecordFault, detail: string, now: number): Promise<void> {
  const folder = join(file.folder, 'broken')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, `${file.name}${WHY}`), JSON.stringify({ reason, detail: detail.slice(0, 300), at: now }))
  await move(join(file.folder, file.name), folder, file.name)
}

/** What was set aside, latest first. */
export async function brokenFiles(root: string): Promise<BrokenFile[]> {
  const found: BrokenFile[] = []
  for (const { folder, node } of await sources(root)) {
    for (const name of await readdir(join(folder, 'broken')).catch(() => [] as string[])) {
      if (name.endsWith(WHY)) continue
      const path = join(folder, 'broken', name)
      const why = await readFile(`${path}${WHY}`, 'utf8').then(JSON.parse, () => ({}))
      const file = await stat(path).catch(() => undefined)
      if (!file?.isFile()) continue
      const { reason = 'unreadable', detail = '', at = file.mtimeMs } = why ?? {}
      const about = { name, reason, detail: String(detail), bytes: file.size, at: Math.round(Number(at)) }
      found.push({ key: `${node ?? ''}/${name}`, ...(node === undefined ? {} : { node }), ...about })
    }
  }
  return found.sort((a, b) => b.at - a.at)
}

/** Puts a file that was set aside back in line. False when there is none of that name. */
export async function retryBroken(root: string, key: string): Promise<boolean> {
  const [node = '', name = '', more] = key.split('/')
  if (more !== undefined || !SAFE_NAME.test(name) || name.endsWith(WHY) || (node && !SAFE_NAME.test(node))) return false
  if (OURS.has(node)) return false
  const folder = node ? join(root, node) : root
  try {
    await rename(join(folder, 'broken', name), join(folder, name))
  } catch {
    return false
  }
  await rm(join(folder, 'broken', `${name}${WHY}`), { force: true })
  return true
}

/** Removes the days of `done/` that are older than `days`. */
export async function pruneDone(root: string, now: number, days: number): Promise<void> {
  const oldest = new Date(now - days * 86_400_000).toISOString().slice(0, 10)
  for (const { folder } of await sources(root)) {
    for (const day of await readdir(join(folder, 'done')).catch(() => [] as string[]))
      if (/^\d{4}-\d\d-\d\d$/.test(day) && day < oldest)
        await rm(join(folder, 'done', day), { recursive: true, force: true })
  }
}

/** Calls back when something changes in the folder or its subfolders' list; a system that cannot watch just does not. */
export function watchFolder(root: string, changed: (name: string) => void): () => void {
  try {
    const watcher = watch(root, { persistent: false }, (_, name) => changed(basename(String(name ?? ''))))
    watcher.on('error', () => watcher.close())
    return () => watcher.close()
  } catch {
    return () => {}
  }
}
