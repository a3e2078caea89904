// The way between servers: news to all others, in order; questions to one. HTTP by itself, Redis for the news when there is one.
import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { AppError } from '../http/index.ts'
import { RoutingError } from '../routing/index.ts'
import type { Presence } from './servers.ts'
import { authorization, createVerifier, sameSignature, signText } from './signing.ts'

type Item = { channel: string; message: unknown }
type News = { from: string; instance: string; seq: number; items: Item[] }
type Answer = (method: string, args: unknown[]) => unknown

export type Bus = {
  /** To all other servers, soon; lost when they are away (`onGap` tells them). */
  publish(channel: string, message: unknown): void
  on(channel: string, listener: (message: unknown, from: string) => void): () => void
  /** News of a server may have been missed: read again what was known by them. */
  onGap(listener: (from: string) => void): () => void
  /** @throws AppError `cluster.unreachable`, or what the other one threw */
  ask(server: string, method: string, args: unknown[]): Promise<unknown>
  /** Who answers methods that begin with `<group>.`. */
  answer(group: string, answer: Answer): void
  /** While news of another server is being handled. */
  readonly receiving: boolean
  readonly hasPeers: boolean
  /** For the routes: the signature is judged here. Undefined: refused. */
  told(header: string | undefined, body: string): boolean
  asked(header: string | undefined, body: string): Promise<{ status: number; body: object } | undefined>
  stop(): Promise<void>
}

export type BusOptions = {
  name: string
  instance: string
  key: Buffer
  presence: Pick<Presence, 'peers' | 'servers'>
  redisUrl?: string | undefined
  now: () => number
  log(line: string): void
}

export const toldPath = '/cluster/told'
export const callPath = '/cluster/call'
const REDIS_CHANNEL = 'vera:told'
const QUEUE_KEPT = 2_000
const BATCH_MS = 20

