// The import rules of docs/architecture.md: imports run one way, capabilities meet only through index.ts, no cycles.
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Which rooms a file of the room on the left may import from (its own room always). */
const allowed: Record<string, string[]> = {
  freeswitch: [],
  nodes: ['freeswitch', 'server'],
  flows: ['freeswitch', 'server', 'nodes'],
  reports: ['server'],
  server: ['freeswitch', 'nodes', 'reports'],
  test: ['freeswitch', 'nodes', 'server', 'reports', 'flows', 'bench', 'settings.ts'],
  bench: ['freeswitch', 'nodes', 'server', 'reports', 'flows', 'test'],
  'settings.ts': ['server', 'nodes'],
}
/** Only the files at the root of server/ (and cli, testing) may reach into nodes/ and reports/: the ones that join rooms. */
const joiners = /^server\/[^/]+\.ts$|^server\/(cli|testing)\//
/** Rooms inside server/ that everyone there may import file by file; all other folders are capabilities. */
const foundations = new Set(['database', 'http', 'live', 'testing', 'cli'])

export type Fault = { file: string; imports: string; rule: string }

/** All faults against the rules among `files` (path -> source text); paths are relative to the repository. */
export function faults(files: Map<string, string>): Fault[] {
  const found: Fault[] = []
  const graph = new Map<string, string[]>()
  for (const [file, source] of files) {
    const targets: string[] = []
    const spec = /\.spec\.ts$/.test(file)
    const statement =
      /^\s*(?:import|export)\s+(type\s+)?(?:[^'"`;]*?\sfrom\s+)?['"](\.[^'"]+)['"]|import\(\s*['"](\.[^'"]+)['"]\s*\)/gm
    for (const match of source.matchAll(statement)) {
      const typeOnly = Boolean(match[1])
      const target = normalize(join(dirname(file), (match[2] ?? match[3]) as string))
      if (!typeOnly && match[2]) targets.push(target)
      const from = file.split('/')[0] as string
      const to = target.split('/')[0] as string
      const say = (rule: string) => found.push({ file, imports: target, rule })
      if (to === '..') say('imports stay inside the repository')
      if (from !== to && !spec && !(allowed[from] ?? []).includes(to)) say(`${from} may not import ${to}`)
      if (from === 'nodes' && to === 'server' && !typeOnly && !spec) say('nodes import only types of server')
      if (from === 'server' && (to === 'nodes' || to === 'reports') && !spec && !joiners.test(file))
        say('only files at the root of server/, cli and testing join rooms')
      if (from === 'server' && to === 'server' && !spec) {
        const [, mine, inside] = file.split('/')
        const [, theirs, ...rest] = target.split('/')
        if (
          inside &&
          rest.length > 0 &&
          mine !== theirs &&
          !foundations.has(theirs as string) &&
          rest.join('/') !== 'index.ts' &&
          !joiners.test(file)
        )
          say('capabilities meet only through index.ts')
        if (
          foundations.has(mine as string) &&
          inside &&
          rest.length > 0 &&
          !foundations.has(theirs as string) &&
          mine !== 'testing' &&
          mine !== 'cli'
        )
          say(`server/${mine} may not import a capability`)
      }
      if (from === 'reports' && to === 'server' && !spec) {
        const [, theirs, ...rest] = target.split('/')
        if (rest.length > 0 && !foundations.has(theirs as string) && rest.join('/') !== 'index.ts')
          say("reports import a capability's index only")
      }
    }
    graph.set(file, targets)
  }
  return [...found, ...cycles(graph)]
}

function cycles(graph: Map<string, string[]>): Fault[] {
  const state = new Map<string, 'open' | 'done'>()
  const found: Fault[] = []
  const visit = (file: string, path: string[]) => {
    if (state.get(file) === 'done' || !graph.has(file)) return
    if (state.get(file) === 'open') {
      found.push({ file, imports: [...path.slice(path.indexOf(file)), file].join(' -> '), rule: 'no cycles' })
      return
    }
    state.set(file, 'open')
    for (const target of graph.get(file) ?? []) visit(target, [...path, file])
    state.set(file, 'done')
  }
  for (const file of graph.keys()) visit(file, [])
  return found
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const names = globSync('**/*.ts', { exclude: (name) => name === 'node_modules' || name === 'var' })
  const list = faults(new Map(names.map((name) => [name, readFileSync(name, 'utf8')])))
  for (const fault of list) console.log(`${fault.file}: ${fault.rule} (${fault.imports})`)
  process.exitCode = list.length > 0 ? 1 : 0
}
