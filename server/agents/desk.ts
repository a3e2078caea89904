import type { Scope } from '../database/index.ts'
import type { AgentNow, AgentWork, WorkItem } from '../routing/index.ts'
import { type Contact, type Draft, loadContact } from './contact.ts'
import { createPersons, type Persons } from './persons.ts'
import type { Choice, ConsultNews, DayFigures, DeskPorts, NewCitizen, TransferTarget, VoiceDetail } from './ports.ts'
import { remembered } from './remembered.ts'
import { createVoice, type DeskVoice, type Verbs } from './voice.ts'

/** Who sits at a desk: the session of a person, or a simulated one. */
export type Agent = { id: number; name: string; extension: string | undefined; scope: Scope }

export type DeskModel = {
  agent: Pick<Agent, 'id' | 'name' | 'extension'>
  state: AgentNow['state']
  /** Instants are UTC ms. */
  since: number
  reason?: string
  next?: AgentNow['next']
  unavailable?: AgentNow['unavailable']
  /** Why no call is offered although the agent is at work. */
  unreachable?: 'phone' | 'microphone' | 'network'
  verbs: Verbs
  reasons: Choice[]
  queues: (Choice & { waiting: number; oldest: number | null })[]
  today: DayFigures | null
  contact?: Contact
  wrapUpUntil?: number
  example: boolean
  /** Somebody of supervision is in the call, and the agent may know. */
  heard: boolean
}

export type NewTicket = {
  subject: string
  description?: string
  topicId?: number
  backOfficeId?: number
  priority: 'low' | 'normal' | 'high' | 'urgent'
}

/** Everything an agent can do; the web's routes and the example's robots both go through here. */
export type Desk = {
  model(agent: Agent): Promise<DeskModel>
  signIn(agent: Agent): void
  ready(agent: Agent): void
  takeBreak(agent: Agent, reasonId: number): void
  signOut(agent: Agent): void
  answer(agent: Agent): Promise<void>
  refuse(agent: Agent): void
  hold(agent: Agent, on: boolean): Promise<void>
  hangUp(agent: Agent): void
  /** Passes the citizen on; what was written so far is kept. */
  transfer(agent: Agent, to: TransferTarget): Promise<void>
  completeConsult(agent: Agent): Promise<void>
  voice: DeskVoice
  /** Keeps what was written so far of the present contact; a given topic becomes the interaction's at once. */
  keep(agent: Agent, interactionId: string, draft: Draft): void
  finish(agent: Agent): void
  extend(agent: Agent, ms: number): void
  link(agent: Agent, citizenId: number): Promise<void>
  createCitizen(agent: Agent, citizen: NewCitizen): Promise<number>
  createTicket(agent: Agent, ticket: NewTicket): Promise<{ id: number; number: number }>
  work(agent: Agent): AgentWork | undefined
  persons: Persons
  /** An agent's desk looks different now. */
  onChange(listener: (agentId: number, agencyId: number | undefined) => void): () => void
  stop(): void
}

type Open = {
  interactionId: string
  agencyId: number
  context: Promise<Contact['about']>
  draft: Draft
  saved: string
  consultEnded?: Contact['consultEnded']
}

/** Wrap-up is closed this much before routing would, so that topic and disposition chosen so far are not lost. */
const EARLY_MS = 400

