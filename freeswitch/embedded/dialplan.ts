import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { XMLParser } from 'fast-xml-parser'
import { expand, type Lookup } from './expand.ts'
import { separate } from './separate.ts'

export type Step = { application: string; data: string }
type Action = { application: string; data: string; anti: boolean }
type Condition = { field: string; expression: string; breaks: string; actions: Action[] }
type Extension = { name: string; continues: boolean; conditions: Condition[] }

/** The XML dialplan's contexts. The same files as the real switch's; the part of the language that they use. */
export type Dialplan = Map<string, Extension[]>

type Node = Record<string, unknown> & { ':@'?: Record<string, string> }

/** Reads every *.xml of `folders` in the order of names. Throws with the file's name when one is broken. */
export function readDialplan(folders: string[]): Dialplan {
  const contexts: Dialplan = new Map()
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: '',
    trimValues: true,
    parseAttributeValue: false,
  })
  for (const folder of folders) {
    for (const file of readdirSync(folder)
      .filter((name) => name.endsWith('.xml'))
      .sort()) {
      let tree: Node[]
      try {
        tree = parser.parse(readFileSync(join(folder, file), 'utf8')) as Node[]
      } catch (error) {
        throw new Error(`${join(folder, file)}: ${(error as Error).message}`)
      }
      for (const context of all(tree, 'context')) {
        const name = context.attributes.name ?? ''
        const list = contexts.get(name) ?? []
        contexts.set(name, list)
        for (const extension of all(context.children, 'extension')) list.push(readExtension(extension))
      }
    }
  }
  return contexts
}

type Element = { tag: string; attributes: Record<string, string>; children: Node[] }

function elements(nodes: Node[]): Element[] {
  return nodes.flatMap((node) => {
    const tag = Object.keys(node).find((key) => key !== ':@' && key !== '#text')
    return tag ? [{ tag, attributes: node[':@'] ?? {}, children: node[tag] as Node[] }] : []
  })
}

/** Elements named `tag`, also inside `include` and other wrappers. */
function all(nodes: Node[], tag: string): Element[] {
  return elements(nodes).flatMap((element) => (element.tag === tag ? [element] : all(element.children, tag)))
}

function readExtension({ attributes, children }: Element): Extension {
  return {
    name: attributes.name ?? '',
    continues: attributes.continue === 'true',
    conditions: elements(children)
      .filter((element) => element.tag === 'condition')
      .map((element) => ({
        field: element.attributes.field ?? '',
        expression: element.attributes.expression ?? '',
        breaks: element.attributes.break ?? 'on-false',
        actions: elements(element.children)
          .filter((child) => child.tag === 'action' || child.tag === 'anti-action')
          .map((child) => ({
            application: child.attributes.application ?? '',
            data: child.attributes.data ?? '',
            anti: child.tag === 'anti-action',
          })),
      })),
  }
}

/**
 * What the dialplan of `context` says for a leg: its steps, or undefined when nothing matches. `field` gives the caller
 * profile's fields (destination_number ...), `variables` the leg's variables as they are now.
 */
export function route(
  dialplan: Dialplan,
  context: string,
  field: Lookup,
  variables: Lookup,
  globals: Lookup,
): Step[] | undefined {
  const extensions = dialplan.get(context)
  if (!extensions) return undefined
  const steps: Step[] = []
  for (const extension of extensions) {
    let matched = false
    for (const condition of extension.conditions) {
      const value = condition.field.includes('${')
        ? expand(condition.field, variables, globals)
        : (field(condition.field) ?? variables(condition.field) ?? '')
      const match = condition.field === '' ? [''] : new RegExp(condition.expression).exec(value)
      for (const action of condition.actions) {
        if (action.anti === Boolean(match)) continue
        const data = match ? action.data.replace(/\$(\d)/g, (_, group) => match[Number(group)] ?? '') : action.data
        steps.push({ application: action.application, data })
        matched = true
      }
      if (match) matched ||= condition.actions.length > 0
      if (
        condition.breaks === 'always' ||
        (!match && condition.breaks === 'on-false') ||
        (match && condition.breaks === 'on-true')
      )
        break
    }
    if (matched && !extension.continues) return steps
  }
  return steps.length > 0 ? steps : undefined
}

/** The steps of the dialplan `inline`: `app:data,app:data`, where `\\,` is a comma; `m:^:` in front changes the comma. */
export function inlineSteps(text: string): Step[] {
  const [, delimiter = ',', rest = text] = /^m:(.):(.*)$/s.exec(text) ?? []
  return separate(rest, delimiter).map((part) => {
    const at = part.indexOf(':')
    return at < 0 ? { application: part, data: '' } : { application: part.slice(0, at), data: part.slice(at + 1) }
  })
}
