/** Where names of `${name}` are looked up. */
export type Lookup = (name: string) => string | undefined

/**
 * Expands `${name}`, `${name:offset:length}` and `$${global}`. Values that hold `${` are expanded again, as FreeSWITCH does.
 * `${api(arguments)}` gives nothing: the shipped configuration has api-expansion off.
 */
export function expand(text: string, variables: Lookup, globals: Lookup, depth = 0): string {
  if (!text.includes('${') || depth > 20) return text
  let out = ''
  for (let i = 0; i < text.length; ) {
    if (text[i] === '\\' && (text[i + 1] === '$' || text[i + 1] === "'")) {
      out += text[i + 1]
      i += 2
      continue
    }
    const global = text.startsWith('$${', i)
    if (!global && !text.startsWith('${', i)) {
      out += text[i++]
      continue
    }
    const from = i + (global ? 3 : 2)
    const end = closing(text, from)
    if (end < 0) return out + text.slice(i)
    const name = expand(text.slice(from, end), variables, globals, depth + 1)
    i = end + 1
    if (name.includes('(')) continue
    const [, key = '', offset, length] = /^(.*?)(?::(-?\d+)(?::(\d+))?)?$/s.exec(name) ?? []
    let value = (global ? globals(key) : (variables(key) ?? globals(key))) ?? ''
    if (offset !== undefined) {
      const start = Number(offset) < 0 ? Math.max(0, value.length + Number(offset)) : Number(offset)
      value = value.slice(start, length === undefined || length === '0' ? undefined : start + Number(length))
    }
    out += value.includes('${') ? expand(value, variables, globals, depth + 1) : value
  }
  return out
}

function closing(text: string, from: number): number {
  let open = 1
  for (let i = from; i < text.length; i++) {
    if (text[i] === '{') open++
    else if (text[i] === '}' && --open === 0) return i
  }
  return -1
}