export function createBus({ name, instance, key, presence, redisUrl, now, log }: BusOptions): Bus {
  const listeners = new Map<string, Set<(message: unknown, from: string) => void>>()
  const gaps = new Set<(from: string) => void>()
  const answers = new Map<string, Answer>()
  const verify = createVerifier(key, now)
  /** By server: what it was told last. */
  const heard = new Map<string, { instance: string; seq: number }>()
  /** By peer, over HTTP: one request at a time, so that order is kept. */
  const lines = new Map<string, { items: Item[]; seq: number; busy: boolean }>()
  let waiting: Item[] = []
  let timer: NodeJS.Timeout | undefined
  let receiving = false
  let stopped = false
  let redisSeq = 0
  const redis = redisUrl ? connectRedis(redisUrl) : undefined

  function connectRedis(url: string) {
    const options = { lazyConnect: false, enableOfflineQueue: false, maxRetriesPerRequest: 1 }
    const [out, into] = [new Redis(url, options), new Redis(url, { ...options, enableOfflineQueue: true })]
    for (const one of [out, into]) one.on('error', (error: Error) => log(`redis: ${error.message}`))
    into.subscribe(REDIS_CHANNEL).catch((error: Error) => log(`redis: ${error.message}`))
    into.on('message', (_, text: string) => {
      const dot = text.indexOf('.')
      const body = text.slice(dot + 1)
      if (dot > 0 && sameSignature(text.slice(0, dot), signText(key, body))) take(body)
    })
    return { out, into }
  }

  function take(body: string): boolean {
    let news: News
    try {
      news = JSON.parse(body) as News
    } catch {
      return false
    }
    if (typeof news?.from !== 'string' || !Array.isArray(news.items)) return false
    if (news.instance === instance) return true
    const last = heard.get(news.from)
    const missed = last?.instance === news.instance ? news.seq !== last.seq + 1 : news.seq !== 1 || last !== undefined
    heard.set(news.from, { instance: news.instance, seq: news.seq })
    receiving = true
    try {
      if (missed) for (const listener of gaps) guarded(() => listener(news.from))
      for (const { channel, message } of news.items) {
        for (const listener of listeners.get(channel) ?? []) guarded(() => listener(message, news.from))
      }
    } finally {
      receiving = false
    }
    return true
  }
  function guarded(work: () => void): void {
    try {
      work()
    } catch (error) {
      log(`a listener of another server's news failed: ${(error as Error).stack}`)
    }
  }

  async function post(url: string, path: string, message: object, timeoutMs: number): Promise<Response> {
    const body = JSON.stringify(message)
    return fetch(`${url}${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'text/plain',
        authorization: authorization(key, path, body, now(), randomUUID()),
      },
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    })
  }

  function flush(): void {
    timer = undefined
    const items = waiting
    waiting = []
    if (redis?.out.status === 'ready') {
      const body = JSON.stringify({ from: name, instance, seq: ++redisSeq, items } satisfies News)
      redis.out.publish(REDIS_CHANNEL, `${signText(key, body)}.${body}`).catch(() => {})
      return
    }
    for (const peer of presence.peers()) {
      const line = lines.get(peer.instance) ?? { items: [], seq: 0, busy: false }
      lines.set(peer.instance, line)
      line.items.push(...items)
      // Skipped numbers tell the other one that it missed something.
      if (line.items.length > QUEUE_KEPT) {
        line.items = []
        line.seq++
      }
      void run(peer.instance, line)
    }
  }
  async function run(peerInstance: string, line: { items: Item[]; seq: number; busy: boolean }): Promise<void> {
    if (line.busy) return
    line.busy = true
    while (line.items.length > 0 && !stopped) {
      const peer = presence.peers().find((one) => one.instance === peerInstance)
      if (!peer) {
        lines.delete(peerInstance)
        break
      }
      const items = line.items
      line.items = []
      line.seq++
      try {
        const answer = await post(peer.url, toldPath, { from: name, instance, seq: line.seq, items }, 5_000)
        if (!answer.ok) throw new Error(`answered ${answer.status}`)
      } catch (error) {
        log(`server ${peer.name} was not told: ${(error as Error).message}`)
        await new Promise((resolve) => setTimeout(resolve, 500).unref())
      }
    }
    line.busy = false
  }

  return {
    get receiving() {
      return receiving
    },
    get hasPeers() {
      return presence.peers().length > 0
    },
    publish(channel, message) {
      if (stopped || presence.peers().length === 0) return
      waiting.push({ channel, message })
      timer ??= setTimeout(flush, BATCH_MS)
    },
    on(channel, listener) {
      const set = listeners.get(channel) ?? new Set()
      listeners.set(channel, set.add(listener))
      return () => set.delete(listener)
    },
    onGap(listener) {
      gaps.add(listener)
      return () => gaps.delete(listener)
    },
    answer(group, answer) {
      answers.set(group, answer)
    },
    async ask(server, method, args) {
      const peer = presence.servers().find((one) => one.name === server)
      if (!peer) throw new AppError('cluster.unreachable', 503)
      let answer: { result?: unknown; error?: { kind: string; code: string; message: string; status: number } }
      try {
        const response = await post(peer.url, callPath, { from: name, method, args }, 10_000)
        answer = (await response.json()) as typeof answer
        if (!response.ok && !answer.error) throw new Error(`answered ${response.status}`)
      } catch (error) {
        log(`server ${server} did not answer ${method}: ${(error as Error).message}`)
        throw new AppError('cluster.unreachable', 503)
      }
      const { error } = answer
      if (!error) return answer.result
      if (error.kind === 'RoutingError') throw new RoutingError(error.code, error.message)
      throw new AppError(error.code || 'cluster.unreachable', error.status || 503)
    },
    told: (header, body) => verify(header, toldPath, body) && take(body),
    async asked(header, body) {
      if (!verify(header, callPath, body)) return undefined
      try {
        const { method, args } = JSON.parse(body) as { method: string; args: unknown[] }
        const answer = answers.get(String(method).split('.', 1)[0] as string)
        if (!answer || !Array.isArray(args) || args.length > 6) throw new AppError('cluster.unknown_method', 400)
        return { status: 200, body: { result: (await answer(method, args)) ?? null } }
      } catch (error) {
        const { name: kind, code, message, status } = error as AppError
        return {
          status: 409,
          body: { error: { kind, code: code ?? 'cluster.failed', message, status: status ?? 409 } },
        }
      }
    },
    async stop() {
      stopped = true
      clearTimeout(timer)
      redis?.out.disconnect()
      redis?.into.disconnect()
    },
  }
}
