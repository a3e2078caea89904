import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Language, TextTree } from './translate.ts'

/** What the capabilities bring: `name` is `<capability>/<page>`, or `<capability>/<partial>` without its underscore. */
export type Discovered = {
  pages: Map<string, string>
  partials: Map<string, string>
  /** `<capability>/<script>` -> its file. */
  scripts: Map<string, string>
  /** Sheets beside pages, class names of their own. */
  styles: string[]
  texts: Record<Language, TextTree>
}

const repository = resolve(import.meta.dirname, '../../..')

/** Reads pages and texts of server/* and of reports. @throws Error naming the file that is wrong */
export function discover(root: string = repository): Discovered {
  const found: Discovered = {
    pages: new Map(),
    partials: new Map(),
    scripts: new Map(),
    styles: [],
    texts: { es: {}, 'en-US': {} },
  }
  const rooms = existsSync(join(root, 'server'))
    ? readdirSync(join(root, 'server'), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry): [string, string] => [entry.name, join(root, 'server', entry.name)])
    : []
  rooms.push(['reports', join(root, 'reports')])
  for (const [capability, folder] of rooms) {
    readPages(capability, join(folder, 'pages'), found)
    for (const language of ['es', 'en-US'] as const) {
      const path = join(folder, 'locales', `${language}.json`)
      if (existsSync(path)) readTexts(capability, path, found.texts[language])
    }
  }
  return found
}

function readPages(capability: string, folder: string, found: Discovered): void {
  if (!existsSync(folder)) return
  for (const file of readdirSync(folder)) {
    const path = join(folder, file)
    if (file.endsWith('.ts') && !file.endsWith('.spec.ts') && !file.startsWith('_')) {
      found.scripts.set(`${capability}/${file.slice(0, -3)}`, path)
    }
    if (file.endsWith('.css')) found.styles.push(path)
    if (!file.endsWith('.hbs')) continue
    const source = readFileSync(path, 'utf8')
    // What outsiders wrote must never reach a page unescaped.
    if (/\{\{~?\{|\{\{~?&/.test(source)) throw new Error(`${path}: {{{ }}} and {{& }} are forbidden in templates`)
    const name = file.slice(0, -4)
    if (name.startsWith('_')) found.partials.set(`${capability}/${name.slice(1)}`, source)
    else found.pages.set(`${capability}/${name}`, source)
  }
}

function readTexts(capability: string, path: string, tree: TextTree): void {
  let parsed: unknown
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`)
  }
  const { errors, ...own } = parsed as Record<string, unknown>
  flatten(capability, Object.keys(own).length === 1 && isTree(own[capability]) ? own[capability] : own, tree)
  if (errors !== undefined) flatten('errors', errors, tree)
}

const isTree = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

function flatten(prefix: string, value: unknown, tree: TextTree): void {
  if (typeof value === 'string') tree[prefix] = value
  else if (isTree(value)) for (const [key, inner] of Object.entries(value)) flatten(`${prefix}.${key}`, inner, tree)
}
