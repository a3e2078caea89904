// The files below RECORDINGS_DIR. A path in the table is not trusted: nothing outside the folder is read or removed.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, realpath, stat, unlink } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'

export type Found = { path: string; size: number }
/** `folder`: RECORDINGS_DIR itself is not there (a share that is not mounted). */
export type Absence = 'folder' | 'missing' | 'outside' | 'unreadable'

/** The file, if it truly lies below the folder (links resolved), else why it is not to be had. */
export async function findFile(folder: string, path: string): Promise<Found | Absence> {
  const root = await realpath(folder).catch(() => undefined)
  if (root === undefined) return 'folder'
  try {
    // Talks are stored by their absolute path, voice mails below the folder.
    const real = await realpath(under(folder, root, path))
    if (!real.startsWith(root + sep)) return 'outside'
    const found = await stat(real)
    return found.isFile() ? { path: real, size: found.size } : 'missing'
  } catch (error) {
    return /^(ENOENT|ENOTDIR|ENAMETOOLONG|ERR_INVALID_ARG_VALUE)$/.test((error as { code?: string }).code ?? '')
      ? 'missing'
      : 'unreadable'
  }
}

/** A path below the folder for one of the table; undefined when it would leave it. Looks at the text only. */
export function relativePath(folder: string, path: string): string | undefined {
  if (path === '' || path.includes('\0')) return undefined
  const inside = relative(resolve(folder), resolve(folder, path))
  return inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside) ? undefined : inside
}

/** The folder may have been named through a link when the path was written. */
function under(folder: string, root: string, path: string): string {
  const inside = relativePath(folder, path)
  return inside === undefined ? resolve(root, path) : join(root, inside)
}

/**
 * Removes a file below the folder; a link is never followed. False when there was none. @throws Error when it lies outside
 * or cannot be removed
 */
export async function removeFile(folder: string, path: string): Promise<boolean> {
  const root = await realpath(folder)
  const wanted = under(folder, root, path)
  const parent = await realpath(dirname(wanted)).catch(() => undefined)
  if (parent === undefined) {
    if (relativePath(root, wanted) === undefined) throw new Error('the file is outside the recordings folder')
    return false
  }
  if (parent !== root && !parent.startsWith(root + sep)) throw new Error('the file is outside the recordings folder')
  const file = join(parent, wanted.slice(dirname(wanted).length + 1))
  const found = await lstat(file).catch(() => undefined)
  if (!found) return false
  if (!found.isFile()) throw new Error('it is not a plain file')
  await unlink(file)
  return true
}

/** SHA-256 in hex. */
export async function hashFile(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 262_144, ...(signal ? { signal } : {}) }))
    hash.update(chunk as Buffer)
  return hash.digest('hex')
}
