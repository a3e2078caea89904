import { type CallRow, countCalls, eachCall, readCalls } from '../calls-store.ts'
import { type Context, type Report, summed } from '../report.ts'
import type { CellValue, Column } from '../workbook/index.ts'

/** What is told of a call by codes. */
export const words: Record<string, string> = {
  voice: 'Voz',
  chat: 'Chat',
  email: 'Correo',
  sms: 'SMS',
  social: 'Redes',
  inbound: 'Entrante',
  outbound: 'Saliente',
  answered: 'Contestada',
  abandoned: 'Perdida',
  overflowed: 'Desbordada',
  callback: 'Devolución solicitada',
  waiting: 'En espera',
  rejected: 'Rechazada',
  contained: 'Resuelta en el IVR',
  ivr: 'Terminó en el IVR',
  picked_up: 'Atendieron',
  not_picked_up: 'No atendieron',
  timeout: 'Espera máxima',
  full: 'Cola llena',
  no_agents: 'Sin agentes',
  diverted: 'Desvío',
  closed: 'Fuera de horario',
  blocked: 'Bloqueada',
  busy: 'Sin línea',
  sent_on: 'Pasó por otra cola',
  caller: 'Ciudadano',
  platform: 'Centro',
  switch: 'Conmutador',
}

const columns: Column[] = [
  { id: 'created', title: 'Inicio', kind: 'instant' },
  { id: 'channel', title: 'Canal', kind: 'text', width: 9 },
  { id: 'direction', title: 'Sentido', kind: 'text', width: 10 },
  { id: 'from', title: 'Desde', kind: 'text', width: 17 },
  { id: 'to', title: 'Hacia', kind: 'text', width: 15 },
  { id: 'queue', title: 'Cola', kind: 'text', width: 20 },
  { id: 'agent', title: 'Agente', kind: 'text', width: 22 },
  { id: 'topic', title: 'Temática', kind: 'text', width: 28 },
  { id: 'disposition', title: 'Tipificación', kind: 'text', width: 25 },
  { id: 'result', title: 'Resultado', kind: 'text', width: 20 },
  { id: 'reason', title: 'Detalle', kind: 'text', width: 20 },
  { id: 'wait', title: 'Espera en cola', kind: 'duration', total: summed },
  { id: 'talk', title: 'Conversación', kind: 'duration', total: summed },
  { id: 'hold', title: 'Retención', kind: 'duration', total: summed },
  { id: 'wrap', title: 'Trabajo posterior', kind: 'duration', total: summed },
  { id: 'duration', title: 'Duración', kind: 'duration', total: summed },
  { id: 'offers', title: 'Ofrecimientos', kind: 'count', width: 16, total: summed },
  { id: 'side', title: 'Cortó', kind: 'text', width: 12 },
  { id: 'id', title: 'Interacción', kind: 'text', width: 38 },
]

const word = (code: string | null) => (code === null ? null : (words[code] ?? code))

function cells(call: CallRow, { names }: Context): CellValue[] {
  const name = (map: Map<number, string>, id: number | null) => (id === null ? null : (map.get(id) ?? `#${id}`))
  return [
    call.createdAt,
    word(call.channel),
    word(call.direction),
    call.from,
    call.to,
    name(names.queues, call.queueId),
    name(names.agents, call.agentId),
    name(names.topics, call.topicId),
    name(names.dispositions, call.dispositionId),
    word(call.result),
    word(call.reason),
    call.waitMs,
    call.talkMs,
    call.holdMs,
    call.wrapMs,
    call.durationMs,
    call.offers,
    word(call.hangupSide),
    call.id,
  ]
}

/** Which calls were asked for. */
const filterOf = ({ asked }: Context) => ({
  ...asked.period,
  queueId: asked.queueId,
  agentId: asked.agentId,
  topicId: asked.topicId,
  campaignId: asked.campaignId,
  channel: asked.channel,
})

/** Every interaction, one a row. */
export const callsReport: Report = {
  id: 'calls',
  kind: 'detail',
  title: { es: 'Llamadas en detalle', en: 'Calls in detail' },
  description: {
    es: 'Cada interacción con su recorrido: cola, agente, temática, resultado y tiempos.',
    en: 'Each interaction with its way: queue, agent, topic, result and times.',
  },
  parameters: ['from', 'to', 'queue', 'agent', 'topic', 'campaign', 'channel'],
  detail: {
    title: 'Llamadas',
    columns,
    metrics: ['talk', 'hold', 'wrap', 'duration'],
    count: (context) => countCalls(context.db, context.scope, filterOf(context)),
    async *rows(context) {
      for await (const batch of eachCall(context.db, context.scope, filterOf(context), context.now))
        yield batch.map((call) => cells(call, context))
    },
    async page(context, limit, after) {
      const calls = await readCalls(context.db, context.scope, filterOf(context), context.now, limit, after)
      const last = calls.at(-1)
      return {
        rows: calls.map((call) => cells(call, context)),
        links: calls.map(({ id }) => `/interactions/${id}`),
        next: last && calls.length === limit ? { createdAt: last.createdAt, id: last.id } : undefined,
      }
    },
  },
}
