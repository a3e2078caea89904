import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { App } from '../http/index.ts'
import type { Role } from '../http/types.ts'
import type { Agent, Desk } from './desk.ts'
import type { TransferTarget } from './ports.ts'

const Id = Type.Integer({ minimum: 1 })
const Target = Type.Union([
  Type.Object({ to: Type.Literal('agent'), agentId: Id }),
  Type.Object({ to: Type.Literal('queue'), queueId: Id }),
  Type.Object({ to: Type.Literal('number'), number: Type.String({ minLength: 2, maxLength: 32 }) }),
  Type.Object({ to: Type.Literal('back_office'), backOfficeId: Id }),
])

type Act = (request: FastifyRequest, work: (agent: Agent) => unknown) => Promise<unknown>

/** `/api/agent/transfer`, `consult`, `conference`, `mask`, `dtmf` and whom a call can be passed to. */
export function voiceRoutes(app: App, { desk, act, roles }: { desk: Desk; act: Act; roles: readonly Role[] }): void {
  const config = { roles }
  const { voice } = desk
  app.get('/api/agent/targets', { config }, (request) => act(request, (agent) => voice.targets(agent)))
  app.post('/api/agent/transfer', { config, schema: { body: Target } }, (request) =>
    act(request, (agent) => desk.transfer(agent, request.body as TransferTarget)),
  )
  app.post('/api/agent/consult', { config, schema: { body: Target } }, (request) =>
    act(request, (agent) => voice.consult(agent, request.body as TransferTarget)),
  )
  const simple: Record<string, (agent: Agent) => Promise<void>> = {
    'consult/complete': (agent) => desk.completeConsult(agent),
    'consult/cancel': (agent) => voice.cancelConsult(agent),
    conference: (agent) => voice.conference(agent),
  }
  for (const [name, work] of Object.entries(simple)) {
    app.post(`/api/agent/${name}`, { config }, (request) => act(request, work))
  }
  app.post('/api/agent/mask', { config, schema: { body: Type.Object({ masked: Type.Boolean() }) } }, (request) =>
    act(request, (agent) => voice.mask(agent, request.body.masked)),
  )
  app.post(
    '/api/agent/dtmf',
    { config, schema: { body: Type.Object({ keys: Type.String({ pattern: '^[0-9*#]{1,32}$' }) }) } },
    (request) => act(request, (agent) => voice.dtmf(agent, request.body.keys)),
  )
}
