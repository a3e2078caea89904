import WebSocket from 'ws'
import { type Followed, follow, type TopicFrame } from '../../server/http/browser/follow.ts'

/** Somebody signed in at one server, with the pages as a browser gets them. */
export type Browser = {
  get<Answer>(path: string): Promise<Answer>
  post<Answer>(path: string, body?: object): Promise<Answer>
  form(path: string, fields: Record<string, string>): Promise<number>
  /** Follows a live topic; `model` is the last picture, `at` when it came (this process's clock, ms). */
  watch<Model>(topic: string): Promise<{ readonly model: Model | undefined; close(): void }>
  readonly cookie: string
}

/** @throws Error when the server refuses */
export async function signIn(address: string, username: string, password: string): Promise<Browser> {
  const said = await fetch(`${address}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password }),
  })
  if (!said.ok) throw new Error(`${username} at ${address}: ${said.status} ${await said.text()}`)
  const cookie = said.headers
    .getSetCookie()
    .map((one) => one.split(';')[0])
    .find((one) => one?.startsWith('vera_session='))
  return browserWith(address, cookie as string)
}

/** The same person at another server: the session is of all of them. */
export function browserWith(address: string, cookie: string): Browser {
  const ask = async (method: string, path: string, body?: object) => {
    const headers = { cookie, ...(body && { 'content-type': 'application/json' }) }
    const said = await fetch(`${address}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) })
    if (!said.ok) throw new Error(`${method} ${path}: ${said.status} ${(await said.text()).slice(0, 300)}`)
    return said.json()
  }
  return {
    cookie,
    get: (path) => ask('GET', path) as never,
    post: (path, body = {}) => ask('POST', path, body) as never,
    async form(path, fields) {
      const said = await fetch(`${address}${path}`, {
        ...{ method: 'POST', redirect: 'manual', headers: { cookie }, body: new URLSearchParams(fields) },
      })
      return said.status
    },
    async watch<Model>(topic: string) {
      const socket = new WebSocket(`${address.replace('http', 'ws')}/live`, { headers: { cookie } })
      let has: Followed | undefined
      socket.on('message', (data) => {
        const frame = JSON.parse(String(data)) as Partial<TopicFrame>
        if (frame.topic === topic) has = follow(has, frame as TopicFrame)
      })
      socket.on('error', () => {})
      await new Promise<void>((open, fail) => socket.once('open', () => open()).once('error', fail))
      socket.send(JSON.stringify({ subscribe: topic }))
      return {
        get model() {
          return has?.model as Model | undefined
        },
        close: () => socket.terminate(),
      }
    },
  }
}
