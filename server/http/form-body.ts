import type { FastifyRequest } from 'fastify'

/**
 * `application/x-www-form-urlencoded` to an object: a repeated name becomes an array, `name[]` always is one. Empty values
 * are left out (an empty field was not filled in), but kept inside arrays, where places matter.
 */
export function readForm(text: string): Record<string, string | string[]> {
  const form: Record<string, string | string[]> = {}
  let fields = 0
  for (const [raw, value] of new URLSearchParams(text)) {
    if (++fields > 2_000) break
    const list = raw.endsWith('[]')
    const name = list ? raw.slice(0, -2) : raw
    if (name === '__proto__' || name === 'constructor' || name === 'prototype') continue
    const known = Object.hasOwn(form, name) ? form[name] : undefined
    if (Array.isArray(known)) known.push(value)
    else if (known !== undefined) form[name] = [known, value]
    else if (list) form[name] = [value]
    else if (value.trim() !== '') form[name] = value
  }
  return form
}

/** The page that shows the form: the GET of the same address, else the page it came from. */
export function formPage(request: FastifyRequest, routes: ReadonlySet<string>): string | undefined {
  const route = request.routeOptions.url
  if (route && routes.has(route)) return request.url
  const { referer, host } = request.headers
  if (!referer || !URL.canParse(referer)) return undefined
  const from = new URL(referer)
  return from.host === host ? from.pathname + from.search : undefined
}
