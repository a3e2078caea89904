import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import * as esbuild from 'esbuild'
import type { Discovered } from './discover.ts'
import type { Draw } from './draw.ts'

export type Asset = { body: Buffer; type: string; etag: string }
/** Path below `/assets/` -> what is sent. */
export type Assets = Map<string, Asset>

const http = resolve(import.meta.dirname, '..')
const root = resolve(http, '../..')

/** Bundles the browser code of every page, in memory. `complain` hears of a script that does not compile. */
export async function buildAssets(found: Discovered, draw: Draw, complain: (text: string) => void): Promise<Assets> {
  const assets: Assets = new Map()
  const entries = new Map([['http/base', join(http, 'browser/base.ts')], ...found.scripts])
  let result = await bundle(entries, found, draw).catch(() => undefined)
  if (!result) {
    // One broken page must not take the others with it.
    for (const [name, path] of [...entries]) {
      const alone = await bundle(new Map([[name, path]]), found, draw).catch((error: esbuild.BuildFailure) => error)
      if (!('errors' in alone) || alone.errors.length === 0) continue
      const first = alone.errors[0] as esbuild.Message
      complain(`${first.location?.file ?? path}:${first.location?.line ?? 1}: ${first.text}`)
      entries.delete(name)
    }
    result = await bundle(entries, found, draw)
  }
  for (const file of result.outputFiles ?? []) {
    add(
      assets,
      file.path.slice(root.length + '/assets/'.length),
      Buffer.from(file.contents),
      'text/javascript; charset=utf-8',
    )
  }
  add(assets, 'http/vera.css', Buffer.from(styles(found)), 'text/css; charset=utf-8')
  add(assets, 'http/vera.svg', readFileSync(join(http, 'styles/vera.svg')), 'image/svg+xml')
  await esbuild.stop()
  return assets
}

/** One sheet of all styles: ours in the order of their names, then those beside the pages of capabilities. */
export function styles(found: Pick<Discovered, 'styles'>): string {
  const folder = join(http, 'styles')
  const own = readdirSync(folder)
    .filter((name) => name.endsWith('.css'))
    .sort()
    .map((name) => join(folder, name))
  return [...own, ...found.styles].map((path) => readFileSync(path, 'utf8')).join('\n')
}

function add(assets: Assets, path: string, body: Buffer, type: string): void {
  assets.set(path, { body, type, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 20)}"` })
}

function bundle(entries: Map<string, string>, found: Discovered, draw: Draw): Promise<esbuild.BuildResult> {
  return esbuild.build({
    entryPoints: [...entries].map(([out, path]) => ({ in: path, out })),
    outdir: join(root, 'assets'),
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    // All pages share one socket and one set of templates: the same module must not be there twice.
    splitting: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    write: false,
    logLevel: 'silent',
    absWorkingDir: root,
    // CommonJS of Handlebars and morphdom asks for these.
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins: [
      {
        name: 'vera',
        setup(build) {
          build.onResolve({ filter: /^vera:/ }, ({ path }) => ({ path, namespace: 'vera' }))
          build.onLoad({ filter: /.*/, namespace: 'vera' }, ({ path }) => ({
            contents:
              path === 'vera:partials'
                ? draw.precompiledPartials()
                : `export default ${JSON.stringify(found.texts[path === 'vera:texts/en-US' ? 'en-US' : 'es'])}`,
            loader: 'js',
            resolveDir: dirname(http),
          }))
        },
      },
    ],
  })
}
