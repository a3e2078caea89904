// One control for each kind of field. All text goes in by textContent or value: nothing a user wrote becomes markup.
import type { Field, MenuOption, Speech } from '../kit/definition.ts'
import type { Choices } from '../kit/platform.ts'

export type Drawn = {
  element: HTMLElement
  read(): unknown
  /** Of a list: where each item stood when the form was opened; undefined for new ones. */
  origins?(): (number | undefined)[]
}
export type Context = {
  t(key: string): string
  name: string
  /** Unique on the page. */
  key: string
  choices: Promise<Choices | undefined>
}

export function control(field: Field, value: unknown, context: Context): Drawn {
  switch (field.kind) {
    case 'flag':
      return flag(value === true)
    case 'number':
      return numeric(field, value)
    case 'choice':
      return choice(field.options, String(value), context)
    case 'speech':
      return speech(value as Speech, context)
    case 'speeches':
      return list<Speech>(
        (value as Speech[]) ?? [],
        { as: 'text', value: '' },
        (item) => speech(item, context),
        'Agregar mensaje',
      )
    case 'options':
      return list(
        (value as MenuOption[]) ?? [],
        { key: '', label: '' },
        field.spoken ? spokenOption : menuOption,
        'Agregar opción',
      )
    case 'known':
      return known(field.of, String(value ?? ''), context)
    case 'template':
      return area(String(value ?? ''))
    default:
      return text(String(value ?? ''))
  }
}

/** Text for a label on the canvas. */
export const clean = (value: string) => value.trim().slice(0, 40)

export function describe(summary: string): HTMLElement {
  const line = make('p', 'vera-summary')
  line.textContent = summary
  return line
}

function make<K extends keyof HTMLElementTagNameMap>(tag: K, className = ''): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  if (className) element.className = className
  return element
}

function text(value: string): Drawn & { element: HTMLInputElement } {
  const element = make('input')
  element.type = 'text'
  element.value = value
  return { element, read: () => element.value }
}

function area(value: string): Drawn & { element: HTMLTextAreaElement } {
  const element = make('textarea')
  element.rows = 3
  element.value = value
  return { element, read: () => element.value }
}

function flag(value: boolean): Drawn {
  const element = make('input')
  element.type = 'checkbox'
  element.checked = value
  return { element, read: () => element.checked }
}

function numeric(field: { min: number; max: number }, value: unknown): Drawn {
  const element = make('input', 'vera-short')
  element.type = 'number'
  element.min = String(field.min)
  element.max = String(field.max)
  element.value = String(value ?? '')
  return { element, read: () => (element.value === '' ? '' : Number(element.value)) }
}

function select(options: { value: string; label: string }[], value: string): HTMLSelectElement {
  const element = make('select')
  const all = options.some((option) => option.value === value) ? options : [{ value, label: value || '—' }, ...options]
  for (const option of all) {
    const item = make('option')
    item.value = option.value
    item.textContent = option.label
    element.append(item)
  }
  element.value = value
  return element
}

function choice(options: readonly string[], value: string, { t, name }: Context): Drawn {
  const element = select(
    options.map((option) => ({ value: option, label: t(`options.${name}.${option}`) })),
    value,
  )
  return { element, read: () => element.value }
}

/** Free text with suggestions: a flow may name what another agency has. */
function known(of: keyof Choices, value: string, { key, choices }: Context): Drawn {
  const element = make('div')
  const input = text(value).element
  const suggestions = make('datalist')
  suggestions.id = `vera-list-${key}`
  input.setAttribute('list', suggestions.id)
  element.append(input, suggestions)
  void choices.then((found) => {
    for (const option of found?.[of] ?? []) {
      const item = make('option')
      item.value = option.value
      item.label = option.label
      suggestions.append(item)
    }
  })
  return { element, read: () => input.value.trim() }
}

