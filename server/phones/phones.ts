import type { PhoneUser } from '../../freeswitch/conf/directory.ts'
import { SwitchError, type SwitchEvent } from '../../freeswitch/esl/types.ts'
import { type Database, type Scope, scopeOf } from '../database/index.ts'
import { AppError, type Audit } from '../http/index.ts'
import { createSignal } from '../live/signal.ts'
import { a1Hash, answers, type Digest, generatePassword } from './credentials.ts'
import { createMismatches } from './mismatch.ts'
import { createRegistrations, phoneOf } from './registrations.ts'
import { createScanners, type ScannerOptions } from './scanners.ts'
import { phoneStore } from './store.ts'
import type { PhoneNode, RaiseAlarm, Registration } from './types.ts'

export type PhonesOptions = {
  db: Database
  audit: Audit
  /** SIP domain of the phones. */
  domain: string
  /** Every switch, each with its own connection that hears `phoneEvents`; may be empty (embedded switch). */
  nodes: readonly PhoneNode[]
  alarm: RaiseAlarm
  log(line: string): void
  now?(): number
  /** Our own servers: browsers register through them. Default: loopback. */
  neverBlock?(address: string): boolean | Promise<boolean>
  /** Whether the browser of an extension can take a call; default: always. A desk phone goes first when it cannot. */
  browserWorks?(extension: string): boolean
  limit?: NonNullable<ScannerOptions['limit']>
  /** How long the browser's password counts, ms: a working shift. */
  sessionMs?: number
}

export type BrowserCredential = {
  /** What the softphone registers as: `<extension>-web`. */
  user: string
  extension: string
  domain: string
  password: string
  /** ms */
  expiresAt: number
}

/** A switch that is not answered, and why. */
export type Refusal = { address: string; why: 'secret' | 'address'; count: number; lastAt: number }

/** What is nobody's own is for the first agency, which runs the centre. */
const centre = 1
const loopback = (address: string) => /^(127\.|::1$|::ffff:127\.)/.test(address)

