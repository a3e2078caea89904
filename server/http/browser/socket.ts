// The one websocket of a page: subscribes topics, comes back by itself, and knows how old what is shown is.

type Listener = (model: unknown, at: number) => void
type State = 'open' | 'lost'

const topics = new Map<string, { listeners: Set<Listener>; last?: { model: unknown; at: number } }>()
const watchers = new Set<(state: State) => void>()
let socket: WebSocket | undefined
let attempts = 0
let heardAt = 0
let state: State = 'open'
let skew = 0

/** The server's clock, in ms. */
export const serverNow = () => Date.now() + skew
/** When the server was last heard, by this machine's clock; 0 before the first time. */
export const lastHeard = () => heardAt

export function onConnection(watch: (state: State) => void): void {
  watchers.add(watch)
}

/** Calls `listener` with each snapshot of a topic, the last one at once if there is one; returns how to stop. */
export function listen(topic: string, listener: Listener): () => void {
  let entry = topics.get(topic)
  if (!entry) {
    entry = { listeners: new Set() }
    topics.set(topic, entry)
    send({ subscribe: topic })
  }
  entry.listeners.add(listener)
  if (entry.last) listener(entry.last.model, entry.last.at)
  connect()
  return () => {
    entry.listeners.delete(listener)
    if (entry.listeners.size > 0) return
    topics.delete(topic)
    send({ unsubscribe: topic })
  }
}

function send(message: object): void {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message))
}

function set(next: State): void {
  if (next === state) return
  state = next
  for (const watch of watchers) watch(state)
}

function connect(): void {
  if (socket) return
  const opened = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/live`)
  socket = opened
  opened.onopen = () => {
    for (const topic of topics.keys()) send({ subscribe: topic })
  }
  opened.onmessage = (event) => {
    const message = JSON.parse(event.data as string) as {
      topic?: string
      model?: unknown
      at?: number
      now?: number
      error?: string
    }
    heardAt = Date.now()
    attempts = 0
    if (message.now !== undefined) skew = message.now - heardAt
    set('open')
    if (message.topic === undefined || message.at === undefined) return
    const entry = topics.get(message.topic)
    if (!entry) return
    entry.last = { model: message.model, at: message.at }
    for (const listener of entry.listeners) listener(message.model, message.at)
  }
  opened.onclose = (event) => {
    if (socket !== opened) return
    socket = undefined
    set('lost')
    if (event.code === 4401) {
      // Nobody can sign in on a wall: its own address tells a screen where to go.
      if (document.body.classList.contains('page-wallboards-board')) return location.reload()
      location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`)
      return
    }
    // From half a second to ten, never all browsers at the same instant.
    const wait = Math.min(10_000, 500 * 2 ** attempts++) * (0.5 + Math.random() / 2)
    setTimeout(connect, wait)
  }
}

// A server that is gone without a word: the heart beats every 10 s.
setInterval(() => {
  if (!socket || heardAt === 0 || Date.now() - heardAt < 25_000) return
  const dead = socket
  socket = undefined
  dead.onclose = null
  dead.close()
  set('lost')
  connect()
}, 5_000)
addEventListener('online', () => connect())
