// A platform in service with a few people, and its pages as their owners read them.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfig } from '../../server/config.ts'
import { hashPassword } from '../../server/http/index.ts'
import { createPlatform, type Overrides, type Platform } from '../../server/platform.ts'
import { freePorts } from './ports.ts'

export type Stage = {
  platform: Platform
  folder: string
  /** Whole text of a page as that person sees it, without its marks. */
  read(who: 'root' | 'chief' | 'agent', path: string): Promise<string>
  /** The same until it says what is expected; fails after `ms` with the page's text. */
  says(who: 'root' | 'chief' | 'agent', path: string, expected: RegExp, ms?: number): Promise<string>
  /** Sends a form; gives the text of the page that comes back. */
  post(who: 'root' | 'chief' | 'agent', path: string, form: Record<string, string>): Promise<string>
  /** The password of an extension's desk phone, made on the page once. */
  passwordOf(extension: string): Promise<string>
  /** Lines that the platform said to whoever started it. */
  said: string[]
  address: string
  stop(): Promise<void>
}

const password = 'bad-input-1234'
let hash: Promise<string> | undefined

/** Starts it against `switches` (FREESWITCH_URL), or with the embedded switch inside. */
export async function startStage(
  given: {
    switches?: string
    port?: number
    env?: Record<string, string>
    overrides?: Overrides
    recordingsDir?: string
  } = {},
): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'vera-bad-input-'))
  const [port, callPort] = await freePorts(2)
  const said: string[] = []
  const config = {
    ...readConfig({
      PORT: String(given.port ?? port),
      CALL_LISTEN: `127.0.0.1:${callPort}`,
      LOG_LEVEL: 'silent',
      DEMO: 'off',
      ...(given.switches ? { FREESWITCH_URL: given.switches } : { DATABASE_URL: 'sqlite::memory:' }),
      ...given.env,
    }),
    home: join(folder, 'var'),
    databaseUrl: 'sqlite::memory:',
    recordingsDir: given.recordingsDir ?? join(folder, 'recordings'),
    cdrDir: join(folder, 'cdr'),
  }
  const platform = await createPlatform(config, { say: (line) => said.push(line), ...given.overrides })
  await platform.db.migrate()
  const { knex } = platform.db
  const [agencyId] = await knex('agencies').insert({ code: 'a', name: 'Provincia', kind: 'province', created_at: 0 })
  const rows = { agency_id: agencyId, active: true }
  await knex('queues').insert({
    ...rows,
    code: 'general',
    name: 'General',
    channel: 'voice',
    levels: '[]',
    messages: '[]',
  })
  hash ??= hashPassword(password)
  for (const [username, role, extension] of [
    ['root', 'administrator', null],
    ['chief', 'supervisor', null],
    ['agent', 'agent', '1001'],
  ] as const)
    await knex('users').insert({
      ...{ ...rows, username, name: username, role, extension, language: 'es', created_at: 0 },
      password_hash: await hash,
    })
  const address = await platform.start().catch(async (error) => {
    await platform.stop().catch(() => {})
    throw error
  })
  const cookies = new Map<string, string>()
  async function cookieOf(who: string): Promise<string> {
    const known = cookies.get(who)
    if (known) return known
    const answer = await fetch(new URL('/api/session', address), {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: address },
      body: JSON.stringify({ username: who, password }),
    })
    if (!answer.ok) throw new Error(`${who} cannot sign in: ${answer.status} ${await answer.text()}`)
    const cookie = answer.headers
      .getSetCookie()
      .map((one) => one.split(';')[0])
      .join('; ')
    cookies.set(who, cookie)
    return cookie
  }
  const read: Stage['read'] = async (who, path) => {
    const headers = { cookie: await cookieOf(who), accept: 'text/html' }
    const answer = await fetch(new URL(path, address), { headers })
    const html = await answer.text()
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${html.slice(0, 500)}`)
    const body = html.slice(html.indexOf('<main')).replace(/<(script|style|dialog)[\s\S]*?<\/\1>/g, '')
    return body
      .replace(/<[^>]*>/g, ' ')
      .replace(/&#x27;/g, "'")
      .replace(/\s+/g, ' ')
  }
  const post: Stage['post'] = async (who, path, form) => {
    const headers = { cookie: await cookieOf(who), accept: 'text/html', origin: address }
    const answer = await fetch(new URL(path, address), { method: 'POST', headers, body: new URLSearchParams(form) })
    const html = await answer.text()
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${html.slice(0, 500)}`)
    return html
  }
  const passwords = new Map<string, string>()
  return {
    platform,
    post,
    async passwordOf(extension) {
      const known = passwords.get(extension)
      if (known) return known
      const html = await post('root', `/admin/phones/${extension}/password`, {})
      const password = /data-copy="([^"]+)"/.exec(html)?.[1] ?? ''
      passwords.set(extension, password)
      return password
    },
    folder,
    said,
    address,
    read,
    async says(who, path, expected, ms = 24_000) {
      const late = Date.now() + ms
      for (;;) {
        const text = await read(who, path)
        if (expected.test(text)) return text
        if (Date.now() > late) throw new Error(`${path} does not say ${expected}:\n${text}`)
        await new Promise((next) => setTimeout(next, 50))
      }
    },
    async stop() {
      await platform.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
