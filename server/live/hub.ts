import type { WebSocket } from 'ws'
import type { Http } from '../http/index.ts'
import type { Session } from '../http/types.ts'
import type { Live, LiveAcross, Topic, TopicOptions, Whom } from './types.ts'

type Client = { socket: WebSocket; session: Session; groups: Map<string, Group> }
type Group = {
  topic: TopicOptions<unknown>
  /** As the browser asked: the topic's, with the key behind it. */
  name: string
  key: string
  clients: Set<Client>
  /** The last frame sent, and its model as text to compare with. */
  frame: string | undefined
  json: string | undefined
  computing: boolean
  dirty: boolean
  timer: NodeJS.Timeout | undefined
  lastAt: number
}

export type LiveOptions = {
  now?: () => number
  /** A heartbeat to every browser, ms. */
  heartbeatMs?: number
  /** Bytes a browser may be behind before it is let go (it comes back by itself). */
  maxBacklog?: number
  /** The other servers, whose browsers look at the same topics; none: this is the only one. */
  across?: LiveAcross
}

export type LiveHub = Live & {
  /** How many browsers are connected. */
  readonly connections: number
  close(): void
}

/** Close codes of our own; a browser goes to the sign-in page on the first. */
export const sessionEnded = 4401
const tooSlow = 4408
const maxTopics = 40

