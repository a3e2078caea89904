// Browser side of the palette: draws each node's form from its definition and registers it with the editor.
// Bundled by server/node-red.ts at start and loaded before the nodes' own HTML, which calls `VeraNodes.register(type)`.
import { exitsOf, type Field, type NodeDefinition, problemOf } from '../kit/definition.ts'
import { palette } from '../palette.ts'
import { loadChoices } from './choices.ts'
import { clean, control, type Drawn, describe } from './controls.ts'
import { red } from './red.ts'

const colours = { ivr: '#2f6db3', queue: '#2e7d5b', crm: '#7a4a9e' }
const categories = { ivr: 'Vera · llamadas', queue: 'Vera · colas', crm: 'Vera · ciudadanos' }
const problemTexts: Record<string, string> = {
  required: 'falta completar',
  shape: 'valor no válido',
  range: 'fuera de rango',
  too_long: 'demasiado largo',
  rule: 'formato no válido',
  duplicate_key: 'tecla repetida',
}

type EditorNode = Record<string, unknown> & {
  type: string
  name?: string
  veraControls?: Map<string, Drawn>
  _(key: string): string
}

/** Called by each node's HTML. */
export function register(type: string): void {
  const definition = palette.find((one) => one.type === type)
  if (!definition) return
  const RED = red()
  const t = (node: EditorNode, key: string) => node._(`${type}.${key}`)

  RED.nodes.registerType(type, {
    category: categories[definition.category],
    color: colours[definition.category],
    defaults: defaultsOf(definition),
    inputs: definition.entry ? 0 : 1,
    outputs: exitsOf(definition, firstValues(definition)).length,
    icon: `${type}.svg`,
    align: definition.entry ? undefined : 'left',
    paletteLabel(this: EditorNode) {
      return t(this, 'label')
    },
    label(this: EditorNode) {
      return this.name || summaryOf(definition, this) || t(this, 'label')
    },
    labelStyle: 'vera-label',
    outputLabels(this: EditorNode, index: number) {
      const exit = exitsOf(definition, this)[index]
      if (!exit) return undefined
      if (!exit.name.startsWith('key:')) return t(this, `exits.${exit.name}`)
      const options = (this[definition.exitsFrom as string] ?? []) as { key: string; label: string }[]
      return `${options[index]?.key} ${options[index]?.label ?? ''}`.trim()
    },
    oneditprepare(this: EditorNode) {
      draw(definition, this, (key) => t(this, key))
    },
    oneditsave(this: EditorNode) {
      if (definition.exitsFrom) moveWires(definition, this)
      for (const [name, drawn] of this.veraControls ?? []) this[name] = drawn.read()
      delete this.veraControls
    },
    oneditcancel(this: EditorNode) {
      delete this.veraControls
    },
  })
}

/** Tells Node-RED where each output went, so that a key added or removed does not move the wires of the others. */
function moveWires(definition: NodeDefinition, node: EditorNode): void {
  const input = document.querySelector<HTMLInputElement>('#node-input-outputs')
  const origins = node.veraControls?.get(definition.exitsFrom as string)?.origins?.()
  if (!input || !origins) return
  const before = exitsOf(definition, node).length - definition.exits.length
  const map: Record<string, number> = {}
  for (let at = 0; at < before; at++) map[at] = origins.indexOf(at)
  origins.forEach((origin, at) => {
    if (origin === undefined) map[`new${at}`] = at
  })
  definition.exits.forEach((_, at) => {
    map[before + at] = origins.length + at
  })
  input.value = JSON.stringify(map)
}

function firstValues(definition: NodeDefinition): Record<string, unknown> {
  return Object.fromEntries(Object.entries(definition.fields).map(([name, field]) => [name, field.default]))
}

function defaultsOf(definition: NodeDefinition): Record<string, object> {
  const defaults: Record<string, object> = { name: { value: '' } }
  for (const [name, field] of Object.entries(definition.fields)) {
    defaults[name] = {
      value: structuredClone(field.default),
      validate: (value: unknown) => {
        const problem = problemOf(field, value ?? field.default)
        return problem ? (problemTexts[problem] ?? problem) : true
      },
    }
  }
  if (definition.exitsFrom) defaults.outputs = { value: exitsOf(definition, firstValues(definition)).length }
  return defaults
}

/** A short look into the node, for its label on the canvas: the queue, the calendar, the number. */
function summaryOf(definition: NodeDefinition, node: EditorNode): string {
  const telling = ['queue', 'calendar', 'number', 'to', 'subject'].find((name) => name in definition.fields)
  const value = telling ? node[telling] : undefined
  return typeof value === 'string' ? clean(value) : ''
}

function draw(definition: NodeDefinition, node: EditorNode, t: (key: string) => string): void {
  const form = document.querySelector<HTMLElement>('#dialog-form')
  if (!form) return
  form.classList.add('vera-form')
  const choices = loadChoices()
  const controls = new Map<string, Drawn>()
  form.append(describe(t('summary')))
  form.append(row('Nombre', nameInput(node.name ?? '')))
  for (const [name, field] of Object.entries(definition.fields)) {
    const key = `${definition.type}-${name}`
    const drawn = control(field as Field, node[name] ?? field.default, { t, name, key, choices })
    controls.set(name, drawn)
    form.append(row(t(`fields.${name}`), drawn.element, hintOf(t, name), key))
    const check = () => {
      const problem = problemOf(field as Field, drawn.read())
      drawn.element.classList.toggle('vera-wrong', problem !== undefined)
      drawn.element.title = problem ? (problemTexts[problem] ?? problem) : ''
    }
    drawn.element.addEventListener('input', check)
    drawn.element.addEventListener('change', check)
    check()
  }
  if (definition.exitsFrom) {
    const outputs = document.createElement('input')
    outputs.type = 'hidden'
    outputs.id = 'node-input-outputs'
    form.append(outputs)
  }
  showWhatMatters(definition, controls, form)
  node.veraControls = controls
}

/** Lengths are asked only of free digits. */
function showWhatMatters(definition: NodeDefinition, controls: Map<string, Drawn>, form: HTMLElement): void {
  const rule = controls.get('rule')
  if (definition.type !== 'vera-ask' || !rule) return
  const update = () => {
    for (const name of ['min', 'max']) {
      const line = form.querySelector<HTMLElement>(`[data-field="vera-ask-${name}"]`)
      if (line) line.hidden = rule.read() !== 'digits'
    }
  }
  rule.element.addEventListener('change', update)
  update()
}

function hintOf(t: (key: string) => string, name: string): string {
  const key = `hints.${name}`
  const text = t(key)
  return text.endsWith(key) ? '' : text
}

function nameInput(value: string): HTMLInputElement {
  const input = document.createElement('input')
  // Node-RED itself reads and writes a field of this id.
  input.id = 'node-input-name'
  input.type = 'text'
  input.value = value
  return input
}

function row(label: string, element: HTMLElement, hint = '', key = ''): HTMLElement {
  const line = document.createElement('div')
  line.className = 'form-row vera-row'
  if (key) line.dataset.field = key
  const caption = document.createElement('label')
  caption.textContent = label
  const input = element.matches('input, select, textarea') ? element : element.querySelector('input, select, textarea')
  if (input) {
    input.id ||= `vera-input-${key}`
    caption.htmlFor = input.id
  }
  const body = document.createElement('div')
  body.className = 'vera-body'
  body.append(element)
  if (hint) {
    const small = document.createElement('small')
    small.textContent = hint
    body.append(small)
  }
  line.append(caption, body)
  return line
}
