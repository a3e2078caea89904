import { randomBytes } from 'node:crypto'
import type { WebSocket } from 'ws'
import type { Http } from '../http/index.ts'
import type { Session } from '../http/types.ts'
import { createGroup, type Group, type Reader, readerPace } from './group.ts'
import type { Live, LiveAcross, Topic, TopicOptions, Whom } from './types.ts'

type Client = {
  socket: WebSocket
  session: Session
  topics: Map<string, { group: Group; reader: Reader }>
  /** Since when it does not read, `performance.now()`; 0: it does. */
  stuckSince: number
}

export type LiveOptions = {
  now?: () => number
  /** A heartbeat to every browser, ms. */
  heartbeatMs?: number
  /** Bytes on their way to a browser above which it gets nothing more; when they are through, what it then lacks. */
  maxBacklog?: number
  /** How long a browser may read nothing before it is let go (it comes back by itself), ms. */
  patienceMs?: number
  /** Of the product: told to browsers, which then say that their page is of an earlier one. */
  version?: string
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
  const { now = Date.now, heartbeatMs = 10_000, maxBacklog = 65_536, patienceMs = 30_000, version, across } = options
  const topics = new Map<string, TopicOptions<unknown>>()
  const groups = new Map<string, Group>()
  const clients = new Set<Client>()
  const { log } = http.app
  /** Of this start of the server: whoever was told numbers by another one starts anew. */
  const born = randomBytes(6).toString('base64url')
  let made = 0

  const send = (client: Client, frame: Buffer | string): boolean => {
    const { socket } = client
    if (socket.readyState !== socket.OPEN) return true
    if (socket.bufferedAmount > maxBacklog) {
      client.stuckSince ||= performance.now()
      if (performance.now() - client.stuckSince > patienceMs) {
        log.warn({ user: client.session.userId }, 'a browser reads too slowly: closed')
        socket.close(tooSlow)
        socket.terminate()
      }
      return false
    }
    client.stuckSince = 0
    socket.send(frame, { binary: false })
    return true
  }

  const refuse = (client: Client, name: string, error: string) =>
    send(client, JSON.stringify({ error, refused: name, now: now() }))

  const subscribe = async (client: Client, { subscribe: name, ...said }: Subscription) => {
    const [plain, key] = splitName(name)
    const topic = topics.get(plain)
    if (!topic || (topic.admits === undefined) !== (key === '')) return refuse(client, name, 'live.unknown_topic')
    if (!topic.roles.includes(client.session.role) || (client.topics.size >= maxTopics && !client.topics.has(name)))
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
    join(client, topic, name, key, said)
  }

  const join = (
    client: Client,
    topic: TopicOptions<unknown>,
    name: string,
    key: string,
    said: Omit<Subscription, 'subscribe'>,
  ) => {
    const known = client.topics.get(name)
    // It missed a frame, or woke up, and says where it stands.
    if (known) return known.group.join(known.reader, said)
    const id = `${name}\0${topic.share ? topic.share(client.session) : client.session.agencyId}`
    let group = groups.get(id)
    if (!group) {
      group = createGroup({
        ...{ topic, name, key, now, epoch: `${born}.${++made}` },
        fault: (error) => log.error({ err: error, topic: name }, 'a live topic could not be computed'),
        empty: () => groups.delete(id),
      })
      groups.set(id, group)
    }
    const reader: Reader = {
      session: client.session,
      has: undefined,
      asked: true,
      pace: readerPace(),
      send: (frame) => send(client, frame),
    }
    client.topics.set(name, { group, reader })
    group.join(reader, said)
  }

  const changed = (name: string, whom: Whom) => {
    for (const group of groups.values()) {
      if (group.topic.name !== name || (whom.key !== undefined && whom.key !== group.key)) continue
      for (const { session } of group.readers) {
        if (whom.agencyId !== undefined && session.agencyId !== whom.agencyId) continue
        if (whom.userId !== undefined && session.userId !== whom.userId) continue
        group.schedule()
        break
      }
    }
  }
  // Without a name: news may have been missed, so everything is looked at again.
  const forgetAcross = across?.onTold((name, whom) => {
    for (const topic of name === undefined ? topics.keys() : [name]) changed(topic, whom)
  })

  const leave = (client: Client, name: string) => {
    const known = client.topics.get(name)
    client.topics.delete(name)
    known?.group.leave(known.reader)
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
      const client: Client = { socket, session: request.session, topics: new Map(), stuckSince: 0 }
      clients.add(client)
      socket.on('message', (raw) => {
        const asked = readMessage(raw.toString())
        if (!asked) return socket.close(1008)
        if (asked.subscribe !== undefined) void subscribe(client, asked)
        else leave(client, asked.unsubscribe)
      })
      socket.on('close', () => {
        clients.delete(client)
        for (const name of [...client.topics.keys()]) leave(client, name)
      })
      socket.on('error', () => socket.terminate())
      send(client, beatFrame())
    },
  )

  const expel = (matches: (session: Session) => boolean) => {
    for (const client of clients) {
      if (!matches(client.session)) continue
      for (const name of [...client.topics.keys()]) leave(client, name)
      client.socket.close(sessionEnded)
    }
  }
  const forget = http.sessions.onRevoked(({ sessionId, userId }) =>
    expel((session) => session.id === sessionId || session.userId === userId),
  )

  const beatFrame = () => Buffer.from(JSON.stringify({ now: now(), ...(version === undefined ? {} : { version }) }))
  let beats = 0
  const beat = setInterval(async () => {
    const frame = beatFrame()
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
    for (const group of groups.values()) group.stop()
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

/** `epoch` and `seq` are those of the last frame of that topic that the browser has. */
type Subscription = { subscribe: string; epoch?: string | undefined; seq?: number | undefined }

/** `{subscribe: name, epoch?, seq?}` or `{unsubscribe: name}`; anything else is undefined. */
export function readMessage(
  text: string,
): (Subscription & { unsubscribe?: never }) | { subscribe?: never; unsubscribe: string } | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { subscribe, unsubscribe, epoch, seq } = value as Record<string, unknown>
  const name = (x: unknown): x is string => typeof x === 'string' && /^[\w.:-]{1,80}$/.test(x)
  if (name(subscribe)) {
    const resumes = name(epoch) && typeof seq === 'number' && Number.isSafeInteger(seq) && seq > 0
    return { subscribe, ...(resumes ? { epoch, seq } : {}) }
  }
  if (name(unsubscribe)) return { unsubscribe }
  return undefined
}