/** The hub behind `/live`; call before the server is ready. */
export function attachLive(http: Http, options: LiveOptions = {}): LiveHub {
  const { now = Date.now, heartbeatMs = 10_000, maxBacklog = 1_048_576, across } = options
  const topics = new Map<string, TopicOptions<unknown>>()
  const groups = new Map<string, Group>()
  const clients = new Set<Client>()
  const { log } = http.app

  const send = (client: Client, frame: string) => {
    if (client.socket.readyState !== client.socket.OPEN) return
    if (client.socket.bufferedAmount > maxBacklog) {
      log.warn({ user: client.session.userId }, 'a browser reads too slowly: closed')
      client.socket.close(tooSlow)
      client.socket.terminate()
      return
    }
    client.socket.send(frame)
  }

  const compute = async (group: Group) => {
    group.computing = true
    group.dirty = false
    group.lastAt = now()
    const [first] = group.clients
    if (first) {
      try {
        const model = await group.topic.snapshot(first.session, group.key)
        const json = JSON.stringify(model) ?? 'null'
        if (json !== group.json) {
          group.json = json
          group.frame = `{"topic":${JSON.stringify(group.name)},"at":${now()},"now":${now()},"model":${json}}`
          for (const client of group.clients) send(client, group.frame)
        }
      } catch (error) {
        log.error({ err: error, topic: group.topic.name }, 'a live topic could not be computed')
      }
    }
    group.computing = false
    if (group.dirty) schedule(group)
  }

  const schedule = (group: Group) => {
    group.dirty = true
    if (group.computing || group.timer) return
    const wait = Math.max(0, group.lastAt + (group.topic.everyMs ?? 250) - now())
    group.timer = setTimeout(() => {
      group.timer = undefined
      void compute(group)
    }, wait)
  }

  const refuse = (client: Client, name: string, error: string) =>
    send(client, JSON.stringify({ error, refused: name, now: now() }))

  const subscribe = async (client: Client, name: string) => {
    const [plain, key] = splitName(name)
    const topic = topics.get(plain)
    if (!topic || (topic.admits === undefined) !== (key === '')) return refuse(client, name, 'live.unknown_topic')
    if (!topic.roles.includes(client.session.role) || client.groups.size >= maxTopics)
      return refuse(client, name, 'live.forbidden')
    if (topic.admits) {
      const admitted = await Promise.resolve(topic.admits(client.session, key)).catch((error) => {
        log.error({ err: error, topic: name }, 'who may see a live topic is not known')
        return undefined
      })
      if (!clients.has(client)) return
      // Not known now: the browser comes back and asks again.
      if (admitted === undefined) return client.socket.close(1013)
      if (!admitted) return refuse(client, name, 'live.forbidden')
    }
    join(client, topic, name, key)
  }

  const join = (client: Client, topic: TopicOptions<unknown>, name: string, topicKey: string) => {
    if (client.groups.has(name)) return
    const key = `${name}\0${topic.share ? topic.share(client.session) : client.session.agencyId}`
    let group = groups.get(key)
    if (!group) {
      group = {
        topic,
        name,
        key: topicKey,
        clients: new Set(),
        frame: undefined,
        json: undefined,
        computing: false,
        dirty: false,
        timer: undefined,
        lastAt: 0,
      }
      groups.set(key, group)
    }
    group.clients.add(client)
    client.groups.set(name, group)
    if (group.frame) send(client, group.frame)
    schedule(group)
  }

  const changed = (name: string, whom: Whom) => {
    for (const group of groups.values()) {
      if (group.topic.name !== name || (whom.key !== undefined && whom.key !== group.key)) continue
      for (const { session } of group.clients) {
        if (whom.agencyId !== undefined && session.agencyId !== whom.agencyId) continue
        if (whom.userId !== undefined && session.userId !== whom.userId) continue
        schedule(group)
        break
      }
    }
  }
  // Without a name: news may have been missed, so everything is looked at again.
  const forgetAcross = across?.onTold((name, whom) => {
    for (const topic of name === undefined ? topics.keys() : [name]) changed(topic, whom)
  })

  const leave = (client: Client, name: string) => {
    const group = client.groups.get(name)
    if (!group) return
    client.groups.delete(name)
    group.clients.delete(client)
    if (group.clients.size > 0) return
    clearTimeout(group.timer)
    for (const [key, other] of groups) if (other === group) groups.delete(key)
  }

  http.app.get(
    '/live',
    {
      websocket: true,
      config: {
        roles: [
          'administrator',
          'agency_administrator',
          'supervisor',
          'agent',
          'flow_designer',
          'back_office',
          'wallboard',
        ],
      },
    },
    (socket, request) => {
      const client: Client = { socket, session: request.session, groups: new Map() }
      clients.add(client)
      socket.on('message', (raw) => {
        const asked = readMessage(raw.toString())
        if (!asked) return socket.close(1008)
        if (asked.subscribe !== undefined) void subscribe(client, asked.subscribe)
        else leave(client, asked.unsubscribe)
      })
      socket.on('close', () => {
        clients.delete(client)
        for (const name of [...client.groups.keys()]) leave(client, name)
      })
      socket.on('error', () => socket.terminate())
      send(client, JSON.stringify({ now: now() }))
    },
  )

  const expel = (matches: (session: Session) => boolean) => {
    for (const client of clients) {
      if (!matches(client.session)) continue
      for (const name of [...client.groups.keys()]) leave(client, name)
      client.socket.close(sessionEnded)
    }
  }
  const forget = http.sessions.onRevoked(({ sessionId, userId }) =>
    expel((session) => session.id === sessionId || session.userId === userId),
  )

  let beats = 0
  const beat = setInterval(async () => {
    const frame = JSON.stringify({ now: now() })
    for (const client of clients) send(client, frame)
    // Another process may have ended a session; while the database is away everybody stays.
    if (++beats % 3 !== 0 || clients.size === 0) return
    const alive = await http.sessions.alive([...clients].map((client) => client.session.id)).catch(() => undefined)
    if (alive) expel((session) => !alive.has(session.id))
  }, heartbeatMs)
  beat.unref()

  const close = () => {
    clearInterval(beat)
    forget()
    forgetAcross?.()
    for (const group of groups.values()) clearTimeout(group.timer)
    groups.clear()
    for (const client of clients) client.socket.terminate()
  }
  http.app.addHook('preClose', async () => close())

  return {
    define<Model>(topic: TopicOptions<Model>): Topic {
      if (topics.has(topic.name)) throw new Error(`live topic ${topic.name} is defined twice`)
      topics.set(topic.name, topic as TopicOptions<unknown>)
      return {
        changed(whom = {}) {
          changed(topic.name, whom)
          across?.tell(topic.name, whom)
        },
      }
    },
    get connections() {
      return clients.size
    },
    close,
  }
}

/** `topic:key`; a topic without keys has none. */
function splitName(name: string): [topic: string, key: string] {
  const colon = name.indexOf(':')
  return colon < 0 ? [name, ''] : [name.slice(0, colon), name.slice(colon + 1)]
}

/** `{subscribe: name}` or `{unsubscribe: name}`; anything else is undefined. */
export function readMessage(
  text: string,
): { subscribe: string; unsubscribe?: never } | { subscribe?: never; unsubscribe: string } | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { subscribe, unsubscribe } = value as Record<string, unknown>
  const name = (x: unknown): x is string => typeof x === 'string' && /^[\w.:-]{1,80}$/.test(x)
  if (name(subscribe)) return { subscribe }
  if (name(unsubscribe)) return { unsubscribe }
  return undefined
}
