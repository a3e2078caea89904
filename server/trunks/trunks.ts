import type { Gateway } from '../../freeswitch/conf/gateway.ts'
import { dialString } from '../../freeswitch/esl/index.ts'
import type { Database, Scope } from '../database/index.ts'
import { AppError, type Audit } from '../http/index.ts'
import { createSignal } from '../live/signal.ts'
import { faultsOf, type TrunkInput } from './check.ts'
import { createLines, type LineState, type TrunkNode } from './lines.ts'
import { createRefused, type Refused } from './refused.ts'
import { sealWith } from './seal.ts'
import { type Attempts, type Trunk, type TrunkNumber, trunkStore } from './store.ts'

export type TrunksOptions = {
  db: Database
  audit: Audit
  /** Every switch, each with its own connection that hears `trunkEvents`; may be empty. */
  nodes: readonly TrunkNode[]
  /** Seals the carriers' passwords; with another one they have to be typed again. */
  secret: string
  alarm(agencyId: number, alarm: { code: string; message: string; subject: string }): void
  log(line: string): void
  now?(): number
}
export type TrunkNow = Trunk & { states: LineState[]; busy: number }

/** Lines to carriers: what the switch is told of them, how they are, and which one a call takes. `start` before use. */
export function createTrunks(options: TrunksOptions) {
  const { audit, nodes } = options
  const now = options.now ?? Date.now
  const store = trunkStore(options.db)
  const { seal, open } = sealWith(options.secret)
  /** A line, or (without its id) the calls on them. */
  const changes = createSignal<{ trunkId?: number }>()
  /** The last that was read: a call must not wait for the database. */
  let held: Trunk[] = []
  const told = new Map<string, LineState['state']>()
  const lines = createLines((gateway, node, state) => {
    const trunk = held.find(({ name }) => name === gateway)
    const before = told.get(`${node} ${gateway}`)
    if (state === 'up' || state === 'down') told.set(`${node} ${gateway}`, state)
    if (trunk?.enabled && state === 'down' && before !== 'down')
      options.alarm(trunk.agencyId ?? 1, {
        code: 'trunk.down',
        message: `La línea «${gateway}» no responde (conmutador ${node}): revisá el prestador, la clave y la red.`,
        subject: gateway,
      })
    if (trunk) changes.emit({ trunkId: trunk.id })
  })
  const refused = createRefused(now, lines.lineOf)
  /** Why and whose -> when it was last told, ms. */
  const toldRefused = new Map<string, number>()
  const failed = (error: Error) => options.log(`trunks: ${error.message}`)
  const up = () => nodes.filter(({ client }) => client.state === 'up')
  /** When the last calls of each line began, ms. */
  const begun = new Map<string, number[]>()

  async function refresh(): Promise<void> {
    held = (await store.all()).map(({ sealed, ...trunk }) => trunk)
    lines.setKnown(held)
  }
  /** The switches read their lines and lists again; `gone` names lines that must be read anew. */
  async function tell(gone: readonly string[]): Promise<void> {
    await Promise.all(
      up().map(async (node) => {
        try {
          for (const name of gone) await node.client.bgapi(`sofia profile trunk killgw ${name}`)
          await node.client.bgapi('sofia profile trunk rescan')
          await node.client.bgapi('reloadacl')
          await lines.listed(node)
        } catch (error) {
          failed(error as Error)
        }
      }),
    )
  }
  const record = (scope: Scope, by: number | undefined, action: string, id: number, detail?: object) =>
    audit.record(scope, {
      ...(by === undefined ? {} : { userId: by }),
      action,
      subjectType: 'trunk',
      subjectId: id,
      ...(detail ? { detail } : {}),
    })
  async function checked(input: TrunkInput, hasPassword: boolean): Promise<void> {
    const faults = faultsOf(input, hasPassword)
    if (input.agencyId !== undefined && !(await store.agencyExists(input.agencyId)))
      faults.agencyId = 'trunk.agency_wrong'
    if (Object.keys(faults).length > 0) throw new AppError('trunk.wrong', 400, {}, faults)
  }
  const safe = ({ password, ...input }: TrunkInput) => ({ ...input, password: password !== undefined })
  /** Down on every connected switch that knows it. */
  const isDown = (name: string) => {
    const states = lines
      .states(
        name,
        up().map((node) => node.name),
      )
      .filter(({ state }) => state !== 'unknown')
    return states.length > 0 && states.every(({ state }) => state === 'down')
  }
  const recent = (name: string) => (begun.get(name) ?? []).filter((at) => at > now() - 1_000)

  /** Whether any line is meant for calls of this agency, free or not. */
  function serves(agencyId: number): boolean {
    return held.some((trunk) => trunk.enabled && (trunk.agencyId ?? agencyId) === agencyId)
  }
  /**
   * The lines a call of an agency to `number` takes, the first first: enabled, not known to be down, with a line free
   * and not faster than agreed. Nothing is down by itself: when all are, all are tried.
   */
  function route(agencyId: number): string[] {
    const open = held.filter((trunk) => trunk.enabled && (trunk.agencyId ?? agencyId) === agencyId)
    const free = open.filter(
      ({ name, maxLines, callsPerSecond }) =>
        Math.max(lines.busy(name), 0) < maxLines && recent(name).length < callsPerSecond,
    )
    const alive = free.filter(({ name }) => !isDown(name))
    return (alive.length > 0 ? alive : free).map(({ name }) => name)
  }

  /** Once an hour for each reason and line; of strangers, of whom the Internet is full, once a day. */
  function tellRefused(one: Refused): void {
    const key = `${one.why} ${one.line}`
    const everyMs = one.why === 'unknown_source' ? 86_400_000 : 3_600_000
    if ((toldRefused.get(key) ?? -everyMs) > now() - everyMs) return
    toldRefused.set(key, now())
    const trunk = held.find(({ name }) => name === one.line)
    const alarm = { code: `trunk.refused_${one.why}`, message: refusedText(one), subject: one.line || one.from }
    options.alarm(trunk?.agencyId ?? 1, alarm)
  }

  const listening: (() => void)[] = []
  let timer: NodeJS.Timeout | undefined
  return {
    changes,
    async start(): Promise<void> {
      await refresh().catch(failed)
      for (const node of nodes) {
        const onEvent = (event: Parameters<typeof lines.heard>[1]) => {
          const before = lines.busyAll()
          lines.heard(node.name, event)
          const out = event.name === 'CHANNEL_CREATE' ? event.headers.variable_sip_gateway_name : undefined
          if (out !== undefined && held.some(({ name }) => name === out)) begun.set(out, [...recent(out), now()])
          const turnedAway = refused.heard(node.name, event)
          if (turnedAway) tellRefused(turnedAway)
          if (turnedAway || lines.busyAll() !== before) changes.emit({})
        }
        // What changed while it was away, or before it knew us, is read now.
        const onUp = (restarted: boolean) => {
          if (restarted) lines.forget(node.name)
          node.client
            .bgapi('sofia profile trunk rescan')
            .then(() => node.client.bgapi('reloadacl'))
            .then(() => lines.listed(node))
            .catch(failed)
        }
        node.client.on('event', onEvent)
        node.client.on('up', onUp)
        listening.push(
          () => node.client.off('event', onEvent),
          () => node.client.off('up', onUp),
        )
        if (node.client.state === 'up') onUp(false)
      }
      timer = setInterval(() => void refresh().catch(failed), 30_000)
    },
    stop(): void {
      clearInterval(timer)
      for (const end of listening.splice(0)) end()
    },

    /** All lines as they are now: for administrators. */
    async list(_scope: Scope): Promise<TrunkNow[]> {
      await refresh()
      const names = nodes.map(({ name }) => name)
      return held.map((trunk) => ({
        ...trunk,
        states: trunk.enabled ? lines.states(trunk.name, names) : [],
        busy: lines.busy(trunk.name),
      }))
    },
    busy: () => lines.busyAll(),
    /** Calls of the last day that the switches turned away before the platform saw them. */
    refused: (): Refused[] => refused.list(),
    async get(_scope: Scope, id: number): Promise<Trunk> {
      const { sealed, ...trunk } = await store.get(id)
      return trunk
    },
    /** @throws AppError trunk.wrong with the fields, trunk.name_taken */
    async create(scope: Scope, by: number | undefined, input: TrunkInput): Promise<number> {
      await checked(input, false)
      const id = await store.create(input, input.password === undefined ? undefined : seal(input.password), now())
      await record(scope, by, 'trunk.created', id, safe(input))
      await refresh()
      await tell([])
      changes.emit({ trunkId: id })
      return id
    },
    /** @throws AppError trunk.wrong with the fields, trunk.name_taken, trunk.not_found */
    async update(scope: Scope, by: number | undefined, id: number, input: TrunkInput): Promise<void> {
      const before = await store.get(id)
      await checked(input, before.hasPassword)
      await store.update(id, input, input.password === undefined ? undefined : seal(input.password), now())
      await record(scope, by, 'trunk.updated', id, safe(input))
      await refresh()
      await tell([before.name])
      changes.emit({ trunkId: id })
    },
    /** @throws AppError trunk.not_found */
    async remove(scope: Scope, by: number | undefined, id: number): Promise<void> {
      const before = await store.get(id)
      await store.remove(id)
      await record(scope, by, 'trunk.deleted', id, { name: before.name })
      await refresh()
      await tell([before.name])
      changes.emit({ trunkId: id })
    },
    agencies: () => store.agencies(),
    numbers: (_scope: Scope): Promise<TrunkNumber[]> => store.numbers(),
    /** Through which line a number comes in. @throws AppError trunk.not_found, number.not_found */
    async linkNumber(scope: Scope, by: number | undefined, numberId: number, trunkId: number | undefined) {
      if (trunkId !== undefined) await store.get(trunkId)
      if (!(await store.linkNumber(scope, numberId, trunkId))) throw new AppError('number.not_found', 404)
      await record(scope, by, 'trunk.number_linked', numberId, { trunkId: trunkId ?? null })
    },
    attempts: (_scope: Scope, from: number): Promise<Map<string, Attempts>> => store.attempts(from),

    /** For the switch. A password that cannot be opened leaves the line out, and an alarm says so. */
    async gateways(): Promise<Gateway[]> {
      return (await store.all()).flatMap((trunk) => {
        if (!trunk.enabled) return []
        const password = trunk.sealed === undefined ? '' : open(trunk.sealed)
        if (password === undefined) {
          options.alarm(trunk.agencyId ?? 1, {
            code: 'trunk.password_lost',
            message: `La clave de la línea «${trunk.name}» no se puede leer: cambió SESSION_SECRET. Escribila de nuevo.`,
            subject: trunk.name,
          })
          return []
        }
        const host = trunk.host.includes(':') ? `[${trunk.host}]` : trunk.host
        const { name, transport, register, username, callerId } = trunk
        const proxy = `${host}:${trunk.port}${transport === 'tcp' ? ';transport=tcp' : ''}`
        return [{ name, proxy, transport, register, username, password, callerId, codecs: trunk.codecs.join(',') }]
      })
    },
    /** From where carriers may call: for the switch. */
    addresses: async (): Promise<string[]> => [
      ...new Set((await store.all()).filter(({ enabled }) => enabled).flatMap(({ addresses }) => addresses)),
    ],
    /** The line of a call that came in from an address; undefined: none of ours. */
    lineOf: (address: string): string | undefined => lines.lineOf(address) || undefined,
    route,
    serves,
    /**
     * Dial string for `number` over the lines of `route`, each tried after the one before failed (`|`). Takes nothing: what
     * was really dialled is counted when the switch tells of the leg.
     * @throws AppError trunk.none (no line serves this agency), trunk.full (all busy); SwitchError for an odd number
     */
    dialNumber(number: string, agencyId: number): string {
      const names = route(agencyId)
      if (names.length === 0) {
        throw new AppError(serves(agencyId) ? 'trunk.full' : 'trunk.none', 409)
      }
      return names.map((gateway) => dialString({ gateway, number })).join('|')
    },
  }
}
/** For the alarm; the page says the same from its own texts. */
function refusedText({ why, line, from, codecs, node, direction }: Refused): string {
  const whose = line === '' ? 'sin línea' : `la línea «${line}»`
  if (why === 'codec')
    return direction === 'inbound'
      ? `Una llamada de ${from} por ${whose} ofreció solo códecs que no se aceptan (${codecs || 'desconocidos'}): pedile al prestador PCMA o PCMU.`
      : `El prestador de ${whose} no aceptó ninguno de los códecs que le ofrecimos: revisalos en Líneas.`
  if (why === 'caller_limit')
    return `Se rechazan llamadas de ${from} (${whose}): demasiadas a la vez o por minuto de un mismo número.`
  if (why === 'line_limit')
    return `Se rechazan llamadas que entran por ${whose}: son más de las que se admiten a la vez o por segundo (conmutador ${node}).`
  return `Se rechazó una llamada de una dirección que no es de ninguna línea («${from}»). Si es de un prestador, agregá su dirección en Líneas.`
}
export type Trunks = ReturnType<typeof createTrunks>
