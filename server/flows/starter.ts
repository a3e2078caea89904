import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FlowNodes } from './storage.ts'

/** The flows that a new centre begins with. */
export type Starter = () => Promise<FlowNodes>

/** All `*.json` of a folder as one set of flows. A broken file is skipped with one line that names it. */
export function starterFrom(folder: string, log: (line: string) => void): Starter {
  return async () => {
    const files = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json')).sort()
    const flows: FlowNodes = []
    for (const file of files) {
      const read = parseFlow(await readFile(join(folder, file), 'utf8'))
      if (typeof read === 'string') log(`flows/${file}: ${read}; it is left out`)
      else flows.push(...read)
    }
    return flows
  }
}

/** The nodes of an exported flow, or what is wrong with the text in one line. */
export function parseFlow(text: string): FlowNodes | string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return `not JSON (${(error as Error).message.split('\n')[0]})`
  }
  if (!Array.isArray(value)) return 'not a flow: an exported flow is a list of nodes'
  for (const node of value) {
    if (typeof node?.id !== 'string' || typeof node?.type !== 'string') return 'not a flow: a node has no id or no type'
  }
  const ids = new Set(value.map((node) => node.id))
  return ids.size < value.length ? 'two nodes have the same id' : value
}
