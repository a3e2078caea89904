/**
 * Splits like FreeSWITCH's switch_separate_string: at `delimiter` outside of single quotes, at most `limit` parts (the last
 * takes the rest), then each part loses its quotes and escapes.
 */
export function separate(text: string, delimiter: string, limit = Number.POSITIVE_INFINITY): string[] {
  const parts: string[] = []
  let rest = delimiter === ' ' ? text.replace(/^ +/, '') : text
  while (rest.length > 0 && parts.length < limit - 1) {
    let quoted = false
    let at = 0
    for (; at < rest.length; at++) {
      const character = rest[at]
      if (character === '\\') at++
      else if (character === "'" && (quoted || rest.indexOf("'", at + 1) > 0)) quoted = !quoted
      else if (character === delimiter && !quoted) break
    }
    if (at >= rest.length) break
    parts.push(clean(rest.slice(0, at), delimiter))
    rest = rest.slice(at + 1)
    if (delimiter === ' ') rest = rest.replace(/^ +/, '')
  }
  if (rest.length > 0) parts.push(clean(rest, delimiter))
  return parts
}

function clean(part: string, delimiter: string): string {
  const text = part.replace(/^ +/, '')
  let out = ''
  let kept = 0
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!
    const following = text[i + 1]
    if (character === '\\' && following !== undefined) {
      const named = { n: '\n', r: '\r', t: '\t', s: ' ' }[following]
      if (
        named !== undefined ||
        following === "'" ||
        following === '"' ||
        following === '\\' ||
        following === delimiter
      ) {
        out += named ?? following
        i++
        kept = out.length
        continue
      }
    }
    if (character === "'" && (quoted || text.indexOf("'", i + 1) > 0)) {
      quoted = !quoted
      if (quoted || out.length > 0) kept = Math.max(kept, out.length)
      continue
    }
    out += character
    if (quoted || character !== ' ') kept = out.length
  }
  return out.slice(0, kept)
}
