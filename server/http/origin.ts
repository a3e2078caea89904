type Headers = Record<string, string | string[] | undefined>

/**
 * True when the request was made by a page of ours, or by a program that is no browser. Browsers send `Origin` on every
 * request that can change something and on each websocket; pages cannot forge it, nor `Sec-Fetch-Site`.
 */
export function isSameOrigin(headers: Headers, publicUrl: string): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
  const origin = headers.origin
  if (origin === undefined) return true
  if (typeof origin !== 'string' || !URL.canParse(origin)) return false
  const host = new URL(origin).host
  return host !== '' && (host === headers.host || host === new URL(publicUrl).host)
}

/** Where to go after signing in: a path of ours, never another site. */
export function ownPath(path: unknown): string {
  return typeof path === 'string' && /^\/(?![/\\])[^\s\\]{0,500}$/.test(path) && !path.startsWith('/login') ? path : '/'
}
