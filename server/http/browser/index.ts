// What browser code of the capabilities' pages imports.
import { t } from './draw.ts'
import { showToast } from './feedback.ts'
import { listen } from './socket.ts'

export { drawPartial, morph, t } from './draw.ts'
export { serverNow } from './socket.ts'

/** Calls `listener` with each snapshot of a live topic (`at`: the server's instant, UTC ms); returns how to stop. */
export function onTopic<Model>(name: string, listener: (model: Model, at: number) => void): () => void {
  return listen(name, listener as (model: unknown, at: number) => void)
}

/** What the server refused: its text, and one text for each field at fault. */
export class PostError extends Error {
  readonly code: string
  readonly fields: Record<string, string>
  readonly status: number
  constructor(code: string, message: string, fields: Record<string, string>, status: number) {
    super(message)
    this.code = code
    this.fields = fields
    this.status = status
  }
}

/** Sends JSON to our own server and returns its answer. @throws PostError with the server's text */
export async function post<Answer = unknown>(
  url: string,
  body: unknown = {},
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE' = 'POST',
): Promise<Answer> {
  let response: Response
  try {
    response = await fetch(url, {
      method,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(body),
      credentials: 'same-origin',
    })
  } catch {
    throw new PostError('network', t('http.offline'), {}, 0)
  }
  const text = await response.text()
  const answer = text === '' ? undefined : (JSON.parse(text) as unknown)
  if (response.ok) return answer as Answer
  const error = (answer as { error?: { code: string; message: string; fields?: Record<string, string> } })?.error
  throw new PostError(
    error?.code ?? 'unknown',
    error?.message ?? response.statusText,
    error?.fields ?? {},
    response.status,
  )
}

/** A short text that goes away by itself. */
export const toast = (text: string, kind: 'done' | 'fault' = 'done'): void => showToast(text, kind)