export function createDesk(ports: DeskPorts): Desk {
  const { routing, facts } = ports
  const lists = remembered(ports.lists)
  const clock = ports.clock ?? {
    now: Date.now,
    after: (ms: number, run: () => void) => {
      const timer = setTimeout(run, ms)
      timer.unref()
      return () => clearTimeout(timer)
    },
  }
  const open = new Map<number, Open>()
  const wrapUps = new Map<number, { cancel: () => void; until: number }>()
  const figures = new Map<number, { at: number; value: DayFigures | null }>()
  const listeners = new Set<(agentId: number, agencyId: number | undefined) => void>()
  const changed = (agentId: number) => {
    for (const listener of listeners) listener(agentId, open.get(agentId)?.agencyId)
  }
  const persons = createPersons(clock)
  const voice = createVoice(ports, clock.now)
  const log = ports.log ?? (() => {})

  const begin = (
    agentId: number,
    agencyId: number,
    interactionId: string,
    from: string,
    citizenId: number | undefined,
  ) => {
    const before = open.get(agentId)
    if (before?.interactionId === interactionId) return before
    if (before) write(agentId, before)
    const context = loadContact(ports, { agencyId } as Scope, { interactionId, from, citizenId })
    // A database that is down must not keep the call from the agent: the card is empty, the buttons work.
    const safe = context.catch((error: Error) => {
      log(`desk of ${agentId}: ${error.message}`)
      return { steps: [], notes: [], candidates: [], history: [], tickets: [], failed: true }
    })
    const made: Open = { interactionId, agencyId, context: safe, draft: {}, saved: '' }
    open.set(agentId, made)
    return made
  }
  const reload = (agentId: number, from: string, citizenId: number) => {
    const current = open.get(agentId)
    if (!current) return
    const { interactionId, agencyId } = current
    current.context = loadContact(ports, { agencyId } as Scope, { interactionId, from, citizenId })
    current.context.catch(() => {})
  }
  /** The note becomes a fact; the same text is not written twice. */
  const write = (agentId: number, current: Open) => {
    const text = current.draft.note?.trim() ?? ''
    if (text === '' || text === current.saved) return
    current.saved = text
    const { agencyId, interactionId } = current
    facts.record({ kind: 'interaction.note', agencyId, interactionId, userId: agentId, text })
  }
  const contactOf = (agent: Agent) => {
    const work = routing.agents.work(agent.id)
    const phase = work?.offered ?? work?.connected
    const wrapUp = work?.wrapUp
    if (phase) begin(agent.id, phase.agencyId, phase.interactionId, phase.from, phase.citizenId)
    else if (wrapUp && open.get(agent.id)?.interactionId !== wrapUp.interactionId) {
      begin(agent.id, agent.scope.agencyId, wrapUp.interactionId, '', undefined)
    }
    const current = open.get(agent.id)
    return phase || wrapUp ? { work: work as AgentWork, current: current as Open } : undefined
  }
  const finish = (agentId: number) => {
    const current = open.get(agentId)
    if (current) write(agentId, current)
    const { dispositionId, topicId } = current?.draft ?? {}
    routing.agents.finishWrapUp(agentId, { dispositionId, topicId })
    open.delete(agentId)
    changed(agentId)
  }
  const watchWrapUp = (now: AgentNow) => {
    const watched = wrapUps.get(now.id)
    const until = now.state === 'wrap_up' ? now.wrapUpUntil : undefined
    if (watched?.until === until) return
    watched?.cancel()
    wrapUps.delete(now.id)
    if (until === undefined) return
    const close = () => {
      // Nothing was chosen here: routing closes it by itself, with what another server's desk may have said.
      const { dispositionId, topicId } = open.get(now.id)?.draft ?? {}
      if (dispositionId === undefined && topicId === undefined) return
      try {
        finish(now.id)
      } catch (error) {
        log(`wrap-up of ${now.id}: ${(error as Error).message}`)
      }
    }
    const cancel = clock.after(Math.max(0, until - clock.now() - EARLY_MS), close)
    wrapUps.set(now.id, { cancel, until })
  }

  // Events that only a routing with the verbs of voice has.
  const onVoice = routing.on as (name: string, listener: (news: ConsultNews) => void) => () => void
  const stops = [
    ports.heard?.onChange((agencyId) => {
      for (const [agentId, current] of open) if (agencyId === 0 || current.agencyId === agencyId) changed(agentId)
    }) ?? (() => {}),
    routing.on('offered', (offered) => {
      begin(offered.agentId, offered.agencyId, offered.interactionId, offered.from, offered.citizenId)
      changed(offered.agentId)
    }),
    routing.on('connected', (connected) => {
      begin(connected.agentId, connected.agencyId, connected.interactionId, connected.from, connected.citizenId)
      changed(connected.agentId)
    }),
    routing.on('held', ({ agentId }) => changed(agentId)),
    ...['masked', 'lost'].map((name) => onVoice(name, ({ agentId }) => changed(agentId))),
    onVoice('consult', ({ agentId, ended, name }) => {
      const current = open.get(agentId)
      if (current && ended !== undefined && ended !== 'completed' && ended !== 'cancelled') {
        current.consultEnded = { name: name ?? '', why: ended, at: clock.now() }
      }
      changed(agentId)
    }),
    routing.on('ended', (ended) => {
      figures.delete(ended.agentId)
      // Refused or not answered: the next one may be somebody else.
      if (ended.talkId === undefined) open.delete(ended.agentId)
      changed(ended.agentId)
    }),
    routing.on('agent', (now) => {
      watchWrapUp(now)
      const current = open.get(now.id)
      if (current && (now.state === 'available' || now.state === 'break' || now.state === 'offline')) {
        write(now.id, current)
        open.delete(now.id)
      }
      changed(now.id)
    }),
  ]

  /** Whoever takes the citizen over reads what was written so far. */
  const note = (agent: Agent) => {
    const current = contactOf(agent)?.current
    if (current) write(agent.id, current)
  }
  async function todayOf(agent: Agent): Promise<DayFigures | null> {
    const known = figures.get(agent.id)
    if (known && clock.now() - known.at < 20_000) return known.value
    const value = await ports.today(agent.scope, agent.id).catch(() => known?.value ?? null)
    figures.set(agent.id, { at: clock.now(), value })
    return value
  }

  return {
    async model(agent) {
      const found = contactOf(agent)
      const now = routing.agents.work(agent.id)?.now
      const { scope } = agent
      const [reasons, queues, today, contact] = await Promise.all([
        lists.breakReasons(scope),
        lists.queues(scope),
        todayOf(agent),
        found && describe(agent, found.work, found.current),
      ])
      const waiting = routing.now().waiting
      return {
        agent: { id: agent.id, name: agent.name, extension: agent.extension },
        // A colleague's consultation rings while routing has the agent engaged already.
        state: contact?.phase === 'offered' && contact.as !== 'reattach' ? 'offered' : (now?.state ?? 'offline'),
        since: now?.since ?? 0,
        reason: reasons.find(({ id }) => id === now?.breakReasonId)?.name,
        next: now?.next,
        unavailable: now?.unavailable,
        unreachable: (now as { unreachable?: DeskModel['unreachable'] } | undefined)?.unreachable,
        verbs: voice.verbs,
        reasons,
        queues: queues.map((queue) => ({ ...queue, ...waitingIn(waiting, queue.id) })),
        today,
        contact,
        wrapUpUntil: now?.wrapUpUntil,
        example: ports.example ?? false,
        heard: ports.heard?.by(scope, agent.id) ?? false,
      }
    },
    signIn(agent) {
      routing.agents.signIn(agent.id)
      routing.agents.ready(agent.id)
    },
    ready: (agent) => routing.agents.ready(agent.id),
    takeBreak: (agent, reasonId) => routing.agents.takeBreak(agent.id, reasonId),
    signOut: (agent) => routing.agents.signOut(agent.id),
    answer: (agent) => routing.agents.answer(agent.id),
    refuse: (agent) => routing.agents.refuse(agent.id),
    hold: (agent, on) => (on ? routing.agents.hold(agent.id) : routing.agents.unhold(agent.id)),
    hangUp: (agent) => routing.agents.hangUp(agent.id),
    async transfer(agent, to) {
      note(agent)
      await voice.transfer(agent, to)
    },
    async completeConsult(agent) {
      note(agent)
      await voice.completeConsult(agent)
    },
    voice,
    keep(agent, interactionId, draft) {
      const current = contactOf(agent)?.current
      // Typed for a call that is over by now: kept as a note of that call, never of the next.
      if (!current || current.interactionId !== interactionId) return
      const topicBefore = current.draft.topicId
      current.draft = { ...current.draft, ...draft }
      if (draft.topicId !== undefined && draft.topicId !== topicBefore) {
        const { agencyId } = current
        facts.record({ kind: 'interaction.topic', agencyId, interactionId, topicId: draft.topicId })
      }
      if (draft.topicId !== undefined || draft.dispositionId !== undefined) changed(agent.id)
    },
    finish: (agent) => finish(agent.id),
    extend: (agent, ms) => routing.agents.extendWrapUp(agent.id, ms),
    async link(agent, citizenId) {
      const found = contactOf(agent)
      if (!found || !(await ports.citizens.byId(agent.scope, citizenId))) return
      const { agencyId, interactionId } = found.current
      facts.record({ kind: 'interaction.identified', agencyId, interactionId, citizenId })
      reload(agent.id, numberOf(found.work), citizenId)
      changed(agent.id)
    },
    async createCitizen(agent, citizen) {
      const id = await ports.citizens.create(agent.scope, agent.id, citizen)
      await this.link(agent, id)
      return id
    },
    async createTicket(agent, ticket) {
      const found = contactOf(agent)
      const about = await found?.current.context
      const made = await ports.tickets.create(agent.scope, agent.id, {
        ...ticket,
        interactionId: found?.current.interactionId ?? '',
        citizenId: about?.citizen?.id,
        topicId: ticket.topicId ?? found?.current.draft.topicId,
      })
      if (found && about?.citizen) reload(agent.id, numberOf(found.work), about.citizen.id)
      changed(agent.id)
      return made
    },
    work: (agent) => routing.agents.work(agent.id),
    persons,
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    stop() {
      for (const stop of stops) stop()
      for (const { cancel } of wrapUps.values()) cancel()
      persons.stop()
    },
  }

  async function describe(agent: Agent, work: AgentWork, current: Open): Promise<Contact> {
    const phase = work.offered ?? work.connected
    const queueId = phase?.queueId ?? work.now.queueId
    const { topicId } = current.draft
    const detail: VoiceDetail | undefined = phase
    const [about, topics, dispositions, offices, queues, articles, colleagues] = await Promise.all([
      current.context,
      lists.topics(agent.scope),
      lists.dispositions(agent.scope),
      lists.backOffices(agent.scope),
      lists.queues(agent.scope),
      topicId ? lists.articles(agent.scope, topicId) : [],
      detail?.by === undefined ? [] : lists.agents(agent.scope),
    ])
    return {
      phase: work.offered ? 'offered' : work.connected ? 'talking' : 'wrap_up',
      interactionId: current.interactionId,
      queueId,
      queue: queues.find(({ id }) => id === queueId)?.name,
      from: numberOf(work) || about.from || '',
      callback: work.offered?.callback ?? false,
      ringsUntil: work.offered?.until,
      since: work.connected?.since,
      heldSince: work.connected?.heldSince,
      wrapUpUntil: work.wrapUp?.until,
      consult: detail?.consult,
      as: detail?.as,
      by: colleagues.find(({ id }) => id === detail?.by)?.name,
      lost: detail?.lost,
      consultEnded: current.consultEnded,
      maskedSince: work.connected && voice.maskedSince(agent.id),
      about,
      draft: current.draft,
      topics: topics.filter((topic) => topic.queueId === queueId),
      otherTopics: topics.filter((topic) => topic.queueId !== queueId),
      dispositions,
      offices,
      articles,
    }
  }
}

const numberOf = (work: AgentWork) => work.offered?.from ?? work.connected?.from ?? ''

function waitingIn(waiting: WorkItem[], queueId: number): { waiting: number; oldest: number | null } {
  let count = 0
  let oldest: number | null = null
  for (const item of waiting) {
    if (item.queueId !== queueId) continue
    count++
    oldest = Math.min(oldest ?? item.placeSince, item.placeSince)
  }
  return { waiting: count, oldest }
}
