// The one websocket of a page: subscribes topics, comes back by itself, and knows how old what is shown is.
import { type Followed, follow, type TopicFrame } from './follow.ts'

type Listener = (model: unknown, at: number) => void
type State = 'open' | 'lost'
type Frame = { now: number; version?: string; error?: string } | (TopicFrame & { now: number; version?: never })

const topics = new Map<string, { listeners: Set<Listener>; has?: Followed | undefined }>()
const watchers = new Set<(state: State) => void>()
const renewed = new Set<() => void>()
let socket: WebSocket | undefined
let attempts = 0
let waiting: ReturnType<typeof setTimeout> | undefined
let state: State = 'open'
let version: string | undefined

// Times are kept by the clock that nobody moves; what the server's clock says is measured anew with each frame.
let serverAhead = Date.now() - performance.now()
let heardAt = 0
let askedAt = 0
let openedAt = 0

/** The server's clock, in ms. */
export const serverNow = () => performance.now() + serverAhead
/** The server's instant when it was last heard, UTC ms; before the first time that of the page's start. */
export const lastHeard = () => heardAt + serverAhead

/** How long nothing has come, ms. */
export const silentFor = () => performance.now() - Math.max(heardAt, openedAt)

export function onConnection(watch: (state: State) => void): void {
  watchers.add(watch)
}

/** Another version of the product runs now than when the page came. */
export function onNewVersion(listener: () => void): void {
  renewed.add(listener)
}

/** Calls `listener` with each picture of a topic, the last one at once if there is one; returns how to stop. */
export function listen(topic: string, listener: Listener): () => void {
  let entry = topics.get(topic)
  if (!entry) {
    entry = { listeners: new Set() }
    topics.set(topic, entry)
    ask(topic)
  }
  entry.listeners.add(listener)
  if (entry.has) listener(entry.has.model, entry.has.at)
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

/** Says what is there of a topic; the server sends what is missing. */
function ask(topic: string): void {
  const has = topics.get(topic)?.has
  send({ subscribe: topic, ...(has ? { epoch: has.epoch, seq: has.seq } : {}) })
}

function set(next: State): void {
  if (next === state) return
  state = next
  for (const watch of watchers) watch(state)
}

function connect(): void {
  if (socket) return
  clearTimeout(waiting)
  const opened = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/live`)
  socket = opened
  openedAt = performance.now()
  opened.onopen = () => {
    for (const topic of topics.keys()) ask(topic)
  }
  opened.onmessage = (event) => hear(JSON.parse(event.data as string) as Frame)
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
    waiting = setTimeout(connect, wait)
  }
}

function hear(frame: Frame): void {
  heardAt = performance.now()
  serverAhead = frame.now - heardAt
  askedAt = 0
  attempts = 0
  set('open')
  if (frame.version !== undefined) {
    version ??= frame.version
    if (frame.version !== version) for (const listener of renewed) listener()
  }
  if (!('topic' in frame)) return
  const entry = topics.get(frame.topic)
  if (!entry) return
  const before = entry.has
  const after = follow(before, frame)
  if (!after) {
    // Missed something: nothing is assumed of what is here, the whole comes.
    entry.has = undefined
    ask(frame.topic)
    return
  }
  entry.has = after
  if (after.seq === before?.seq && after.epoch === before.epoch) return
  for (const listener of entry.listeners) listener(after.model, after.at)
}

const silenceMs = 15_000
const answerMs = 5_000
let shift = Date.now() - performance.now()

/** A server that is gone without a word: the heart beats every 10 s. */
function check(): void {
  const at = performance.now()
  const moved = Math.abs(Date.now() - at - shift) > 2_000
  if (moved) {
    // The machine slept or its clock was set: what is shown may be old, so the server is asked, and must answer.
    shift = Date.now() - at
    askedAt ||= at
    for (const topic of topics.keys()) ask(topic)
  }
  if (!socket) return
  const silent = silentFor() > silenceMs || (askedAt > 0 && at - askedAt > answerMs)
  if (!silent) return
  const dead = socket
  socket = undefined
  askedAt = 0
  dead.onclose = null
  dead.close()
  set('lost')
  connect()
}
setInterval(check, 1_000)
addEventListener('online', () => connect())
addEventListener('pageshow', check)
document.addEventListener('visibilitychange', check)
