// What a node is, said once: the runtime reads its configuration by it, the editor draws its form from it and `flow check`
// judges by it. No imports but types: this goes into the browser too.

/** Typed text (may hold `{{msg.citizen.name}}`) or the name of a recording. */
export type Speech = { as: 'text' | 'recording'; value: string }
/** A key of a menu; `phrases`: what a caller may say for it, separated by commas (the label itself always counts). */
export type MenuOption = { key: string; label: string; phrases?: string }

export type Field =
  | { kind: 'text'; default: string; required?: true; maxLength?: number; rule?: TextRule }
  /** Several lines, may hold `{{msg...}}`. */
  | { kind: 'template'; default: string; required?: true; maxLength?: number }
  | { kind: 'number'; default: number; min: number; max: number }
  | { kind: 'flag'; default: boolean }
  | { kind: 'choice'; default: string; options: readonly string[] }
  | { kind: 'speech'; default: Speech; required?: true }
  | { kind: 'speeches'; default: readonly Speech[] }
  /** `spoken`: each has phrases. */
  | { kind: 'options'; default: readonly MenuOption[]; spoken?: true }
  /** The code or name of something that the agency has. */
  | { kind: 'known'; default: string; of: KnownThing; required?: true }
export type TextRule = 'number_pattern' | 'keys' | 'key' | 'path' | 'name'
export type KnownThing = 'queues' | 'calendars' | 'topics' | 'backOffices'
export type Fields = Readonly<Record<string, Field>>

type ValueOf<F extends Field> = F extends { kind: 'number' }
  ? number
  : F extends { kind: 'flag' }
    ? boolean
    : F extends { kind: 'speech' }
      ? Speech
      : F extends { kind: 'speeches' }
        ? Speech[]
        : F extends { kind: 'options' }
          ? MenuOption[]
          : F extends { kind: 'choice'; options: readonly (infer O)[] }
            ? O
            : string
export type ConfigOf<F extends Fields> = { -readonly [K in keyof F]: ValueOf<F[K]> }

/** `ends`: nothing need follow; an unwired one hangs up politely. Any other unwired exit goes to the fallback. */
export type Exit = { name: string; ends?: true }

export type NodeDefinition<F extends Fields = Fields> = {
  /** `vera-play`; never changed after release. */
  type: string
  category: 'ivr' | 'queue' | 'crm'
  fields: F
  /** Outputs from top to bottom. */
  exits: readonly Exit[]
  /** One more output at the top for each value of this field (menu keys). */
  exitsFrom?: string
  /** The first node of a call: no input. */
  entry?: true
  /** Goes on without anybody on the line (ticket of a caller who hung up after the tone). */
  withoutCaller?: true
  /** The call leaves our control here and comes back to this node. */
  resumes?: true
}

/** Keeps the literal types. */
export function nodeDefinition<const F extends Fields>(definition: NodeDefinition<F>): NodeDefinition<F> {
  return definition
}

/** All outputs of a node with this configuration. */
export function exitsOf(definition: NodeDefinition, raw: Record<string, unknown>): Exit[] {
  const values = definition.exitsFrom ? raw[definition.exitsFrom] : undefined
  const first = Array.isArray(values) ? values.map((value: MenuOption) => ({ name: `key:${value?.key ?? ''}` })) : []
  return [...first, ...definition.exits]
}

/** The configuration as drawn, with defaults for what is missing or of the wrong shape. */
export function readConfig<F extends Fields>(definition: NodeDefinition<F>, raw: Record<string, unknown>): ConfigOf<F> {
  const config: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(definition.fields)) {
    config[name] = problemOf(field, raw[name]) === 'shape' ? structuredClone(field.default) : shaped(field, raw[name])
  }
  return config as ConfigOf<F>
}

function shaped(field: Field, value: unknown): unknown {
  if (field.kind === 'number') return Math.min(field.max, Math.max(field.min, Number(value)))
  return typeof value === 'string' && field.kind !== 'template' ? value.trim() : value
}

export type Problem = 'required' | 'shape' | 'range' | 'too_long' | 'rule' | 'duplicate_key'

const rules: Record<TextRule, RegExp> = {
  number_pattern: /^\+?[0-9X]*\*?$/,
  keys: /^[0-9*#]*$/,
  key: /^[0-9*#]?$/,
  path: /^[a-zA-Z_][a-zA-Z0-9_]*(\.[a-zA-Z_][a-zA-Z0-9_]*)*$/,
  name: /^[a-zA-Z_][a-zA-Z0-9_]{0,39}$/,
}
const isSpeech = (value: unknown): value is Speech =>
  typeof value === 'object' &&
  value !== null &&
  ['text', 'recording'].includes((value as Speech).as) &&
  typeof (value as Speech).value === 'string'

/** What is wrong with one value; undefined when nothing is. `shape`: not even of the right kind (also: absent). */
export function problemOf(field: Field, value: unknown): Problem | undefined {
  switch (field.kind) {
    case 'flag':
      return typeof value === 'boolean' ? undefined : 'shape'
    case 'number': {
      if (value === '' || value === null || !['number', 'string'].includes(typeof value)) return 'shape'
      const number = Number(value)
      if (!Number.isFinite(number)) return 'shape'
      return number < field.min || number > field.max ? 'range' : undefined
    }
    case 'choice':
      return typeof value === 'string' && field.options.includes(value) ? undefined : 'shape'
    case 'speech':
      if (!isSpeech(value)) return 'shape'
      if (value.value.length > 2_000) return 'too_long'
      return field.required && value.value.trim() === '' ? 'required' : undefined
    case 'speeches':
      return Array.isArray(value) && value.every(isSpeech) ? undefined : 'shape'
    case 'options':
      return optionsProblem(value)
    default:
      if (typeof value !== 'string') return 'shape'
      if (field.required && value.trim() === '') return 'required'
      if ('maxLength' in field && field.maxLength !== undefined && value.length > field.maxLength) return 'too_long'
      return 'rule' in field && field.rule && value !== '' && !rules[field.rule].test(value.trim()) ? 'rule' : undefined
  }
}

function optionsProblem(value: unknown): Problem | undefined {
  const whole =
    Array.isArray(value) &&
    value.every(
      (o) =>
        typeof o?.key === 'string' &&
        typeof (o as MenuOption).label === 'string' &&
        ['string', 'undefined'].includes(typeof (o as MenuOption).phrases),
    )
  if (!whole) return 'shape'
  const keys = (value as MenuOption[]).map((option) => option.key)
  if (keys.length === 0) return 'required'
  if (keys.some((key) => !/^[0-9*#]$/.test(key))) return 'rule'
  return new Set(keys).size < keys.length ? 'duplicate_key' : undefined
}

/** Everything wrong with a node's configuration. An absent value is no fault: its default stands. */
export function problemsOf(
  definition: NodeDefinition,
  raw: Record<string, unknown>,
): { field: string; problem: Problem }[] {
  const found: { field: string; problem: Problem }[] = []
  for (const [name, field] of Object.entries(definition.fields)) {
    const problem = problemOf(field, raw[name] ?? field.default)
    if (problem) found.push({ field: name, problem })
  }
  return found
}