/** Typed text or a recording, with a button to hear the text. */
function speech(value: Speech, { choices, key }: Context): Drawn {
  const element = make('div', 'vera-speech')
  const kind = select(
    [
      { value: 'text', label: 'Texto' },
      { value: 'recording', label: 'Grabación' },
    ],
    value?.as ?? 'text',
  )
  kind.setAttribute('aria-label', 'Texto o grabación')
  const words = area(value?.as === 'text' ? value.value : '').element
  words.rows = 2
  words.id = `vera-input-${key}-${Math.random().toString(36).slice(2, 7)}`
  const recording = make('span', 'vera-recording')
  let names = select([], value?.as === 'recording' ? value.value : '')
  recording.append(names)
  void choices.then((found) => {
    const fresh = select(found?.recordings ?? [], names.value)
    names.replaceWith(fresh)
    names = fresh
    show()
  })
  const listen = make('button', 'red-ui-button vera-listen')
  listen.type = 'button'
  listen.textContent = '▶ Escuchar'
  const show = () => {
    words.hidden = kind.value !== 'text'
    recording.hidden = kind.value !== 'recording'
  }
  kind.addEventListener('change', show)
  listen.addEventListener('click', () => {
    const what: Record<string, string> = kind.value === 'text' ? { text: words.value } : { recording: names.value }
    void new Audio(`vera/speech?${new URLSearchParams(what)}`).play().catch(() => {})
  })
  show()
  const top = make('div', 'vera-speech-top')
  top.append(kind, recording, listen)
  element.append(top, words)
  return {
    element,
    read: (): Speech =>
      kind.value === 'text' ? { as: 'text', value: words.value } : { as: 'recording', value: names.value },
  }
}

function menuOption(value: MenuOption): Drawn {
  const element = make('div', 'vera-option')
  const key = select(
    [...'1234567890*#'].map((one) => ({ value: one, label: one })),
    value.key,
  )
  key.setAttribute('aria-label', 'Tecla')
  const label = text(value.label).element
  label.placeholder = 'Nombre de la opción'
  label.setAttribute('aria-label', 'Nombre de la opción')
  element.append(key, label)
  return { element, read: (): MenuOption => ({ key: key.value, label: label.value.trim() }) }
}

/** A key, its name, and below them what else a caller may say for it. */
function spokenOption(value: MenuOption): Drawn {
  const inner = menuOption(value)
  const element = make('div', 'vera-spoken')
  const phrases = text(value.phrases ?? '').element
  phrases.placeholder = 'También se puede decir: turno, sacar un turno'
  phrases.setAttribute('aria-label', 'Frases que también valen, separadas por comas')
  element.append(inner.element, phrases)
  return { element, read: (): MenuOption => ({ ...(inner.read() as MenuOption), phrases: phrases.value.trim() }) }
}

function list<Item>(items: Item[], empty: Item, one: (item: Item) => Drawn, addText: string): Drawn {
  const element = make('div', 'vera-list')
  const lines = make('div')
  const drawn = new Map<HTMLElement, Drawn>()
  const origins = new Map<HTMLElement, number>()
  const changed = () => element.dispatchEvent(new Event('change'))
  const add = (item: Item, origin?: number) => {
    const line = make('div', 'vera-line')
    const inner = one(item)
    const remove = make('button', 'red-ui-button')
    remove.type = 'button'
    remove.textContent = '✕'
    remove.title = 'Quitar'
    remove.addEventListener('click', () => {
      drawn.delete(line)
      line.remove()
      changed()
    })
    line.append(inner.element, remove)
    lines.append(line)
    drawn.set(line, inner)
    if (origin !== undefined) origins.set(line, origin)
  }
  items.forEach((item, at) => {
    add(item, at)
  })
  const more = make('button', 'red-ui-button')
  more.type = 'button'
  more.textContent = `+ ${addText}`
  more.addEventListener('click', () => {
    add(structuredClone(empty))
    changed()
  })
  element.append(lines, more)
  const all = () => [...lines.children] as HTMLElement[]
  return {
    element,
    read: () => all().map((line) => drawn.get(line)?.read()),
    origins: () => all().map((line) => origins.get(line)),
  }
}
