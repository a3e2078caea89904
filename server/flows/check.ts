// `vera flow check`: what would go wrong with a flow, before a citizen finds out.
import { plainNumber } from './entries.ts'
import type { FlowNodes } from './storage.ts'

/** What a node of the palette says of itself; nodes/palette.ts has them. */
export type PaletteNode = {
  type: string
  entry?: true
  resumes?: true
  fields: Readonly<Record<string, { kind: string; of?: string }>>
}
export type CheckOptions = {
  palette: readonly PaletteNode[]
  /** Outputs of a node from top to bottom: nodes/kit/definition.ts `exitsOf`. */
  exitsOf(definition: PaletteNode, node: Record<string, unknown>): { name: string; ends?: true }[]
  problemsOf(definition: PaletteNode, node: Record<string, unknown>): { field: string; problem: string }[]
  /** What there is; a kind that is not given is not judged. */
  known?: Partial<Record<'queues' | 'calendars' | 'topics' | 'backOffices' | 'recordings', readonly string[]>>
}
export type FlowProblem = {
  code:
    | 'flow.unwired_exit'
    | 'flow.wrong_value'
    | 'flow.unknown_name'
    | 'flow.same_number'
    | 'flow.unknown_node'
    | 'flow.dead_wire'
    | 'flow.no_entry'
    | 'flow.queue_in_subflow'
  nodeId: string
  node: string
  message: string
}

/** All problems of a flow; none: an empty list. */
export function checkFlow(flows: FlowNodes, options: CheckOptions): FlowProblem[] {
  const found: FlowProblem[] = []
  const definitions = new Map(options.palette.map((definition) => [definition.type, definition]))
  const off = new Set(flows.filter((node) => node.d === true || node.disabled === true).map((node) => node.id))
  const live = flows.filter((node) => !off.has(node.id) && !off.has(node.z))
  const ids = new Set(live.map((node) => node.id))
  const entries: FlowNodes = []
  for (const node of live) {
    const say = (code: FlowProblem['code'], message: string) =>
      found.push({ code, nodeId: String(node.id), node: nameOf(node), message })
    const wires = Array.isArray(node.wires) ? (node.wires as string[][]) : []
    for (const to of wires.flat())
      if (!ids.has(to)) say('flow.dead_wire', 'tiene un cable a un nodo que no existe o está apagado')
    const definition = definitions.get(String(node.type))
    if (!definition) {
      if (String(node.type).startsWith('vera-')) say('flow.unknown_node', `el tipo «${node.type}» no existe`)
      continue
    }
    if (definition.entry) entries.push(node)
    if (definition.resumes && flows.some((other) => other.id === node.z && other.type === 'subflow')) {
      say('flow.queue_in_subflow', 'una cola dentro de un subflujo no puede retomar la llamada después de un reinicio')
    }
    for (const { field, problem } of options.problemsOf(definition, node)) {
      say('flow.wrong_value', `el campo «${field}» no es válido (${problem})`)
    }
    options.exitsOf(definition, node).forEach((exit, output) => {
      if (!exit.ends && (wires[output]?.length ?? 0) === 0) {
        say('flow.unwired_exit', `la salida «${exit.name}» no está conectada`)
      }
    })
    for (const [of, name] of namesIn(definition, node)) {
      const there = options.known?.[of]
      if (there && name !== '' && !name.includes('{{') && !there.includes(name)) {
        say('flow.unknown_name', `no existe «${name}» (${of})`)
      }
    }
  }
  found.push(...sameNumbers(entries))
  if (entries.length === 0) {
    found.push({ code: 'flow.no_entry', nodeId: '', node: '', message: 'ningún nodo recibe llamadas' })
  }
  return found
}

type Known = keyof NonNullable<CheckOptions['known']>

function namesIn(definition: PaletteNode, node: Record<string, unknown>): [of: Known, name: string][] {
  const names: [Known, string][] = []
  for (const [name, field] of Object.entries(definition.fields)) {
    const value = node[name]
    if (field.kind === 'known') names.push([field.of as Known, String(value ?? '')])
    const speeches = field.kind === 'speech' ? [value] : field.kind === 'speeches' && Array.isArray(value) ? value : []
    for (const speech of speeches as { as?: string; value?: string }[]) {
      if (speech?.as === 'recording') names.push(['recordings', String(speech.value ?? '')])
    }
  }
  return names
}

function sameNumbers(entries: FlowNodes): FlowProblem[] {
  const seen = new Map<string, FlowNodes[number]>()
  const found: FlowProblem[] = []
  for (const node of entries) {
    const number = plainNumber(String(node.number ?? ''))
    const other = seen.get(number)
    if (other) {
      const shown = number === '' ? 'cualquier número' : `el número ${number}`
      const message = `«${nameOf(other)}» ya recibe ${shown}`
      found.push({ code: 'flow.same_number', nodeId: String(node.id), node: nameOf(node), message })
    } else seen.set(number, node)
  }
  return found
}

const nameOf = (node: Record<string, unknown>) => String(node.name || node.label || node.type)
