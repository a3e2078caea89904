// Where a prompt is used: in the flows that run, in the messages of queues, in the rules of recording.
import type { Database, Scope } from '../database/index.ts'

/** `where`: the flow's or the queue's name; `at`: the node within it. */
export type PromptUse = { name: string; kind: 'flow' | 'queue' | 'recording'; where: string; at: string }

type FlowNode = Record<string, unknown> & { id?: string; z?: string; type?: string; name?: string; label?: string }

/**
 * All uses of prompts by name. Flows belong to the whole centre: a name in one of them counts in every agency. Reads the last
 * deploy that can be read.
 */
export async function usesOf(db: Database, scope: Scope): Promise<PromptUse[]> {
  const uses = flowUses(await lastFlows(db))
  const queues = await db.knex('queues').where({ agency_id: scope.agencyId }).select('name', 'messages')
  for (const queue of queues) {
    for (const name of namesIn(parsed(queue.messages)))
      uses.push({ name, kind: 'queue', where: String(queue.name), at: '' })
  }
  const rules = await db.knex('recording_rules').where({ agency_id: scope.agencyId }).whereNotNull('announce')
  for (const { announce } of rules)
    uses.push({ name: String(announce).replace(/^@/, ''), kind: 'recording', where: '', at: '' })
  return uses
}

async function lastFlows(db: Database): Promise<FlowNode[]> {
  for (let before = Number.MAX_SAFE_INTEGER; ; ) {
    const row = await db.knex('flow_deploys').where('id', '<', before).orderBy('id', 'desc').first('id', 'flows')
    if (!row) return []
    const flows = parsed(row.flows)
    if (Array.isArray(flows)) return flows
    before = row.id
  }
}

/** Disabled nodes and flows count too: they may be enabled again by a click. */
export function flowUses(nodes: readonly unknown[]): PromptUse[] {
  const all = nodes.filter((node): node is FlowNode => typeof node === 'object' && node !== null)
  const flows = new Map(all.filter(({ type }) => type === 'tab').map((node) => [node.id, node.label || node.id || '']))
  return all.flatMap((node) =>
    [...namesIn(node)].map((name) => ({
      name,
      kind: 'flow' as const,
      where: String(flows.get(node.z) ?? ''),
      at: String(node.name || node.type || ''),
    })),
  )
}

/** `{as: 'recording', value: name}` and texts `@name`, at any depth. */
function namesIn(value: unknown, found = new Set<string>(), depth = 0): Set<string> {
  if (depth > 20) return found
  if (typeof value === 'string') {
    if (/^@./.test(value)) found.add(value.slice(1).trim())
  } else if (typeof value === 'object' && value !== null) {
    const { as, value: name } = value as { as?: unknown; value?: unknown }
    if (as === 'recording' && typeof name === 'string' && name.trim() !== '') found.add(name.trim())
    for (const inner of Object.values(value)) namesIn(inner, found, depth + 1)
  }
  return found
}

function parsed(text: unknown): unknown {
  try {
    return JSON.parse(String(text))
  } catch {
    return undefined
  }
}