/** SIP credentials of the extensions, who is registered, and who is kept out. `start` before use with switches. */
export function createPhones(options: PhonesOptions) {
  const { db, audit, domain, nodes, alarm } = options
  const now = options.now ?? Date.now
  const store = phoneStore(db, domain)
  const changes = createSignal<{ extension: string }>()
  const registrations = createRegistrations(now, (extension) => changes.emit({ extension }))
  const raised = new Map<string, number>()
  /** The same alarm at most once an hour. */
  const raise = (code: string, subject: string, message: string, agencyId = centre) => {
    if ((raised.get(code + subject) ?? 0) > now() - 3_600_000) return
    if (raised.size > 1_000) raised.clear()
    raised.set(code + subject, now())
    alarm(agencyId, { code, message, subject })
  }
  const failed = (error: Error) => options.log(`phones: ${error.message}`)
  const scanners = createScanners({
    store,
    now,
    neverBlock: options.neverBlock ?? loopback,
    inUse: registrations.from,
    blocked: ({ address, failures, lastUsername }) =>
      raise(
        'phones.source_blocked',
        address,
        `Se bloqueó ${address}: ${failures} intentos fallidos de registrar un teléfono (el último, «${lastUsername}»).`,
      ),
    suspicious: (address, username) =>
      raise(
        'phones.source_failing',
        address,
        `Desde ${address} fallan muchos registros («${username.slice(0, 40)}»), pero hay teléfonos registrados ahí: no se bloquea. Revisá la clave de ese teléfono.`,
      ),
    failed,
    ...(options.limit ? { limit: options.limit } : {}),
  })
  const mismatches = createMismatches(now)
  const listed = new Set<string>()
  const refusals = new Map<string, Refusal>()

  const owned = async (scope: Scope, extension: string) => {
    const phone = await store.byExtension(extension)
    if (!phone || phone.agencyId !== scope.agencyId) throw new AppError('phone.not_found', 404)
    return phone
  }
  /** What registered with the old password is thrown out; a switch that is away learns it when it is back. */
  async function flush(user: string): Promise<void> {
    if (!phoneOf(user)) return
    await Promise.all(
      nodes
        .filter(({ client }) => client.state === 'up')
        .map(({ client }) => client.bgapi(`sofia profile agents flush_inbound_reg ${user}@${domain}`).catch(failed)),
    )
  }
  async function relist({ name, client }: PhoneNode): Promise<void> {
    try {
      registrations.listed(name, await client.bgapi('sofia xmlstatus profile agents reg'))
      listed.add(name)
    } catch (error) {
      if (error instanceof SwitchError) failed(error)
      else throw error
    }
  }
  function heard(node: string, event: SwitchEvent): void {
    const mismatch = mismatches.heard(event)
    if (mismatch) {
      changes.emit({ extension: mismatch.extension })
      raise(
        'phones.codec',
        mismatch.user,
        `El teléfono ${mismatch.user} no acepta ningún códec del conmutador: activá en él PCMA o PCMU (G.711).`,
      )
    }
    if (event.name !== 'CUSTOM' || !event.subclass?.startsWith('sofia::')) return
    if (event.subclass === 'sofia::register_attempt') {
      const { headers } = event
      if (headers['auth-result'] === 'FORBIDDEN')
        void scanners.failure(headers['network-ip'] ?? '', headers.username ?? headers['from-user'] ?? '')
      return
    }
    registrations.heard(node, event)
    const who = event.subclass === 'sofia::register' && phoneOf(event.headers['from-user'] ?? '')
    const rivals = who ? registrations.of(who.extension).find(({ agent }) => agent === 'desk')?.others : undefined
    if (who && rivals && rivals.length > 0)
      raise(
        'phones.registered_twice',
        who.extension,
        `El interno ${who.extension} se registra desde dos teléfonos; suena el último. El otro: ${rivals[0]?.address} (${rivals[0]?.userAgent.slice(0, 60)}).`,
      )
  }
  const listening: (() => void)[] = []
  let timer: NodeJS.Timeout | undefined

  return {
    domain,
    changes,
    scanners,
    /** Where the extension can be rung now; empty: nowhere. */
    registered: (extension: string): Registration[] => registrations.of(extension),
    /** Calls to its phone that failed for want of a codec, in the last day. */
    mismatch: mismatches.of,
    /** True once every connected switch has told its list: before that an empty `registered` means nothing. */
    known: () =>
      nodes.some(({ client }) => client.state === 'up') &&
      nodes.every((n) => n.client.state !== 'up' || listed.has(n.name)),
    /** Follows the switches from now on. */
    async start(): Promise<void> {
      for (const node of nodes) {
        const onEvent = (event: SwitchEvent) => heard(node.name, event)
        const onUp = () => void relist(node).catch(failed)
        node.client.on('event', onEvent)
        node.client.on('up', onUp)
        listening.push(
          () => node.client.off('event', onEvent),
          () => node.client.off('up', onUp),
        )
        if (node.client.state === 'up') onUp()
      }
      const refresh = () => scanners.refresh().catch(failed)
      timer = setInterval(refresh, 30_000)
      await refresh()
    },
    stop(): void {
      clearInterval(timer)
      for (const end of listening.splice(0)) end()
    },
    /** Reads a switch's list of registrations again; mostly for tests. */
    relist: async () => void (await Promise.all(nodes.filter(({ client }) => client.state === 'up').map(relist))),

    list: (scope: Scope) => store.list(scope),
    /**
     * A new password for the desk phone of an extension, told this once; what was registered with the old one is out.
     * @throws AppError phone.not_found
     */
    async rotate(scope: Scope, by: number | undefined, extension: string): Promise<{ user: string; password: string }> {
      await owned(scope, extension)
      const password = generatePassword()
      await store.put(scope, extension, { a1Hash: a1Hash(extension, domain, password) }, now())
      await audit.record(scope, {
        ...(by === undefined ? {} : { userId: by }),
        action: 'phone.rotated',
        subjectType: 'phone',
        subjectId: extension,
      })
      await flush(extension)
      changes.emit({ extension })
      return { user: extension, password }
    },
    /** @throws AppError phone.not_found */
    async setAutoAnswer(scope: Scope, by: number | undefined, extension: string, autoAnswer: boolean): Promise<void> {
      await owned(scope, extension)
      await store.put(scope, extension, { autoAnswer }, now())
      await audit.record(scope, {
        ...(by === undefined ? {} : { userId: by }),
        action: 'phone.auto_answer',
        subjectType: 'phone',
        subjectId: extension,
        detail: { autoAnswer },
      })
      changes.emit({ extension })
    },
    /** Whether the person's phones answer by themselves. */
    autoAnswer: async (userId: number): Promise<boolean> => (await store.byUser(userId))?.autoAnswer ?? false,
    /**
     * A password of its own for the softphone in a person's browser; earlier ones of the same person go on until they
     * end, as two tabs may be open. @throws AppError phone.no_extension
     */
    async browserCredential(userId: number): Promise<BrowserCredential> {
      const phone = await store.byUser(userId)
      if (!phone || !phoneOf(phone.extension)) throw new AppError('phone.no_extension', 409)
      const { extension } = phone
      const user = `${extension}-web`
      const password = generatePassword()
      const expiresAt = now() + (options.sessionMs ?? 12 * 3_600_000)
      await store.addSession(scopeOf(phone.agencyId), extension, a1Hash(user, domain, password), now(), expiresAt)
      return { user, extension, domain, password, expiresAt }
    },
    /** The person signed out or lost the right: every softphone of theirs stops. */
    async revokeBrowser(userId: number): Promise<void> {
      const phone = await store.byUser(userId)
      if (!phone) return
      await store.dropSessions(scopeOf(phone.agencyId), phone.extension)
      await flush(`${phone.extension}-web`)
    },
    blocked: () => store.blocked(now()),
    /** False: it was not blocked any more. */
    async unblock(scope: Scope, by: number | undefined, address: string): Promise<boolean> {
      const done = await scanners.unblock(address)
      await audit.record(scope, {
        ...(by === undefined ? {} : { userId: by }),
        action: 'phone.source_unblocked',
        subjectType: 'source',
        subjectId: address.slice(0, 60),
      })
      return done
    },
    /** A question of a switch was turned away; raises an alarm, and the page shows it. */
    refused(address: string, why: Refusal['why']): void {
      const before = refusals.get(address)
      if (!before && refusals.size >= 100) refusals.delete(refusals.keys().next().value as string)
      refusals.set(address, { address, why, count: (before?.count ?? 0) + 1, lastAt: now() })
      const fault = {
        secret: `El conmutador ${address} pregunta con otra clave: poné en él el mismo SWITCH_SECRET que en Vera.`,
        address: `Un conmutador con nuestra clave pregunta desde ${address}, que no está en FREESWITCH_URL: agregala ahí.`,
      }
      raise(`switch.refused_${why}`, address, `${fault[why]} Mientras tanto usa lo último que supo.`)
    },
    /** Those of the last hour. */
    refusals: (): Refusal[] => [...refusals.values()].filter(({ lastAt }) => lastAt > now() - 3_600_000),

    /** Every phone that may register, for the copy that the switch keeps. */
    async users(): Promise<PhoneUser[]> {
      const web = await store.newestHashes(now())
      return (await store.all()).flatMap(({ extension, name, a1Hash: hash, autoAnswer }) => {
        const webA1Hash = web.get(extension)
        if (!phoneOf(extension) || (hash === undefined && webA1Hash === undefined)) return []
        return [{ extension, name, autoAnswer, ...(hash ? { a1Hash: hash } : {}), ...(webA1Hash ? { webA1Hash } : {}) }]
      })
    },
    /**
     * The phone that the switch asks about, or undefined. With a phone's answer to the challenge (`digest`) the softphone's
     * hash is the one of its passwords that gives this answer.
     */
    async find(user: string, digest: Digest | undefined): Promise<PhoneUser | undefined> {
      const who = phoneOf(user)
      const phone = who && (await store.byExtension(who.extension))
      if (!phone) return undefined
      const hashes = await store.sessionHashes(scopeOf(phone.agencyId), phone.extension, now())
      const webA1Hash = (digest && hashes.find((hash) => answers(hash, digest))) ?? hashes[0]
      const registered = registrations.of(phone.extension).map(({ agent }) => agent)
      // Routing names the leg beforehand (origination_uuid), which only the first that is rung can have: it is the one that rings.
      if (options.browserWorks?.(phone.extension) === false) registered.reverse()
      const agents = new Set(registered)
      return {
        extension: phone.extension,
        name: phone.name,
        autoAnswer: phone.autoAnswer,
        ...(phone.a1Hash ? { a1Hash: phone.a1Hash } : {}),
        ...(webA1Hash ? { webA1Hash } : {}),
        // Only what is there is rung: the end of one that is not would hide why the other one did not answer.
        ...(agents.size > 0 ? { ring: [...agents] } : {}),
      }
    },
  }
}
export type Phones = ReturnType<typeof createPhones>
