// Files of a backup: copied, hashed as they are written, and listed in a manifest that is verified from what lies there.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { chmod, copyFile, lstat, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, sep } from 'node:path'

export type Listed = { path: string; bytes: number; sha256: string }
export type Manifest = {
  format: 1
  /** ISO 8601 */
  madeAt: string
  database: 'sqlite' | 'mysql'
  recordings: boolean
  files: Listed[]
}
export const manifestName = 'manifest.json'

/** Bytes and SHA-256 (hex) of a file as it lies there. */
export async function fingerprint(path: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk as Buffer)
    bytes += (chunk as Buffer).length
  }
  return { bytes, sha256: hash.digest('hex') }
}

/** Plain files below `folder`, relative with `/`, in order; links and whatever `skip` names (relative) are left out. */
export async function filesBelow(folder: string, skip: (path: string) => boolean = () => false): Promise<string[]> {
  const found: string[] = []
  async function walk(inside: string): Promise<void> {
    const entries = await readdir(join(folder, inside), { withFileTypes: true }).catch(() => [])
    for (const entry of entries.sort((a, b) => a.name.localeCompare(b.name))) {
      const path = inside === '' ? entry.name : `${inside}/${entry.name}`
      if (skip(path)) continue
      if (entry.isDirectory()) await walk(path)
      else if (entry.isFile()) found.push(path)
    }
  }
  await walk('')
  return found
}

/** Copies one file for its owner only (0600); a file that goes away meanwhile gives false. */
export async function copy(from: string, to: string): Promise<boolean> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 })
  try {
    await copyFile(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && (await lstat(from).catch(() => undefined)) === undefined)
      return false
    throw error
  }
  await chmod(to, 0o600)
  return true
}

/** Lists everything below `folder` in its manifest, written last: a backup without one is not whole. */
export async function writeManifest(folder: string, about: Omit<Manifest, 'format' | 'files'>): Promise<Manifest> {
  const files: Listed[] = []
  for (const path of await filesBelow(folder, (name) => name === manifestName))
    files.push({ path, ...(await fingerprint(join(folder, path))) })
  const manifest: Manifest = { format: 1, ...about, files }
  await writeFile(join(folder, manifestName), `${JSON.stringify(manifest, null, 1)}\n`, { mode: 0o600 })
  return manifest
}

/** What a backup holds and what is wrong with it: one line for each file that is missing, changed or not listed. */
export async function checkBackup(folder: string): Promise<{ manifest: Manifest | undefined; faults: string[] }> {
  let manifest: Manifest
  try {
    manifest = JSON.parse(await readFile(join(folder, manifestName), 'utf8'))
    if (manifest.format !== 1 || !Array.isArray(manifest.files)) throw new Error('another format')
  } catch {
    return { manifest: undefined, faults: [`no se puede leer ${manifestName}: no es una copia, o quedó a medias`] }
  }
  const faults: string[] = []
  const listed = new Set<string>()
  for (const { path, bytes, sha256 } of manifest.files) {
    if (typeof path !== 'string' || !isInside(path)) {
      faults.push(`${String(path).slice(0, 100)}: ruta que no vale`)
      continue
    }
    listed.add(path)
    const now = await fingerprint(join(folder, path)).catch(() => undefined)
    if (!now) faults.push(`${path}: falta`)
    else if (now.bytes !== bytes || now.sha256 !== sha256) faults.push(`${path}: cambió`)
  }
  for (const path of await filesBelow(folder, (name) => name === manifestName))
    if (!listed.has(path)) faults.push(`${path}: no está en la lista`)
  return { manifest, faults }
}

/** A relative path that stays below its folder. */
export const isInside = (path: string) =>
  path !== '' && !isAbsolute(path) && !path.includes('\0') && !path.split(/[/\\]/).some((part) => part === '..')

/** `path` relative to `folder` with `/`, when it lies below it. */
export function below(folder: string, path: string): string | undefined {
  const inside = relative(folder, path)
  return inside !== '' && isInside(inside) ? inside.split(sep).join('/') : undefined
}
